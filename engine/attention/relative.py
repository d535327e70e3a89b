"""Relative position biases (Raffel et al. 2019, arXiv 1910.10683, section 2.1): a learned number for
each head and each bucket of distances, added to the attention scores.

Near distances have a bucket each; farther ones share buckets that grow with the logarithm of the
distance, up to `furthest`, beyond which all share the last. Where tokens look both ways, half of
the buckets are for keys that come after the query.

A bias depends on the distance only, so everywhere it is a table over distances, from which rows
are cut: never a matrix of all queries by all documents' keys.
Letters: H heads.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor


def bucket_of(relative: Tensor, n_buckets: int, furthest: int, both_ways: bool) -> Tensor:
    """Bucket of each `relative` position, key minus query. The same shape, long.

    With 32 buckets up to 128, looking both ways:

        relative   -200  -128  -9  -8  -7  -1   0   1   7   8   9  128
        bucket       15    15   8   8   7   1   0  17  23  24  24   31
    """
    first = torch.zeros_like(relative)
    if both_ways:
        n_buckets //= 2
        first = (relative > 0).long() * n_buckets
        distance = relative.abs()
    else:
        distance = (-relative).clamp(min=0)
    n_exact = n_buckets // 2
    # In float32 and in this order of operations: the truncation decides which bucket a border falls in.
    growth = torch.log(distance.float() / n_exact) / math.log(furthest / n_exact) * (n_buckets - n_exact)
    far = (n_exact + growth.clamp(min=0).long()).clamp(max=n_buckets - 1)
    return first + torch.where(distance < n_exact, distance, far)


def bias_table(bias: Tensor, first: int, last: int, furthest: int, both_ways: bool) -> Tensor:
    """The bias of every relative position from `first` to `last`, both included: (H, last - first + 1).

    `bias` is (n_buckets, H). Buckets are found on the processor, whose logarithm is the reference.
    """
    relative = torch.arange(first, last + 1)
    buckets = bucket_of(relative, bias.shape[0], furthest, both_ways).to(bias.device)
    return bias[buckets].T.contiguous()

"""Where in the document a model looked while it wrote: what a citation of a written sentence rests on.

The finished output is read once more, token by token, and each layer's look at the document is
kept. This costs one more pass through the decoder, and nothing while beams are searched.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from engine.decode.protocol import Seq2Seq


@torch.no_grad()
def source_attention(
    model: Seq2Seq, states: Tensor, valid: Tensor, ids: tuple[int, ...],
    pulse: Callable[[], None] | None = None,
) -> Tensor:
    """Attention to one document while each token of its output was written, in float32.

    `states` (1, L, W) and `valid` (1, L) are the document's, `ids` the output with its start token.
    Row t of the result, (T - 1, L), belongs to `ids[t + 1]`: the mean over layers and heads. Rows sum
    to 1. `pulse` is called before each token; what it raises stops the computation.
    """
    state = model.start(states, valid, n_beams=1, max_length=len(ids))
    for layer in state.source:
        layer.watched = []
    for token in ids[:-1]:
        if pulse is not None:
            pulse()
        model.step(torch.tensor([token], device=states.device), state)
    looks = [torch.cat(layer.watched or [], 1)[0] for layer in state.source]  # each (T - 1, L)
    return torch.stack(looks).mean(0)

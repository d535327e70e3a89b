"""LongT5's fast attention equals its definition, over a grid of lengths, radii, blocks and masks."""

import itertools

import pytest
import torch
from torch import Tensor

from engine.attention import blocks
from engine.attention.blocks import BlockAttention, build_biases, mark, sum_blocks
from engine.attention.reference import attend_to_blocks, near_allowed, side_allowed, sum_of_blocks
from engine.attention.relative import bias_table, bucket_of
from engine.models.longt5 import place_global

HEADS, HEAD_WIDTH, WIDTH, BUCKETS, FURTHEST = 3, 4, 10, 8, 20
TOLERANCE = 5e-6  # relative to the largest value
LENGTHS = (1, 2, 3, 4, 5, 15, 16, 17, 31, 33, 64, 100)
RADII = (1, 3, 7, 20)
BLOCKS = (0, 2, 3, 16)  # 0: local attention
MASKS = ("full", "padded", "holes", "nothing")


def build(radius: int, block: int) -> BlockAttention:
    layer = BlockAttention(
        WIDTH, HEADS, HEAD_WIDTH, radius, side=bool(block), eps=1e-6, dropout=0.0
    ).eval()
    for parameter in layer.parameters():
        torch.nn.init.normal_(parameter, std=0.5)
    return layer


def masks(kind: str, length: int) -> Tensor:
    """Three rows; the first is full but for "nothing"."""
    lengths = torch.tensor([length, int(torch.randint(1, length + 1, ())), max(1, length // 3)])
    valid = torch.arange(length) < lengths[:, None]
    if kind == "full":
        valid = torch.ones(3, length, dtype=torch.bool)
    if kind == "holes":
        valid = torch.rand(3, length) > 0.3
    if kind == "nothing":
        valid[0] = False
    return valid


def tables(n_side: int) -> tuple[Tensor, Tensor]:
    return torch.randn(BUCKETS, HEADS), torch.randn(BUCKETS, HEADS)


def definition(
    layer: BlockAttention, hidden: Tensor, valid: Tensor, ids: Tensor, near: Tensor, side: Tensor, n_side: int
) -> Tensor:
    def heads(states: Tensor) -> Tensor:
        return states.view(*states.shape[:2], HEADS, HEAD_WIDTH).transpose(1, 2)

    def bias(table: Tensor, relative: Tensor) -> Tensor:
        return table[bucket_of(relative, BUCKETS, FURTHEST, True)].movedim(-1, 1)

    length = hidden.shape[1]
    position = torch.arange(length)
    sums = sum_of_blocks(hidden, ids, n_side)
    beside = layer.side_norm(sums) if layer.side_norm is not None else sums
    near_bias = bias(near, (position[None, :] - position[:, None])[None])
    side_bias = bias(side, torch.arange(n_side) - ids[..., None])
    context = attend_to_blocks(
        heads(layer.query(hidden)),
        (heads(layer.key(hidden)), heads(layer.value(hidden)), near_bias.expand(len(hidden), -1, -1, -1)),
        (heads(layer.key(beside)), heads(layer.value(beside)), side_bias),
        valid, ids, layer.radius,
    )
    return layer.out(context.transpose(1, 2).reshape(*hidden.shape[:2], -1))


def fast(layer: BlockAttention, hidden: Tensor, valid: Tensor, block: int, near: Tensor, side: Tensor):
    n_side = hidden.shape[1] // block if block else 0
    marks = mark(valid, place_global(valid, block) if n_side else None, n_side)
    near_table = bias_table(near, -layer.radius, layer.radius, FURTHEST, True)
    side_table = bias_table(side, 1 - n_side, n_side, FURTHEST, True) if n_side else None
    biases = build_biases(near_table, side_table, layer.radius, n_side)
    looked = layer.look(hidden, marks)
    return marks, *layer(hidden, 0, looked, marks, biases, True)


def difference(left: Tensor, right: Tensor) -> float:
    left, right = left.detach(), right.detach()
    return float((left - right).abs().max() / right.abs().max().clamp_min(1e-9))


@pytest.mark.parametrize("kind", MASKS)
@pytest.mark.parametrize("block", BLOCKS)
def test_equals_the_definition(block: int, kind: str) -> None:
    torch.manual_seed(0)
    for length, radius in itertools.product(LENGTHS, RADII):
        layer, hidden, valid = build(radius, block), torch.randn(3, length, WIDTH), masks(kind, length)
        near, side = tables(length)
        marks, context, weights = fast(layer, hidden, valid, block, near, side)
        wanted = definition(layer, hidden, valid, marks.ids, near, side, marks.n_side)
        real = valid[..., None]
        assert difference(context * real, wanted * real) <= TOLERANCE, (length, radius)
        assert torch.isfinite(context).all()
        size = radius + 1
        assert weights.shape == (3, -(-length // size), HEADS, size, 3 * size + marks.n_side)
        rows = weights.sum(-1).transpose(2, 3).flatten(1, 2)[:, :length]  # (B, L, H)
        assert torch.allclose(rows, torch.ones_like(rows), atol=1e-5)


@pytest.mark.parametrize("block", BLOCKS)
def test_gradients_equal_those_of_the_definition(block: int) -> None:
    torch.manual_seed(1)
    for length, radius in ((5, 3), (40, 3), (64, 20)):
        layer, valid = build(radius, block), masks("padded", length)
        near, side = tables(length)
        near.requires_grad_()
        hidden = torch.randn(3, length, WIDTH, requires_grad=True)
        target = torch.randn(hidden.shape) * valid[..., None]
        marks, context, _ = fast(layer, hidden, valid, block, near, side)
        wanted = definition(layer, hidden, valid, marks.ids, near, side, marks.n_side)
        for got, right in zip(
            torch.autograd.grad((context * target).sum(), (hidden, near)),
            torch.autograd.grad((wanted * target).sum(), (hidden, near)),
            strict=True,
        ):
            assert difference(got, right) <= 2e-5, (length, radius)


def test_rows_may_be_computed_in_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    torch.manual_seed(2)
    layer, hidden, valid = build(3, 4), torch.randn(3, 50, WIDTH), masks("padded", 50)
    near, side = tables(50)
    _, whole, _ = fast(layer, hidden, valid, 4, near, side)
    monkeypatch.setattr(blocks, "CHUNK", 9)
    marks, again, _ = fast(layer, hidden, valid, 4, near, side)
    assert difference(again, whole) <= TOLERANCE
    assert [len(rows[0]) for rows in blocks.chunks(hidden, multiple=4)] == [8] * 6 + [2]
    assert [len(rows[0]) for rows in blocks.chunks(hidden, multiple=20)] == [20, 20, 10]
    wanted = sum_of_blocks(hidden, marks.ids, marks.n_side)
    assert difference(sum_blocks(hidden, marks), wanted) <= TOLERANCE


def test_half_precision_stays_finite_where_nothing_is_real() -> None:
    for dtype in (torch.bfloat16, torch.float16):
        layer, hidden = build(3, 4).to(dtype), torch.randn(3, 50, WIDTH, dtype=dtype)
        near, side = tables(50)
        _, context, _ = fast(layer, hidden, masks("nothing", 50), 4, near, side)
        assert context.dtype == dtype and torch.isfinite(context).all()


def test_the_matrices_can_be_printed() -> None:
    valid = torch.tensor([[True] * 4 + [False]])
    rows = ["".join("1" if seen else "." for seen in row) for row in near_allowed(valid, 1)[0]]
    assert rows == ["11...", "111..", ".111.", "..11.", "...1."]
    ids = torch.tensor([[0, 0, 1, 1, 1, -1]])
    assert side_allowed(ids, 3).tolist() == [[[True, True, False]] * 6]


def test_blocks_as_documented() -> None:
    valid = torch.arange(8) < torch.tensor([[7], [4], [2]])
    assert place_global(valid, 3).tolist() == [
        [0, 0, 0, 1, 1, 1, 1, -1], [0, 0, 0, 0, -1, -1, -1, -1], [-1] * 8,
    ]
    holes = torch.tensor([[1, 1, 0, 1, 1, 1, 1, 1, 1]]).bool()  # the first block does not end in a real token
    assert place_global(holes, 3).tolist() == [[0, 0, -1, 1, 1, 1, 1, 1, 1]]

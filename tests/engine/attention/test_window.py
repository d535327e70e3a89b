"""The fast window attention equals its definition, over a grid of lengths and masks."""

import itertools

import pytest
import torch
from torch.utils._python_dispatch import TorchDispatchMode

from engine.attention import window
from engine.attention.reference import attend_in_window, window_allowed
from engine.attention.window import Weights, WindowAttention, mark

HEADS, HEAD_WIDTH = 2, 8
TOLERANCE = 5e-6  # relative to the largest value
LENGTHS = (1, 2, 5, 15, 16, 17, 31, 33, 64, 100)
RADII = (1, 3, 16, 20, 40)
MASKS = ("none", "first", "some", "most", "all", "with holes", "some not real")
PATHS = {"dense": window.attend_densely, "blocks": window.attend_in_blocks}


def build(radius: int, **options: float) -> WindowAttention:
    layer = WindowAttention(HEADS * HEAD_WIDTH, HEADS, radius, **options)
    for parameter in layer.parameters():
        torch.nn.init.normal_(parameter, std=0.7)
    return layer


def masks(kind: str, length: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Three rows: full, of some length, and with no real token at all."""
    shares = {"none": 0.0, "first": 0.0, "some": 0.2, "most": 0.7, "all": 1.1, "with holes": 0.2}
    lengths = torch.tensor([length, int(torch.randint(1, length + 1, ())), 0])
    valid = torch.arange(length) < lengths[:, None]
    is_global = torch.rand(3, length) < shares.get(kind, 0.3)
    if kind == "first":
        is_global[:, 0] = True
    if kind == "with holes":
        valid = torch.rand(3, length) > 0.3
    if kind != "some not real":
        is_global &= valid
    return valid, is_global


def definition(layer: WindowAttention, hidden: torch.Tensor, valid: torch.Tensor, is_global: torch.Tensor):
    def heads(linear: torch.nn.Linear) -> torch.Tensor:
        return linear(hidden).view(*hidden.shape[:2], HEADS, HEAD_WIDTH).transpose(1, 2)

    local = tuple(heads(linear) for linear in (layer.query, layer.key, layer.value))
    overall = tuple(heads(linear) for linear in (layer.query_global, layer.key_global, layer.value_global))
    context = attend_in_window(local, overall, valid, is_global, layer.radius)
    return context.transpose(1, 2).reshape(hidden.shape)


@pytest.fixture
def small_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(window, "BLOCK", 16)


def run(path: str, layer: WindowAttention, hidden: torch.Tensor, *masks: torch.Tensor):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(window, "attend_densely", PATHS[path])
        patch.setattr(window, "attend_in_blocks", PATHS[path])
        return layer(hidden, mark(*masks), True)


def difference(left: torch.Tensor, right: torch.Tensor) -> float:
    left, right = left.detach(), right.detach()
    return float((left - right).abs().max() / right.abs().max().clamp_min(1e-9))


@pytest.mark.usefixtures("small_blocks")
@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("kind", MASKS)
def test_equals_the_definition(path: str, kind: str) -> None:
    torch.manual_seed(0)
    for length, radius in itertools.product(LENGTHS, RADII):
        layer, hidden = build(radius), torch.randn(3, length, HEADS * HEAD_WIDTH)
        valid, is_global = masks(kind, length)
        context, _ = run(path, layer, hidden, valid, is_global)
        assert difference(context, definition(layer, hidden, valid, is_global)) <= TOLERANCE, (length, radius)


@pytest.mark.usefixtures("small_blocks")
@pytest.mark.parametrize("kind", MASKS)
def test_gradients_equal_those_of_the_definition(kind: str) -> None:
    torch.manual_seed(1)
    for length, radius in ((5, 3), (40, 3), (64, 20), (100, 16)):
        layer = build(radius)
        valid, is_global = masks(kind, length)
        hidden = torch.randn(3, length, HEADS * HEAD_WIDTH, requires_grad=True)
        target = torch.randn(hidden.shape)
        (wanted,) = torch.autograd.grad((definition(layer, hidden, valid, is_global) * target).sum(), hidden)
        for path in PATHS:
            context, _ = run(path, layer, hidden, valid, is_global)
            (got,) = torch.autograd.grad((context * target).sum(), hidden)
            assert difference(got, wanted) <= 2e-5, (path, length, radius)


@pytest.mark.usefixtures("small_blocks")
@pytest.mark.parametrize("kind", MASKS)
def test_both_paths_give_the_same_probabilities(kind: str) -> None:
    torch.manual_seed(2)
    for length, radius in itertools.product((1, 17, 40, 100), (3, 20)):
        layer, hidden = build(radius), torch.randn(3, length, HEADS * HEAD_WIDTH)
        valid, is_global = masks(kind, length)
        seen: dict[str, Weights] = {path: run(path, layer, hidden, valid, is_global)[1] for path in PATHS}
        assert torch.allclose(seen["dense"].local, seen["blocks"].local, atol=2e-6)
        n_global = int((is_global & valid).sum(1).max())
        assert seen["dense"].local.shape == (3, HEADS, length, n_global + 2 * radius + 1)
        told = (valid & ~is_global)[:, None, :, None].expand(-1, HEADS, -1, -1)
        sums = seen["blocks"].local.sum(-1, keepdim=True)
        assert torch.allclose(sums, told.to(sums.dtype), atol=1e-5)


def test_folding_changes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Few global tokens are folded, many are not: the same token beside others agrees."""
    torch.manual_seed(3)
    layer, hidden = build(4), torch.randn(1, 60, HEADS * HEAD_WIDTH)
    valid = torch.ones(1, 60, dtype=torch.bool)
    for n_global in (HEAD_WIDTH - 1, HEAD_WIDTH, HEAD_WIDTH + 1):
        is_global = (torch.arange(60) < n_global)[None]
        context, _ = layer(hidden, mark(valid, is_global))
        assert difference(context, definition(layer, hidden, valid, is_global)) <= TOLERANCE


def test_no_gradient_is_lost_to_padding() -> None:
    layer = build(2, dropout=0.1).train()
    hidden = torch.randn(2, 500, HEADS * HEAD_WIDTH, requires_grad=True)
    valid = torch.zeros(2, 500, dtype=torch.bool)
    valid[0, :7] = True
    context, _ = layer(hidden, mark(valid, torch.rand(2, 500) < 0.5))
    context.sum().backward()
    assert hidden.grad is not None and torch.isfinite(hidden.grad).all()
    assert not context[~valid].any()


def test_half_precision_stays_finite_where_nothing_is_real() -> None:
    for dtype in (torch.bfloat16, torch.float16):
        layer, hidden = build(2).to(dtype), torch.randn(2, 400, HEADS * HEAD_WIDTH, dtype=dtype)
        valid = torch.zeros(2, 400, dtype=torch.bool)
        valid[0, :300] = True
        context, _ = layer(hidden, mark(valid, torch.zeros_like(valid)))
        assert torch.isfinite(context).all()


def test_the_matrix_can_be_printed() -> None:
    valid = torch.tensor([[True] * 4 + [False]])
    is_global = torch.tensor([[True, False, False, False, True]])
    rows = ["".join("1" if seen else "." for seen in row) for row in window_allowed(valid, is_global, 1)[0]]
    assert rows == ["1111.", "111..", "1111.", "1.11.", "1..1."]


class Largest(TorchDispatchMode):
    """Remembers the number of elements of the largest tensor that any operation makes."""

    def __init__(self) -> None:
        super().__init__()
        self.n_elements = 0

    def __torch_dispatch__(self, function, types, args=(), kwargs=None):
        result = function(*args, **(kwargs or {}))
        if isinstance(result, torch.Tensor):
            self.n_elements = max(self.n_elements, result.numel())
        return result


@pytest.mark.parametrize("n_global", [0, 2, 200])
def test_nothing_grows_with_the_square_of_the_length(n_global: int) -> None:
    """No global token, a few (folded), and hundreds (not folded)."""
    layer = build(8)
    largest = []
    for length in (2000, 4000, 8000):
        valid = torch.ones(1, length, dtype=torch.bool)
        is_global = (torch.arange(length) < n_global)[None]
        with torch.no_grad(), Largest() as seen:
            layer(torch.randn(1, length, HEADS * HEAD_WIDTH), mark(valid, is_global))
        largest.append(seen.n_elements)
    assert largest[1] <= 2.1 * largest[0] and largest[2] <= 2.1 * largest[1]
    assert largest[2] < 8000 * 8000 / 20


def test_nothing_is_padded_to_the_window() -> None:
    layer = build(512)
    with torch.no_grad(), Largest() as seen:
        hidden = torch.randn(1, 11, HEADS * HEAD_WIDTH)
        layer(hidden, mark(torch.ones(1, 11, dtype=torch.bool), torch.zeros(1, 11, dtype=torch.bool)))
    assert seen.n_elements <= HEADS * 11 * 11 + HEADS * HEAD_WIDTH * 11


def test_asks_whether_to_stop_within_a_layer() -> None:
    layer, calls = build(4), []
    valid = torch.ones(1, 9000, dtype=torch.bool)
    with torch.no_grad():
        layer(torch.randn(1, 9000, HEADS * HEAD_WIDTH), mark(valid, ~valid), pulse=lambda: calls.append(1))
    assert len(calls) >= 9000 / 2048

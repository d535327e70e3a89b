"""Longformer equals transformers' on strong random weights, and would not if it were wrong.

With the usual small initialisation attention is nearly uniform and most mistakes change nothing;
so weights are drawn with a deviation of 0.5, biases and norms are random, and the mutants at the
end prove that each piece matters by at least 100 times the tolerance.
"""

from copy import deepcopy
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
import transformers
from torch import Tensor

from engine.attention import window
from engine.models import longformer

pytestmark = pytest.mark.parity

TOLERANCE = 1e-5  # of the largest value
PAD, SEP = 1, 2
SIZES: dict[str, Any] = dict(
    vocab_size=99, hidden_size=32, num_hidden_layers=2, num_attention_heads=4, intermediate_size=37,
    max_position_embeddings=1200, type_vocab_size=3, attention_window=[4, 12], initializer_range=0.5,
    pad_token_id=PAD, sep_token_id=SEP, bos_token_id=0, eos_token_id=SEP, layer_norm_eps=1e-5,
)
HEADS = (
    "LongformerModel",
    "LongformerForMaskedLM",
    "LongformerForSequenceClassification",
    "LongformerForMultipleChoice",
    "LongformerForTokenClassification",
    "LongformerForQuestionAnswering",
)
LENGTHS = (1, 7, 15, 16, 17, 127, 129, 255, 257, 385, 1000)  # 140 and more go by blocks
GLOBALS = ("none", "first", "some", "one row", "different counts", "on padding", "all")


def build(directory: Path, head: str, **sizes: Any) -> tuple[Any, Any]:
    """transformers' model of that name with strong weights, and ours, loaded from its directory."""
    torch.manual_seed(7)
    config = transformers.LongformerConfig(**(SIZES | sizes))
    theirs = getattr(transformers, head)(config).eval()
    for name, parameter in theirs.named_parameters():
        if "norm" in name.lower() or name.endswith("bias"):
            torch.nn.init.normal_(parameter, mean=float("weight" in name), std=0.5)
    theirs.save_pretrained(directory)
    return theirs, getattr(longformer, head).from_pretrained(directory)


def make_ids(length: int, n_rows: int = 3) -> tuple[Tensor, Tensor]:
    """Ids and attention mask: one full row, one of about half, one with holes."""
    ids = torch.randint(3, SIZES["vocab_size"], (n_rows, length))
    mask = torch.ones(n_rows, length, dtype=torch.long)
    mask[1, length // 2 + 1 :] = 0
    mask[2, torch.rand(length) < 0.2] = 0
    return ids.masked_fill(mask == 0, PAD), mask


def make_global(kind: str, mask: Tensor) -> Tensor:
    chosen = torch.zeros_like(mask)
    if kind == "first":
        chosen[:, 0] = 1
    if kind == "some":
        chosen = (torch.rand(mask.shape) < 0.15).long() * mask
    if kind == "one row":
        chosen[0, :3] = 1
    if kind == "different counts":
        chosen[0, :2], chosen[1, -5:], chosen[2, ::7] = 1, 1, 1
    if kind == "on padding":
        chosen = (torch.rand(mask.shape) < 0.3).long()
    if kind == "all":
        chosen += 1
    return chosen


def difference(ours: Tensor, theirs: Tensor) -> float:
    """Largest difference, relative to the largest value."""
    assert ours.shape == theirs.shape
    return float((ours - theirs).detach().abs().max() / theirs.detach().abs().max().clamp_min(1e-9))


def answers(output: Any) -> list[Tensor]:
    names = ("last_hidden_state", "logits", "start_logits", "end_logits")  # the pooler: by multiple choice
    return [value for name in names if (value := getattr(output, name, None)) is not None]


def assert_same(ours: Any, theirs: Any) -> None:
    assert answers(ours)
    for mine, wanted in zip(answers(ours), answers(theirs), strict=True):
        assert difference(mine, wanted) <= TOLERANCE


@pytest.fixture(scope="module")
def bare(tmp_path_factory: pytest.TempPathFactory) -> tuple[Any, Any]:
    return build(tmp_path_factory.mktemp("bare"), "LongformerModel")


@pytest.mark.parametrize("kind", GLOBALS)
def test_the_encoder_over_lengths_and_masks(bare: tuple[Any, Any], kind: str) -> None:
    theirs, ours = bare
    torch.manual_seed(0)
    for length in LENGTHS:
        ids, mask = make_ids(length)
        given = dict(
            input_ids=ids, attention_mask=mask, global_attention_mask=make_global(kind, mask),
            token_type_ids=torch.randint(0, 3, ids.shape), output_hidden_states=True, output_attentions=True,
        )
        with torch.no_grad():
            mine, wanted = ours(**given), theirs(**given)
        assert_same(mine, wanted)
        for ours_at, theirs_at in zip(mine.hidden_states, wanted.hidden_states, strict=True):
            assert difference(ours_at, theirs_at) <= TOLERANCE, length
        for ours_at, theirs_at in zip(mine.attentions, wanted.attentions, strict=True):
            assert difference(ours_at, theirs_at) <= TOLERANCE, length
        assert_same_global_attentions(mine, wanted, mask * given["global_attention_mask"])


def test_in_double_precision_nothing_is_left(bare: tuple[Any, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    """What differs in float32 is rounding: it goes away with more digits (theirs has a softmax in
    float32 on the way, which is lifted here)."""
    theirs, ours = (deepcopy(model).double() for model in bare)
    softmax = torch.nn.functional.softmax
    monkeypatch.setattr(torch.nn.functional, "softmax", lambda scores, dim, dtype=None: softmax(scores, dim))
    for length, kind in ((17, "some"), (257, "different counts"), (1000, "all")):
        ids, mask = make_ids(length)
        given = dict(input_ids=ids, attention_mask=mask, global_attention_mask=make_global(kind, mask))
        with torch.no_grad():
            mine, wanted = ours(**given), theirs(**given)
        assert difference(mine.last_hidden_state, wanted.last_hidden_state) <= 1e-11
        assert difference(mine.pooler_output, wanted.pooler_output) <= 1e-11


def assert_same_global_attentions(mine: Any, wanted: Any, chosen: Tensor) -> None:
    """Theirs is longer by their padding, and holds filler where a row has fewer global tokens."""
    if not chosen.any():
        assert mine.global_attentions is None
        return
    present = torch.arange(int(chosen.sum(1).max())) < chosen.sum(1, keepdim=True)  # (B, G)
    for ours_at, theirs_at in zip(mine.global_attentions, wanted.global_attentions, strict=True):
        theirs_at = theirs_at[:, :, : chosen.shape[1]] * present[:, None, None]
        assert difference(ours_at, theirs_at) <= TOLERANCE


@pytest.mark.parametrize("head", HEADS)
def test_every_head(tmp_path: Path, head: str) -> None:
    sizes = {} if "Question" in head else {"num_labels": 5}
    theirs, ours = build(tmp_path, head, **sizes)
    for length in (12, 40, 200):
        given = example(head, length)
        with torch.no_grad():
            mine, wanted = ours(**given), theirs(**given)
        assert_same(mine, wanted)
        if wanted.get("loss") is not None:
            assert difference(mine.loss, wanted.loss) <= TOLERANCE
        else:
            assert head == "LongformerModel"


def example(head: str, length: int) -> dict[str, Tensor]:
    """Inputs and labels for a head, with no global mask: each places its own."""
    torch.manual_seed(length)
    if head == "LongformerForMultipleChoice":
        ids = torch.randint(3, 99, (2, 3, length))
        ids[..., [4, 5, length - 1]] = SEP
        return {"input_ids": ids, "labels": torch.tensor([2, 0])}
    ids, mask = make_ids(length)
    if head == "LongformerForQuestionAnswering":
        mask[:] = 1
        ids = torch.randint(3, 99, (3, length))
        for row, end in enumerate((3, 5, 7)):
            ids[row, [end, end + 1, length - 1]] = SEP
        positions = torch.tensor([4, 2, length + 9])  # the last is past the end: not scored
        return {"input_ids": ids, "start_positions": positions, "end_positions": positions.flip(0)}
    given = {"input_ids": ids, "attention_mask": mask}
    if head == "LongformerForSequenceClassification":
        return given | {"labels": torch.tensor([4, 0, 1])}
    if head != "LongformerModel":
        labels = torch.randint(0, 5, ids.shape).masked_fill(torch.rand(ids.shape) < 0.3, -100)
        return given | {"labels": labels}
    return given


@pytest.mark.parametrize(
    "n_labels, labels", [(1, [0.3, -1.2, 4.0]), (3, [[0.0, 1, 1], [1, 0, 0], [0, 0, 0]])]
)
def test_numbers_and_several_labels(tmp_path: Path, n_labels: int, labels: list[Any]) -> None:
    theirs, ours = build(tmp_path, "LongformerForSequenceClassification", num_labels=n_labels)
    given = example("LongformerForSequenceClassification", 20) | {"labels": torch.tensor(labels)}
    assert difference(ours(**given).loss, theirs(**given).loss) <= TOLERANCE


@pytest.mark.parametrize("attention_window", [4, 20, 300, [300, 6]])
def test_windows_as_one_number_and_wider_than_a_block(tmp_path: Path, attention_window: Any) -> None:
    theirs, ours = build(tmp_path, "LongformerModel", attention_window=attention_window)
    torch.manual_seed(1)
    ids, mask = make_ids(700)
    given = dict(input_ids=ids, attention_mask=mask, global_attention_mask=make_global("some", mask))
    with torch.no_grad():
        assert_same(ours(**given), theirs(**given))


def test_vectors_in_place_of_ids(bare: tuple[Any, Any]) -> None:
    theirs, ours = bare
    torch.manual_seed(2)
    for length in (9, 160):
        given = dict(inputs_embeds=torch.randn(2, length, 32), global_attention_mask=torch.eye(2, length))
        with torch.no_grad():
            assert_same(ours(**given), theirs(**given))
    with pytest.raises(ValueError, match="either"):
        ours()


def test_positions_may_be_given(bare: tuple[Any, Any]) -> None:
    theirs, ours = bare
    ids, mask = make_ids(33)
    given = dict(input_ids=ids, attention_mask=mask, position_ids=torch.randint(2, 1000, ids.shape))
    with torch.no_grad():
        assert_same(ours(**given), theirs(**given))


def test_padding_marked_minus_one_in_the_global_mask_is_not_global(bare: tuple[Any, Any]) -> None:
    theirs, ours = bare
    ids, mask = make_ids(40)
    chosen = make_global("first", mask).masked_fill(mask == 0, -1)
    given = dict(input_ids=ids, attention_mask=mask, global_attention_mask=chosen)
    with torch.no_grad():
        assert_same(ours(**given), theirs(**given))


def test_right_padding_changes_no_real_token(bare: tuple[Any, Any]) -> None:
    _, ours = bare
    torch.manual_seed(3)
    ids = torch.randint(3, 99, (1, 50))
    padded = torch.cat((ids, torch.full((1, 200), PAD)), 1)
    mask = (padded != PAD).long()
    chosen = torch.eye(1, 250).long()
    with torch.no_grad():
        short = ours(ids, global_attention_mask=chosen[:, :50]).last_hidden_state
        long = ours(padded, mask, chosen).last_hidden_state[:, :50]
    assert difference(long, short) <= TOLERANCE


def test_gradients_equal_with_and_without_checkpointing(tmp_path: Path) -> None:
    theirs, ours = build(tmp_path, "LongformerForTokenClassification", num_labels=5)
    for model in (theirs, ours):
        for part in model.modules():
            if isinstance(part, torch.nn.Dropout):
                part.p = 0.0
    given = example("LongformerForTokenClassification", 200)
    theirs(**given).loss.backward()
    for checkpointing in (False, True):
        ours.longformer.gradient_checkpointing = checkpointing
        ours.train().zero_grad()
        for layer in ours.longformer.layers:
            layer.attention.dropout = 0.0
        ours(**given).loss.backward()
        mine = ours.longformer.layers[0].attention.key.weight.grad
        wanted = theirs.longformer.encoder.layer[0].attention.self.key.weight.grad
        assert difference(mine, wanted) <= 1e-4


def test_stops_between_layers(bare: tuple[Any, Any]) -> None:
    _, ours = bare
    calls: list[int] = []

    def stop_at_the_second() -> None:
        calls.append(1)
        if len(calls) == 2:
            raise KeyboardInterrupt

    valid = torch.ones(1, 5, dtype=torch.bool)
    with pytest.raises(KeyboardInterrupt):
        ours.encode(torch.full((1, 5), 7), valid, ~valid, between_layers=stop_at_the_second)


@pytest.mark.parametrize("head", HEADS)
def test_what_we_write_transformers_reads(tmp_path: Path, head: str) -> None:
    theirs, ours = build(tmp_path / "theirs", head)
    ours.save_pretrained(tmp_path / "ours")
    again = getattr(transformers, head).from_pretrained(tmp_path / "ours")
    assert again.config.attention_window == SIZES["attention_window"]
    for name, tensor in theirs.state_dict().items():
        assert torch.equal(tensor, again.state_dict()[name]), name


def test_bf16_autocast_stays_close(bare: tuple[Any, Any]) -> None:
    _, ours = bare
    ids, mask = make_ids(300)
    chosen = make_global("some", mask)
    with torch.no_grad():
        exact = ours(ids, mask, chosen).last_hidden_state
        with torch.autocast("cpu", torch.bfloat16):
            coarse = ours(ids, mask, chosen).last_hidden_state
    assert torch.isfinite(coarse).all()
    assert float((coarse - exact).norm() / exact.norm()) < 0.2  # strong weights magnify rounding


# ------------------------------------------------------------- mutants


def wider_window(ours: Any, patch: pytest.MonkeyPatch) -> None:
    ours.layers[0].attention.radius = ours.layers[0].attention.radius + 1


def narrower_window(ours: Any, patch: pytest.MonkeyPatch) -> None:
    ours.layers[1].attention.radius = ours.layers[1].attention.radius - 1


def forget_global(ours: Any, patch: pytest.MonkeyPatch) -> None:
    patch.setattr(longformer, "mark", lambda valid, is_global: window.mark(valid, is_global & False))


def forget_padding(ours: Any, patch: pytest.MonkeyPatch) -> None:
    patch.setattr(longformer, "mark", lambda valid, is_global: window.mark(valid | True, is_global))


def swap_projections(ours: Any, patch: pytest.MonkeyPatch) -> None:
    layer = ours.layers[0].attention
    for name in ("query", "key", "value"):
        local, overall = getattr(layer, name), getattr(layer, f"{name}_global")
        setattr(layer, name, overall)
        setattr(layer, f"{name}_global", local)


def local_projections_for_global_rows(ours: Any, patch: pytest.MonkeyPatch) -> None:
    for name in ("query", "key", "value"):
        setattr(ours.layers[0].attention, f"{name}_global", getattr(ours.layers[0].attention, name))


def global_tokens_unseen(ours: Any, patch: pytest.MonkeyPatch) -> None:
    """Global rows look at everything, but nobody looks back from afar."""
    for name in ("attend_densely", "attend_in_blocks"):
        attend = getattr(window, name)

        def blind(query: Tensor, key: Tensor, value: Tensor, marks: window.Marks, *rest: Any, attend=attend):
            none = marks.is_global & False
            empty = replace(
                marks, is_global=none, global_positions=marks.global_positions[:, :0],
                global_present=marks.global_present[:, :0],
            )
            return attend(query, key, value, empty, *rest)

        patch.setattr(window, name, blind)


def global_keys_twice(ours: Any, patch: pytest.MonkeyPatch) -> None:
    """Global tokens count in the band as well as beside it (long inputs)."""
    attend = window.attend_in_blocks

    def double(query: Tensor, key: Tensor, value: Tensor, marks: window.Marks, *rest: Any):
        return attend(query, key, value, replace(marks, is_global=marks.is_global & False), *rest)

    patch.setattr(window, "attend_in_blocks", double)


def positions_off_by_one(ours: Any, patch: pytest.MonkeyPatch) -> None:
    original = longformer.Embeddings.positions_of
    patch.setattr(longformer.Embeddings, "positions_of", lambda self, ids: original(self, ids) + 1)


def no_token_types(ours: Any, patch: pytest.MonkeyPatch) -> None:
    ours.embeddings.token_type.weight = torch.nn.Parameter(torch.zeros(3, 32))


def other_activation(ours: Any, patch: pytest.MonkeyPatch) -> None:
    for layer in ours.layers:
        layer.activation = longformer.ACTIVATIONS["relu"]


MUTANTS = (
    wider_window, narrower_window, forget_global, forget_padding, swap_projections,
    local_projections_for_global_rows, global_tokens_unseen, global_keys_twice, positions_off_by_one,
    no_token_types, other_activation,
)


@pytest.mark.parametrize("mutate", MUTANTS, ids=lambda mutate: mutate.__name__)
def test_a_mistake_would_be_seen(bare: tuple[Any, Any], mutate: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    theirs, ours = bare[0], deepcopy(bare[1])
    torch.manual_seed(4)
    ids, mask = make_ids(200)
    given = dict(
        input_ids=ids, attention_mask=mask, global_attention_mask=make_global("some", mask),
        token_type_ids=torch.randint(0, 3, ids.shape),
    )
    with torch.no_grad():
        wanted = theirs(**given).last_hidden_state[mask.bool()]
        assert difference(ours(**given).last_hidden_state[mask.bool()], wanted) <= TOLERANCE
        mutate(ours, monkeypatch)
        assert difference(ours(**given).last_hidden_state[mask.bool()], wanted) >= 100 * TOLERANCE

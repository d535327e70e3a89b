"""LED equals transformers' on strong random weights, and would not if it were wrong.

As for Longformer: with the usual small initialisation, dropping the global mask changes LED's
scores by 2e-6; so weights are drawn with a deviation of 0.5, and mutants prove each piece matters.
"""

import json
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
import torch
import transformers
from torch import Tensor

from engine.attention import window
from engine.errors import InputTooLong, UnsupportedModel
from engine.models import led

pytestmark = pytest.mark.parity

TOLERANCE = 1e-5  # of the largest value
PAD, EOS = 1, 2
SIZES: dict[str, Any] = dict(
    vocab_size=99, d_model=32, encoder_layers=2, decoder_layers=1, encoder_attention_heads=4,
    decoder_attention_heads=2, encoder_ffn_dim=37, decoder_ffn_dim=41, attention_window=[4, 12],
    max_encoder_position_embeddings=1200, max_decoder_position_embeddings=80, init_std=0.5,
    pad_token_id=PAD, bos_token_id=0, eos_token_id=EOS, decoder_start_token_id=EOS,
)
GLOBALS = ("none", "first", "different counts", "on padding", "all")
LENGTHS = (1, 11, 16, 129, 257, 1000)  # 140 and more go by blocks


def build(directory: Path, head: str, **sizes: Any) -> tuple[Any, Any]:
    """transformers' model of that name with strong weights, and ours, loaded from its directory."""
    torch.manual_seed(7)
    theirs = getattr(transformers, head)(transformers.LEDConfig(**(SIZES | sizes))).eval()
    for name, parameter in theirs.named_parameters():
        if "norm" in name or name.endswith("bias"):
            torch.nn.init.normal_(parameter, mean=float("weight" in name), std=0.5)
    if head == "LEDForConditionalGeneration":
        theirs.final_logits_bias.normal_()
    theirs.save_pretrained(directory)
    return theirs, getattr(led, head).from_pretrained(directory)


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> tuple[Any, Any]:
    return build(tmp_path_factory.mktemp("led"), "LEDForConditionalGeneration")


def make_ids(length: int, n_rows: int = 3) -> tuple[Tensor, Tensor]:
    """Ids and attention mask: one full row, one of about half, one with holes."""
    ids = torch.randint(3, SIZES["vocab_size"], (n_rows, length))
    mask = torch.ones(n_rows, length, dtype=torch.long)
    mask[1, length // 2 + 1 :] = 0
    mask[2, torch.rand(length) < 0.2] = 0
    mask[2, 0] = 1
    return ids.masked_fill(mask == 0, PAD), mask


def make_global(kind: str, mask: Tensor) -> Tensor:
    chosen = torch.zeros_like(mask)
    if kind == "first":
        chosen[:, 0] = 1
    if kind == "different counts":
        chosen[0, :2], chosen[1, -5:], chosen[2, ::7] = 1, 1, 1
    if kind == "on padding":
        chosen = (torch.rand(mask.shape) < 0.3).long()
    if kind == "all":
        chosen += 1
    return chosen


def make(length: int, kind: str = "first", n_out: int = 9) -> dict[str, Tensor]:
    torch.manual_seed(length)
    ids, mask = make_ids(length)
    return {
        "input_ids": ids, "attention_mask": mask, "global_attention_mask": make_global(kind, mask),
        "decoder_input_ids": torch.randint(3, 99, (3, n_out)),
    }


def difference(ours: Tensor, theirs: Tensor) -> float:
    """Largest difference, relative to the largest value."""
    assert ours.shape == theirs.shape
    return float(((ours - theirs).abs().max() / theirs.abs().max().clamp_min(1e-9)).detach())


@pytest.mark.parametrize("kind", GLOBALS)
def test_logits_over_lengths_and_masks(pair: tuple[Any, Any], kind: str) -> None:
    theirs, ours = pair
    for length in LENGTHS:
        given = make(length, kind)
        with torch.no_grad():
            wanted, mine = theirs(**given), ours(**given)
        assert difference(mine.logits, wanted.logits) <= TOLERANCE, length
        assert difference(mine.encoder_last_hidden_state, wanted.encoder_last_hidden_state) <= TOLERANCE


def test_in_double_precision_nothing_is_left(pair: tuple[Any, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    """What differs in float32 is rounding: it goes away with more digits (theirs has a softmax in
    float32 on the way, which is lifted here)."""
    theirs, ours = (deepcopy(model).double() for model in pair)
    softmax = torch.nn.functional.softmax
    monkeypatch.setattr(torch.nn.functional, "softmax", lambda scores, dim, dtype=None: softmax(scores, dim))
    for length, kind in ((257, "different counts"), (1000, "all")):
        given = make(length, kind)
        with torch.no_grad():
            assert difference(ours(**given).logits, theirs(**given).logits) <= 1e-11


def test_everything_on_the_way(pair: tuple[Any, Any]) -> None:
    theirs, ours = pair
    for length in (11, 200):
        given = make(length, "different counts") | {"output_hidden_states": True, "output_attentions": True}
        given["decoder_attention_mask"] = torch.ones(3, 9).long()
        given["decoder_attention_mask"][1, 6:] = 0
        with torch.no_grad():
            wanted, mine = theirs(**given), ours(**given)
        assert difference(mine.logits, wanted.logits) <= TOLERANCE
        for name in (
            "encoder_hidden_states", "encoder_attentions", "decoder_hidden_states", "decoder_attentions",
            "cross_attentions",
        ):
            for ours_at, theirs_at in zip(getattr(mine, name), getattr(wanted, name), strict=True):
                assert difference(ours_at, theirs_at) <= TOLERANCE, name
        chosen = (given["attention_mask"] * given["global_attention_mask"]).sum(1, keepdim=True)
        present = torch.arange(int(chosen.max())) < chosen
        pairs = zip(mine.encoder_global_attentions, wanted.encoder_global_attentions, strict=True)
        for ours_at, theirs_at in pairs:
            theirs_at = theirs_at[:, :, :length] * present[:, None, None]
            assert difference(ours_at, theirs_at) <= TOLERANCE


def test_losses(pair: tuple[Any, Any]) -> None:
    theirs, ours = pair
    given = make(30)
    del given["decoder_input_ids"]
    given["labels"] = torch.randint(3, 99, (3, 12))
    given["labels"][0, 7:] = -100
    wanted, mine = theirs(**given), ours(**given)
    assert difference(mine.loss, wanted.loss) <= TOLERANCE
    assert difference(mine.logits, wanted.logits) <= TOLERANCE


def test_what_is_given(pair: tuple[Any, Any]) -> None:
    _, ours = pair
    given = make(20)
    with torch.no_grad():
        wanted = ours(**given)
        valid, is_global = given["attention_mask"] > 0, given["global_attention_mask"] > 0
        encoded = ours.encode(given["input_ids"], valid, is_global)
        again = ours(
            attention_mask=given["attention_mask"], decoder_input_ids=given["decoder_input_ids"],
            encoder_outputs=encoded,
        )
    assert torch.equal(again.logits, wanted.logits)
    with pytest.raises(ValueError, match="either"):
        ours(given["input_ids"], inputs_embeds=torch.zeros(3, 20, 32))
    with pytest.raises(ValueError, match="either"):
        ours()
    with pytest.raises(ValueError, match="decoder"):
        ours(inputs_embeds=torch.zeros(3, 20, 32))


def test_the_bare_model_reads_its_input_shifted(tmp_path: Path) -> None:
    theirs, ours = build(tmp_path, "LEDModel", attention_window=8)
    given = make(40, "first")
    del given["decoder_input_ids"]
    with torch.no_grad():
        assert difference(ours(**given).last_hidden_state, theirs(**given).last_hidden_state) <= TOLERANCE
    vectors = torch.randn(2, 20, 32)
    given = {"inputs_embeds": vectors, "decoder_inputs_embeds": vectors[:, :5]}
    with torch.no_grad():
        assert difference(ours(**given).last_hidden_state, theirs(**given).last_hidden_state) <= TOLERANCE


def test_question_answering(tmp_path: Path) -> None:
    theirs, ours = build(tmp_path, "LEDForQuestionAnswering")
    ids = torch.randint(3, 99, (3, 50))
    ids[:, [6, 7, 49]] = EOS
    given = {
        "input_ids": ids,
        "global_attention_mask": led.place_global_on_question(ids, EOS).long(),
        "start_positions": torch.tensor([3, 0, 70]),
        "end_positions": torch.tensor([9, 70, 2]),
    }
    wanted, mine = theirs(**given), ours(**given)
    assert difference(mine.start_logits, wanted.start_logits) <= TOLERANCE
    assert difference(mine.end_logits, wanted.end_logits) <= TOLERANCE
    assert difference(mine.loss, wanted.loss) <= TOLERANCE


FIXTURE = Path(__file__).parents[2] / "fixtures" / "led_classification"


def test_sequence_classification_equals_what_transformers_4_gave() -> None:
    """transformers 5 dropped this head; tests/fixtures/write_led_classification.py wrote this."""
    expected = json.loads((FIXTURE / "expected.json").read_text())
    ours = led.LEDForSequenceClassification.from_pretrained(FIXTURE)
    assert ours.config.n_labels == 3
    given = {name: torch.tensor(value) for name, value in expected["given"].items()}
    one = ours(**given, labels=torch.tensor(expected["classes"]))
    many = ours(**given, labels=torch.tensor(expected["several"]))
    assert difference(one.logits, torch.tensor(expected["logits"])) <= TOLERANCE
    assert difference(one.loss, torch.tensor(expected["loss_of_classes"])) <= TOLERANCE
    assert difference(many.loss, torch.tensor(expected["loss_of_several"])) <= TOLERANCE

    without_global = ours(given["input_ids"], attention_mask=given["attention_mask"])
    assert difference(without_global.logits, one.logits) >= 100 * TOLERANCE
    wrong_end = given["input_ids"].clone()
    wrong_end[0, 3] = 2  # an earlier end changes the input, not where the label is read
    assert ours(wrong_end, attention_mask=given["attention_mask"]).logits.shape == (4, 3)
    with pytest.raises(ValueError, match="end token"):
        ours(torch.full((1, 5), 7))


# ------------------------------------------------------------- token by token


@pytest.mark.parametrize("n_beams", [1, 3])
def test_steps_equal_all_at_once(pair: tuple[Any, Any], n_beams: int) -> None:
    """Caches give what the whole decoder gives, also after the beams were moved about."""
    theirs, ours = pair
    given = make(150)
    valid, is_global = given["attention_mask"] > 0, given["global_attention_mask"] > 0
    tokens = torch.randint(3, 99, (3 * n_beams, 12))
    with torch.no_grad():
        states = ours.encode(given["input_ids"], valid, is_global).last_hidden_state
        state = ours.start(states, valid, n_beams=n_beams, max_length=12)
        for at in range(6):
            ours.step(tokens[:, at], state)
        moved = torch.arange(3 * n_beams).view(3, n_beams).flip(1).flatten()  # within each document
        state.reorder(moved)
        tokens[:, :6] = tokens[moved, :6]
        for at in range(6, 12):
            scores = ours.step(tokens[:, at], state)
        assert state.length == 12
        wide = {name: value.repeat_interleave(n_beams, 0) for name, value in given.items()}
        wanted = theirs(**(wide | {"decoder_input_ids": tokens})).logits[:, -1]
    assert difference(scores, wanted) <= TOLERANCE


def test_greedy_ids_equal_those_of_generate(pair: tuple[Any, Any]) -> None:
    theirs, ours = pair
    given = make(140)
    del given["decoder_input_ids"]
    with torch.no_grad():
        wanted = theirs.generate(**given, num_beams=1, do_sample=False, max_length=30, eos_token_id=98)
        valid = given["attention_mask"] > 0
        states = ours.encode(given["input_ids"], valid, given["global_attention_mask"] > 0).last_hidden_state
        state = ours.start(states, valid, max_length=30)
        ids = [torch.full((3,), ours.config.decoder_start_id)]
        for _ in range(wanted.shape[1] - 1):
            ids.append(ours.step(ids[-1], state).argmax(-1))
    mine = torch.stack(ids, 1)
    ended = (wanted == 98).cumsum(1) - (wanted == 98).long() > 0  # after the end: padding
    assert torch.equal(mine.masked_fill(ended, PAD), wanted)


def test_the_output_has_an_end(pair: tuple[Any, Any]) -> None:
    _, ours = pair
    valid = torch.ones(1, 3, dtype=torch.bool)
    state = ours.start(torch.randn(1, 3, 32), valid, max_length=10**6)
    with torch.no_grad(), pytest.raises(InputTooLong, match="80"):
        for _ in range(81):
            ours.step(torch.tensor([5]), state)
    with pytest.raises(InputTooLong, match="1200"):
        ours.encode(torch.full((1, 1201), 5), torch.ones(1, 1201, dtype=torch.bool))


# ------------------------------------------------------------------- training


def test_gradients_equal_with_and_without_checkpointing(tmp_path: Path) -> None:
    theirs, ours = build(tmp_path, "LEDForConditionalGeneration", dropout=0.0)
    given = make(200)
    del given["decoder_input_ids"]
    given["labels"] = torch.randint(3, 99, (3, 12))
    theirs(**given).loss.backward()
    for checkpointing in (False, True):
        ours.led.gradient_checkpointing = checkpointing
        ours.train().zero_grad()
        ours(**given, use_cache=False).loss.backward()
        our_layers, their_layers = ours.led.encoder.layers, theirs.led.encoder.layers
        for mine, wanted in (
            (ours.led.shared, theirs.led.shared),
            (our_layers[0].attention.key, their_layers[0].self_attn.longformer_self_attn.key),
            (ours.led.decoder.layers[0].source.value, theirs.led.decoder.layers[0].encoder_attn.v_proj),
        ):
            assert difference(mine.weight.grad, wanted.weight.grad) <= 1e-4
    with pytest.raises(ValueError, match="start and step"):
        ours(**given, use_cache=True)


def test_round_trip_and_tied_output(tmp_path: Path) -> None:
    theirs, ours = build(tmp_path / "theirs", "LEDForConditionalGeneration")
    assert ours.lm_head.weight is ours.led.shared.weight
    ours.save_pretrained(tmp_path / "ours")
    again = transformers.LEDForConditionalGeneration.from_pretrained(tmp_path / "ours")
    for name, tensor in theirs.state_dict().items():
        assert torch.equal(tensor, again.state_dict()[name]), name


def test_old_files_lack_the_bias_and_may_repeat_the_words(tmp_path: Path) -> None:
    from safetensors.torch import load_file, save_file

    build(tmp_path, "LEDForConditionalGeneration")
    tensors = load_file(tmp_path / "model.safetensors")
    del tensors["final_logits_bias"]
    words = tensors["led.shared.weight"]
    for name in ("led.encoder.embed_tokens.weight", "led.decoder.embed_tokens.weight", "lm_head.weight"):
        tensors[name] = words.clone()
    save_file(tensors, tmp_path / "model.safetensors")
    ours = led.LEDForConditionalGeneration.from_pretrained(tmp_path)
    assert not ours.final_logits_bias.any() and torch.equal(ours.led.shared.weight, words)
    tensors["led.encoder.embed_positions.weight"] = torch.zeros(1202, 32)  # BART's offset, not cut off
    save_file(tensors, tmp_path / "model.safetensors")
    with pytest.raises(UnsupportedModel, match="embed_positions"):
        led.LEDForConditionalGeneration.from_pretrained(tmp_path)


def test_where_global_attention_goes() -> None:
    ids = torch.tensor([[0, 7, 2, 2, 9, 9, 5, 2, 1], [0, 7, 8, 2, 2, 9, 9, 2, 1]])

    def printed(placed: Tensor) -> list[str]:
        return ["".join("1" if one else "." for one in row) for row in placed]

    assert printed(led.place_global(ids)) == ["1........", "1........"]
    assert printed(led.place_global_on_question(ids, 2)) == ["11.......", "111......"]
    assert printed(led.place_global_on_separators(ids, 9)) == ["1...11...", "1....11.."]


# -------------------------------------------------------------------- mutants


def forget_global(ours: Any, patch: pytest.MonkeyPatch) -> None:
    patch.setattr(led, "mark", lambda valid, is_global: window.mark(valid, is_global & False))


def wider_window(ours: Any, patch: pytest.MonkeyPatch) -> None:
    ours.led.encoder.layers[0].attention.radius += 1


def swap_projections(ours: Any, patch: pytest.MonkeyPatch) -> None:
    layer = ours.led.encoder.layers[0].attention
    layer.key, layer.key_global = layer.key_global, layer.key
    layer.value, layer.value_global = layer.value_global, layer.value


def bart_offset(ours: Any, patch: pytest.MonkeyPatch) -> None:
    ours.led.encoder.position.weight.data = ours.led.encoder.position.weight.data.roll(-2, 0)


def decoder_offset(ours: Any, patch: pytest.MonkeyPatch) -> None:
    ours.led.decoder.position.weight.data = ours.led.decoder.position.weight.data.roll(-1, 0)


def scaled_words(ours: Any, patch: pytest.MonkeyPatch) -> None:
    ours.led.shared.weight.data *= 32**0.5


def no_logits_bias(ours: Any, patch: pytest.MonkeyPatch) -> None:
    ours.final_logits_bias.zero_()


def looks_ahead(ours: Any, patch: pytest.MonkeyPatch) -> None:
    causal = led.causal_bias
    patch.setattr(led, "causal_bias", lambda *given: torch.zeros_like(causal(*given)))


def sees_padding(ours: Any, patch: pytest.MonkeyPatch) -> None:
    patch.setattr(led, "masked_bias", lambda seen, dtype: torch.zeros(seen.shape, dtype=dtype))


def unscaled_queries(ours: Any, patch: pytest.MonkeyPatch) -> None:
    ours.led.decoder.layers[0].source.scale = 1.0


MUTANTS = (
    forget_global, wider_window, swap_projections, bart_offset, decoder_offset, scaled_words, no_logits_bias,
    looks_ahead, sees_padding, unscaled_queries,
)


@pytest.mark.parametrize("mutate", MUTANTS, ids=lambda mutate: mutate.__name__)
def test_a_mistake_would_be_seen(pair: tuple[Any, Any], mutate: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    theirs, ours = pair[0], deepcopy(pair[1])
    given = make(200, "different counts")
    with torch.no_grad():
        wanted = theirs(**given).logits
        assert difference(ours(**given).logits, wanted) <= TOLERANCE
        mutate(ours, monkeypatch)
        assert difference(ours(**given).logits, wanted) >= 100 * TOLERANCE

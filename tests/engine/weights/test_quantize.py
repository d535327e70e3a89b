"""Quantized layers: how far they are from the original, and that they survive storing."""

from pathlib import Path

import pytest
import torch
from torch import nn

from engine.errors import UnsupportedModel
from engine.models.led import LEDConfig, LEDForConditionalGeneration
from engine.models.longformer import LongformerConfig, LongformerForQuestionAnswering
from engine.weights.header import read_header
from engine.weights.quantize import (
    Int4Linear,
    Int8Embedding,
    Int8Linear,
    pack_int4,
    quantize_,
    quantize_rows,
    unpack_int4,
)

CONFIG = LongformerConfig(
    vocab_size=300, width=64, n_heads=4, feed_forward_width=128, radii=(4, 4), max_positions=200, n_labels=2
)


def error(got: torch.Tensor, wanted: torch.Tensor) -> float:
    return float(((got - wanted).norm() / wanted.norm()).detach())


def model() -> LongformerForQuestionAnswering:
    torch.manual_seed(0)
    return LongformerForQuestionAnswering(CONFIG).eval()


@pytest.mark.parametrize("scheme, most", [("fp32", 0.0), ("bf16", 0.004), ("int8", 0.012), ("int4", 0.09)])
def test_how_far_the_weights_are_off(scheme: str, most: float) -> None:
    exact, stored = model(), model()
    quantize_(stored, scheme, least=0)
    for name, layer in exact.named_modules():
        if isinstance(layer, nn.Linear | nn.Embedding):
            got = stored.get_submodule(name).weight.float()
            assert error(got, layer.weight.detach()) <= most, name


@pytest.mark.parametrize("scheme, most", [("bf16", 0.02), ("int8", 0.03), ("int4", 0.25)])
def test_how_far_the_output_is_off(scheme: str, most: float) -> None:
    exact, stored = model(), model()
    quantize_(stored, scheme, least=0)
    ids = torch.randint(3, 300, (2, 150))
    valid = torch.ones_like(ids, dtype=torch.bool)
    with torch.no_grad():
        wanted = exact.longformer.encode(ids, valid, valid & (torch.arange(150) < 3)).last_hidden_state
        got = stored.longformer.encode(ids, valid, valid & (torch.arange(150) < 3)).last_hidden_state
    assert 0 < error(got.float(), wanted) <= most


@pytest.mark.parametrize("scheme", ["int8", "int4"])
def test_layers_compute_with_the_weights_they_give_back(scheme: str) -> None:
    torch.manual_seed(1)
    layer = nn.Linear(96, 40)
    small = nn.Sequential(layer)
    quantize_(small, scheme, least=0)
    states = torch.randn(3, 5, 96)
    wanted = nn.functional.linear(states, small[0].weight, layer.bias)
    assert torch.allclose(small[0](states), wanted, atol=1e-5)
    assert small[0](states.bfloat16()).dtype == torch.bfloat16


def test_rows_of_int8() -> None:
    weight = torch.tensor([[1.0, -2.0, 0.5], [0.0, 0.0, 0.0], [1e-30, 0.0, -1e-30]])
    code, scale = quantize_rows(weight)
    assert code.tolist() == [[64, -127, 32], [0, 0, 0], [127, 0, -127]]
    assert torch.isfinite(scale).all()


def test_four_bits_meet_their_largest_value_and_zero() -> None:
    weight = torch.zeros(2, 64)
    weight[0, :32] = torch.linspace(-1, 1, 32)
    weight[1, 40] = -3.0
    packed, scale = pack_int4(weight)
    assert packed.dtype == torch.uint8 and packed.shape == (2, 32) and scale.shape == (2, 2)
    back = unpack_int4(packed, scale, torch.float32)
    assert back[1, 40] == -3.0 and back[0, 32:].abs().sum() == 0
    assert (back[0, :32] - weight[0, :32]).abs().max() <= 1 / 8 + 1e-3


def test_what_is_kept() -> None:
    kept = model()
    quantize_(kept, "int8", keep=("qa_outputs", "position"), least=500)
    assert isinstance(kept.longformer.embeddings.word, Int8Embedding)
    assert type(kept.longformer.embeddings.position) is nn.Embedding
    assert type(kept.longformer.embeddings.token_type) is nn.Embedding  # too small to gain by it
    assert type(kept.qa_outputs) is nn.Linear
    assert isinstance(kept.longformer.layers[0].widen, Int8Linear)


def test_odd_widths_take_int8() -> None:
    odd = nn.Sequential(nn.Linear(33, 8), nn.Linear(64, 8))
    quantize_(odd, "int4", least=0)
    assert [type(layer) for layer in odd] == [Int8Linear, Int4Linear]


def test_shared_weights_stay_shared() -> None:
    class Tied(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.shared = nn.Embedding(40, 64)
            self.out = nn.Linear(64, 40, bias=False)
            self.out.weight = self.shared.weight

    tied = Tied()
    quantize_(tied, "int8", least=0)
    assert tied.shared.weight_int8 is tied.out.weight_int8
    vectors = tied.shared(torch.tensor([3, 9]))
    assert torch.allclose(tied.out(vectors), vectors @ tied.shared.weight.T, atol=1e-4)


@pytest.mark.parametrize("scheme, shrinks", [("int8", 3.3), ("int4", 4.0)])
def test_stored_quantized_and_loaded_without_a_full_copy(
    tmp_path: Path, scheme: str, shrinks: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    full = model()
    full.save_pretrained(tmp_path / "full")
    quantize_(full, scheme, least=0)
    full.save_pretrained(tmp_path / "small")
    sizes = [(tmp_path / name / "model.safetensors").stat().st_size for name in ("full", "small")]
    assert sizes[0] / sizes[1] >= shrinks
    assert read_header(tmp_path / "small" / "model.safetensors").metadata["quantization"] == scheme

    largest = 0
    real_load = nn.Module.load_state_dict

    def watch(self: nn.Module, state: dict[str, torch.Tensor], *args: object, **options: object):
        nonlocal largest
        largest = sum(tensor.numel() * tensor.element_size() for tensor in state.values())
        return real_load(self, state, *args, **options)

    monkeypatch.setattr(nn.Module, "load_state_dict", watch)
    again = LongformerForQuestionAnswering.from_pretrained(tmp_path / "small")
    assert largest < sizes[0] / shrinks
    ids = torch.randint(3, 300, (1, 40))
    ids[0, [5, 6, 39]] = 2
    with torch.no_grad():
        assert torch.equal(again(ids).start_logits, full(ids).start_logits)


def test_scales_that_do_not_divide_the_row_are_refused(tmp_path: Path) -> None:
    from safetensors.torch import load_file, save_file

    small = model()
    quantize_(small, "int4", least=0)
    small.save_pretrained(tmp_path)
    tensors = load_file(tmp_path / "model.safetensors")
    name = "longformer.encoder.layer.0.intermediate.dense.weight_scale"
    tensors[name] = torch.ones(128, 5, dtype=torch.float16)
    save_file(tensors, tmp_path / "model.safetensors")
    with pytest.raises(UnsupportedModel, match="5 scales"):
        LongformerForQuestionAnswering.from_pretrained(tmp_path)


@pytest.mark.parametrize("scheme", ["int8", "int4"])
def test_an_encoder_decoder_keeps_one_matrix_for_words_and_scores(tmp_path: Path, scheme: str) -> None:
    torch.manual_seed(0)
    sizes = dict(width=64, n_heads=2, n_decoder_heads=2, feed_forward_width=64, decoder_feed_forward_width=64)
    config = LEDConfig(
        vocab_size=300, radii=(4,), n_decoder_layers=1, max_positions=50, max_decoder_positions=20, **sizes
    )
    full = LEDForConditionalGeneration(config).eval()
    exact = full(torch.arange(3, 30)[None], decoder_input_ids=torch.arange(3, 9)[None]).logits
    quantize_(full, scheme, least=0)
    full.save_pretrained(tmp_path)
    names = read_header(tmp_path / "model.safetensors").entries
    assert "led.shared.weight_int8" in names and not any(name.startswith("lm_head") for name in names)
    again = LEDForConditionalGeneration.from_pretrained(tmp_path)
    assert again.lm_head.weight_int8 is again.led.shared.weight_int8
    got = again(torch.arange(3, 30)[None], decoder_input_ids=torch.arange(3, 9)[None]).logits
    wanted = full(torch.arange(3, 30)[None], decoder_input_ids=torch.arange(3, 9)[None]).logits
    assert torch.equal(got, wanted) and error(got, exact.detach()) < 0.3

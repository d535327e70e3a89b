"""LongT5 equals transformers' on strong random weights, and would not if it were wrong.

transformers' own tests draw weights so small that leaving out the side tokens changes nothing. Here
the initialisation is the model's real one, norms and position biases are drawn large, and the
mutants at the end prove that each piece matters by at least 100 times the tolerance.
"""

from collections.abc import Callable
from copy import deepcopy
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
import transformers
from torch import Tensor

from engine.attention import blocks, relative
from engine.errors import MissingWeights, UnexpectedWeights, UnsupportedModel
from engine.models import longt5
from engine.weights.quantize import quantize_

pytestmark = pytest.mark.parity

TOLERANCE = 1e-5  # of the largest value
PAD = 0
SIZES: dict[str, Any] = dict(
    vocab_size=99, d_model=32, d_kv=8, d_ff=37, num_layers=2, num_decoder_layers=3, num_heads=3,
    local_radius=6, global_block_size=5, relative_attention_num_buckets=8, relative_attention_max_distance=20,
    feed_forward_proj="gated-gelu", encoder_attention_type="transient-global", decoder_start_token_id=PAD,
    initializer_factor=1.0,
)
VARIANTS: dict[str, dict[str, Any]] = {
    "transient-global": {},
    "local": dict(encoder_attention_type="local"),
    "plain relu, blocks of 3": dict(feed_forward_proj="relu", global_block_size=3),
    "sizes of the checkpoints": dict(
        local_radius=127, global_block_size=16, relative_attention_num_buckets=32,
        relative_attention_max_distance=128, tie_word_embeddings=False,
    ),
}
LENGTHS = (1, 4, 5, 15, 16, 17, 129, 257, 384)


def strengthen(theirs: Any) -> Any:
    for name, parameter in theirs.named_parameters():
        if "norm" in name:
            torch.nn.init.normal_(parameter, mean=1.0, std=0.5)
        if "relative" in name:
            torch.nn.init.normal_(parameter, std=1.0)
    return theirs.eval()


def build(directory: Path, head: str = "LongT5ForConditionalGeneration", **sizes: Any) -> tuple[Any, Any]:
    """transformers' model of that name with strong weights, and ours, loaded from its directory."""
    torch.manual_seed(7)
    theirs = strengthen(getattr(transformers, head)(transformers.LongT5Config(**(SIZES | sizes))))
    theirs.save_pretrained(directory)
    return theirs, getattr(longt5, head).from_pretrained(directory)


def make(length: int, n_output: int = 7) -> dict[str, Tensor]:
    """Inputs: one full row, one of about half, one with holes; an output with a masked token."""
    torch.manual_seed(length)
    ids = torch.randint(2, SIZES["vocab_size"], (3, length))
    mask = torch.ones_like(ids)
    mask[1, length // 2 + 1 :] = 0
    mask[2, torch.rand(length) < 0.2] = 0
    mask[2, 0] = 1
    output = torch.randint(2, SIZES["vocab_size"], (3, n_output))
    output_mask = torch.ones_like(output)
    output_mask[1, n_output // 2] = 0
    return dict(
        input_ids=ids.masked_fill(mask == 0, PAD), attention_mask=mask, decoder_input_ids=output,
        decoder_attention_mask=output_mask,
    )


def difference(ours: Tensor, theirs: Tensor) -> float:
    """Largest difference, relative to the largest value."""
    assert ours.shape == theirs.shape
    return float((ours - theirs).detach().abs().max() / theirs.detach().abs().max().clamp_min(1e-9))


def assert_all_same(ours: tuple[Tensor, ...], theirs: tuple[Tensor, ...], real: Tensor | None = None) -> None:
    """Where `real` (B, L) is given, only at real tokens: rows of padding mean nothing."""
    for mine, wanted in zip(ours, theirs, strict=True):
        weight = 1.0 if real is None else real[..., None].to(mine.dtype)
        assert difference(mine * weight, wanted * weight) <= TOLERANCE


@pytest.mark.parametrize("variant", VARIANTS)
def test_everything_over_lengths_and_masks(tmp_path: Path, variant: str) -> None:
    theirs, ours = build(tmp_path, **VARIANTS[variant])
    for length in LENGTHS:
        given = make(length) | dict(output_hidden_states=True, output_attentions=True)
        with torch.no_grad():
            mine, wanted = ours(**given), theirs(**given)
        real = given["attention_mask"]
        assert difference(mine.logits, wanted.logits) <= TOLERANCE
        assert_all_same((mine.encoder_last_hidden_state,), (wanted.encoder_last_hidden_state,), real)
        assert_all_same(mine.encoder_hidden_states, wanted.encoder_hidden_states, real)
        assert_all_same(mine.decoder_hidden_states, wanted.decoder_hidden_states)
        assert_all_same(mine.decoder_attentions, wanted.decoder_attentions)
        assert_all_same(mine.cross_attentions, wanted.cross_attentions)
        for ours_at, theirs_at in zip(mine.encoder_attentions, wanted.encoder_attentions, strict=True):
            assert ours_at.shape == theirs_at.shape
            rows = [at.transpose(2, 3).flatten(1, 2)[:, :length] for at in (ours_at, theirs_at)]
            assert difference(*(at * real[..., None, None] for at in rows)) <= TOLERANCE


def test_a_long_input(tmp_path: Path) -> None:
    """4,096 tokens at the window and blocks of the checkpoints, in several chunks of rows."""
    theirs, ours = build(tmp_path, **VARIANTS["sizes of the checkpoints"])
    given = make(4096)
    with torch.no_grad():
        assert difference(ours(**given).logits, theirs(**given).logits) <= TOLERANCE


def test_bare_models(tmp_path: Path) -> None:
    theirs, ours = build(tmp_path / "model", "LongT5Model")
    given = make(40)
    with torch.no_grad():
        mine, wanted = ours(**given), theirs(**given)
    assert difference(mine.last_hidden_state, wanted.last_hidden_state) <= TOLERANCE
    theirs, ours = build(tmp_path / "encoder", "LongT5EncoderModel")
    real = given["attention_mask"]
    given = dict(input_ids=given["input_ids"], attention_mask=real)
    with torch.no_grad():
        assert_all_same((ours(**given).last_hidden_state,), (theirs(**given).last_hidden_state,), real)


def test_the_bare_models_read_a_whole_checkpoint(tmp_path: Path) -> None:
    _, whole = build(tmp_path, tie_word_embeddings=False)
    given = make(40)
    with torch.no_grad():
        wanted = whole(**given)
        model = longt5.LongT5Model.from_pretrained(tmp_path)(**given)
        encoder = longt5.LongT5EncoderModel.from_pretrained(tmp_path)
        encoder = encoder(given["input_ids"], given["attention_mask"])
    assert torch.equal(encoder.last_hidden_state, wanted.encoder_last_hidden_state)
    assert torch.equal(whole.score(model.last_hidden_state), wanted.logits)


def test_vectors_and_a_given_encoding(tmp_path: Path) -> None:
    theirs, ours = build(tmp_path)
    given = make(40)
    vectors, output = torch.randn(3, 40, 32), torch.randn(3, 7, 32)
    mask = given["attention_mask"]
    with torch.no_grad():
        both = dict(inputs_embeds=vectors, decoder_inputs_embeds=output, attention_mask=mask)
        assert difference(ours(**both).logits, theirs(**both).logits) <= TOLERANCE
        encoded = ours.encode(given["input_ids"], mask.bool())
        output = given["decoder_input_ids"]
        again = ours(attention_mask=mask, encoder_outputs=encoded, decoder_input_ids=output)
        whole = ours(given["input_ids"], mask, output)
    assert torch.equal(again.logits, whole.logits)
    for wrong in (dict(), dict(input_ids=mask, inputs_embeds=vectors), dict(input_ids=mask)):
        with pytest.raises(ValueError, match="ids or vectors"):
            ours(**wrong)
    with pytest.raises(ValueError, match="start and step"):
        ours(**given, use_cache=True)
    with pytest.raises(ValueError, match="global"):
        ours.encode(given["input_ids"], mask.bool(), mask.bool())


def test_loss_and_gradients_with_and_without_checkpointing(tmp_path: Path) -> None:
    theirs, ours = build(tmp_path, dropout_rate=0.0)
    given = {name: value for name, value in make(60).items() if not name.startswith("decoder")}
    labels = torch.randint(2, 99, (3, 7))
    labels[1, 4:] = -100
    theirs(**given, labels=labels).loss.backward()
    for on in (False, True):
        ours.set_gradient_checkpointing(on)
        ours.train().zero_grad()
        mine = ours(**given, labels=labels)
        mine.loss.backward()
        with torch.no_grad():
            assert difference(mine.loss, theirs(**given, labels=labels).loss) <= TOLERANCE
        pairs = (
            (ours.shared.weight, theirs.shared.weight),
            (ours.encoder.side_relative_bias.weight,
             theirs.encoder.block[0].layer[0].TransientGlobalSelfAttention.global_relative_attention_bias.weight),
            (ours.decoder.layers[2].source_attention.key.weight,
             theirs.decoder.block[2].layer[1].EncDecAttention.k.weight),
        )
        for mine_at, wanted in pairs:
            assert difference(mine_at.grad, wanted.grad) <= 1e-4


def test_dropout_is_at_work_in_training_only(tmp_path: Path) -> None:
    _, ours = build(tmp_path, dropout_rate=0.5)
    given = make(40)
    with torch.no_grad():
        assert torch.equal(ours(**given).logits, ours(**given).logits)
        ours.train()
        assert not torch.equal(ours(**given).logits, ours(**given).logits)


def test_right_padding_changes_no_real_token(tmp_path: Path) -> None:
    _, ours = build(tmp_path)
    ids = torch.randint(2, 99, (1, 43))
    with torch.no_grad():
        alone = ours.encode(ids, torch.ones(1, 43).bool()).last_hidden_state
        for length in (44, 45, 50, 300):
            padded = torch.nn.functional.pad(ids, (0, length - 43), value=PAD)
            seen = ours.encode(padded, torch.arange(length)[None] < 43).last_hidden_state
            assert difference(seen[:, :43], alone) <= TOLERANCE


# ------------------------------------------------------------- storing


@pytest.mark.parametrize("variant", VARIANTS)
def test_what_we_write_transformers_reads(tmp_path: Path, variant: str) -> None:
    theirs, ours = build(tmp_path / "theirs", **VARIANTS[variant])
    ours.save_pretrained(tmp_path / "ours")
    again, found = transformers.LongT5ForConditionalGeneration.from_pretrained(
        tmp_path / "ours", output_loading_info=True
    )
    assert not found["missing_keys"] and not found["unexpected_keys"]
    given = make(33)
    with torch.no_grad():
        assert torch.equal(again(**given).logits, theirs(**given).logits)
        ours_again = longt5.LongT5ForConditionalGeneration.from_pretrained(tmp_path / "ours")
        assert torch.equal(ours_again(**given).logits, ours(**given).logits)
    assert ours_again.config == ours.config


@pytest.mark.parametrize("flag", (True, False))
def test_an_output_matrix_of_its_own_is_used(tmp_path: Path, flag: bool) -> None:
    """Fine-tuned checkpoints hold one; `tie_word_embeddings` tells only whether the output is scaled."""
    torch.manual_seed(1)
    config = transformers.LongT5Config(**SIZES, tie_word_embeddings=flag)
    theirs = strengthen(transformers.LongT5ForConditionalGeneration(config))
    theirs.lm_head = torch.nn.Linear(32, 99, bias=False)
    theirs.config.tie_word_embeddings = False
    theirs.save_pretrained(tmp_path)
    ours = longt5.LongT5ForConditionalGeneration.from_pretrained(tmp_path)
    assert ours.config.own_head and ours.config.scale_output is flag
    given = make(33)
    with torch.no_grad():
        assert difference(ours(**given).logits, theirs(**given).logits) <= TOLERANCE


def test_embeddings_may_stand_under_another_name(tmp_path: Path) -> None:
    """Old conversions store the encoder's and the decoder's copy, and no `shared`."""
    from safetensors.torch import load_file, save_file

    _, ours = build(tmp_path)
    file = tmp_path / "model.safetensors"
    stored = load_file(file)
    stored["encoder.embed_tokens.weight"] = stored.pop("shared.weight")
    stored["decoder.embed_tokens.weight"] = stored["encoder.embed_tokens.weight"].clone()
    stored["decoder.block.0.layer.1.EncDecAttention.relative_attention_bias.weight"] = torch.zeros(8, 3)
    save_file(stored, file)
    again = longt5.LongT5ForConditionalGeneration.from_pretrained(tmp_path)
    assert torch.equal(again.lm_head.weight, ours.shared.weight)
    stored["decoder.embed_tokens.weight"] += 1
    save_file(stored, file)
    with pytest.raises(UnsupportedModel, match="differs"):
        longt5.LongT5ForConditionalGeneration.from_pretrained(tmp_path)


def test_loading_is_loud(tmp_path: Path) -> None:
    from safetensors.torch import load_file, save_file

    build(tmp_path)
    file = tmp_path / "model.safetensors"
    stored = load_file(file)
    name = "encoder.block.1.layer.0.TransientGlobalSelfAttention.global_input_layer_norm.weight"
    save_file({key: value for key, value in stored.items() if key != name}, file)
    with pytest.raises(MissingWeights, match="global_input_layer_norm"):
        longt5.LongT5ForConditionalGeneration.from_pretrained(tmp_path)
    save_file(stored | {"encoder.block.9.layer.0.layer_norm.weight": torch.ones(32)}, file)
    with pytest.raises(UnexpectedWeights, match=r"block\.9"):
        longt5.LongT5ForConditionalGeneration.from_pretrained(tmp_path)


@pytest.mark.parametrize("scheme", ("int8", "int4"))
def test_quantized_and_stored(tmp_path: Path, scheme: Any) -> None:
    _, ours = build(tmp_path / "full", d_model=64, d_ff=128, num_heads=8)
    given = make(40)
    with torch.no_grad():
        exact = ours(**given).logits
        quantize_(small := deepcopy(ours), scheme, least=1)
        coarse = small(**given).logits
    assert 0 < float((coarse - exact).norm() / exact.norm()) < (0.1 if scheme == "int8" else 0.8)
    small.save_pretrained(tmp_path / "small")
    with torch.no_grad():
        again = longt5.LongT5ForConditionalGeneration.from_pretrained(tmp_path / "small")(**given).logits
    assert difference(again, coarse) <= TOLERANCE


# ------------------------------------------------------------- half precision


@pytest.mark.parametrize("dtype", (torch.float16, torch.bfloat16))
@pytest.mark.parametrize("variant", ("transient-global", "local"))
def test_half_precision_with_padding_stays_finite(tmp_path: Path, variant: str, dtype: torch.dtype) -> None:
    """transformers gives NaN on real tokens in float16 with a padded batch."""
    _, ours = build(tmp_path, **VARIANTS[variant])
    exact, half = ours, deepcopy(ours).to(dtype)
    for length in (3, 40, 200):
        given = make(length)
        with torch.no_grad():
            coarse = half(**given).logits
            assert coarse.dtype == dtype and torch.isfinite(coarse).all()
            wanted = exact(**given).logits
            assert float((coarse.float() - wanted).norm() / wanted.norm()) < 0.3
        states = half.encode(given["input_ids"], given["attention_mask"].bool()).last_hidden_state
        state = half.start(states, given["attention_mask"].bool(), max_length=4)
        assert torch.isfinite(half.step(torch.zeros(3, dtype=torch.long), state)).all()


def test_float16_overflow_is_limited(tmp_path: Path) -> None:
    _, ours = build(tmp_path)
    with torch.no_grad():
        for layer in (*ours.encoder.layers, *ours.decoder.layers):
            layer.feed_forward.narrow.weight *= 3e4
        assert torch.isfinite(ours.half()(**make(40)).logits).all()


# ------------------------------------------------------------- stopping


def test_stops_between_chunks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _, ours = build(tmp_path)
    monkeypatch.setattr(blocks, "CHUNK", 14)
    ids, valid = torch.full((1, 60), 7), torch.ones(1, 60, dtype=torch.bool)
    calls: list[int] = []
    ours.encode(ids, valid, between_layers=lambda: calls.append(1))
    assert len(calls) == 2 * 3 * 5  # layers x (keys, values, rows) x chunks

    def stop() -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        ours.encode(ids, valid, between_layers=stop)


# ------------------------------------------------------------- mutants


def zero_side_bias(ours: Any, patch: pytest.MonkeyPatch) -> None:
    torch.nn.init.zeros_(ours.encoder.side_relative_bias.weight)


def no_side_tokens(ours: Any, patch: pytest.MonkeyPatch) -> None:
    patch.setattr(longt5, "place_global", lambda valid, block: torch.full(valid.shape, -1))


def mean_of_blocks(ours: Any, patch: pytest.MonkeyPatch) -> None:
    """A norm hides the size of a sum, but not that a smaller one weighs its epsilon; so spoil the sum."""
    patch.setattr(blocks, "sum_blocks", lambda states, marks: states[:, : marks.n_side])


def orphans_in_a_block_of_their_own(ours: Any, patch: pytest.MonkeyPatch) -> None:
    def place(valid: Tensor, block: int) -> Tensor:
        n_side = valid.shape[1] // block
        return (torch.arange(valid.shape[1]) // block).clamp(max=n_side - 1).where(valid, -1)

    patch.setattr(longt5, "place_global", place)


def blocks_counted_among_real_tokens(ours: Any, patch: pytest.MonkeyPatch) -> None:
    def place(valid: Tensor, block: int) -> Tensor:
        position = valid.long().cumsum(-1) - 1
        n_full = valid.sum(-1, keepdim=True) // block
        return torch.minimum(position // block, n_full - 1).masked_fill(~valid, -1)

    patch.setattr(longt5, "place_global", place)


def wider_window(ours: Any, patch: pytest.MonkeyPatch) -> None:
    change_bias(patch, lambda matrix, size: matrix.masked_fill(offset(size).abs() == size, 0.0))


def narrower_window(ours: Any, patch: pytest.MonkeyPatch) -> None:
    change_bias(patch, lambda matrix, size: matrix.masked_fill(offset(size).abs() == size - 1, blocks.LOW))


def offset(size: int) -> Tensor:
    position = torch.arange(3 * size)
    return position - position[size : 2 * size, None]


def change_bias(patch: pytest.MonkeyPatch, change: Callable[[Tensor, int], Tensor]) -> None:
    build_biases = blocks.build_biases

    def changed(near: Tensor, side: Tensor | None, radius: int, n_side: int) -> blocks.Biases:
        biases = build_biases(near, side, radius, n_side)
        return replace(biases, near=change(biases.near, radius + 1))

    patch.setattr(longt5, "build_biases", changed)


def other_direction(ours: Any, patch: pytest.MonkeyPatch) -> None:
    bucket_of = relative.bucket_of
    patch.setattr(relative, "bucket_of", lambda relative, *rest: bucket_of(-relative, *rest))


def buckets_off_by_one(ours: Any, patch: pytest.MonkeyPatch) -> None:
    bucket_of = relative.bucket_of
    patch.setattr(relative, "bucket_of", lambda relative, *rest: bucket_of(relative + 1, *rest))


def scaled_scores(ours: Any, patch: pytest.MonkeyPatch) -> None:
    for layer in ours.encoder.layers:
        layer.attention.query.weight.data *= 8**-0.5


def scaled_scores_of_the_decoder(ours: Any, patch: pytest.MonkeyPatch) -> None:
    for layer in ours.decoder.layers:
        layer.attention.query.weight.data *= 8**-0.5


def output_not_scaled(ours: Any, patch: pytest.MonkeyPatch) -> None:
    ours.config = replace(ours.config, scale_output=not ours.config.scale_output)


def forget_padding(ours: Any, patch: pytest.MonkeyPatch) -> None:
    patch.setattr(longt5, "mark", lambda valid, ids, n_side: blocks.mark(valid | True, ids, n_side))


def forget_padding_across(ours: Any, patch: pytest.MonkeyPatch) -> None:
    decode = ours.decode
    ours.decode = lambda ids, own, states, valid, **rest: decode(ids, own, states, valid | True, **rest)


def other_activation(ours: Any, patch: pytest.MonkeyPatch) -> None:
    for layer in (*ours.encoder.layers, *ours.decoder.layers):
        layer.feed_forward.activation = longt5.ACTIVATIONS["silu"]


def norm_subtracts_a_mean(ours: Any, patch: pytest.MonkeyPatch) -> None:
    norm = longt5.RMSNorm.forward
    patch.setattr(longt5.RMSNorm, "forward", lambda self, states: norm(self, states - states.mean(-1, True)))


def side_norm_of_another_layer(ours: Any, patch: pytest.MonkeyPatch) -> None:
    first, second = (layer.attention for layer in ours.encoder.layers)
    second.side_norm = first.side_norm


MUTANTS = (
    zero_side_bias, no_side_tokens, mean_of_blocks, orphans_in_a_block_of_their_own,
    blocks_counted_among_real_tokens, wider_window, narrower_window, other_direction, buckets_off_by_one,
    scaled_scores, scaled_scores_of_the_decoder, output_not_scaled, forget_padding, forget_padding_across,
    other_activation, norm_subtracts_a_mean, side_norm_of_another_layer,
)


@pytest.fixture(scope="module")
def strong(tmp_path_factory: pytest.TempPathFactory) -> tuple[Any, Any]:
    return build(tmp_path_factory.mktemp("strong"))


@pytest.mark.parametrize("mutate", MUTANTS, ids=lambda mutate: mutate.__name__)
def test_a_mistake_would_be_seen(
    strong: tuple[Any, Any], mutate: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    theirs, ours = strong[0], deepcopy(strong[1])
    given = make(63)
    with torch.no_grad():
        wanted = theirs(**given).logits
        assert difference(ours(**given).logits, wanted) <= TOLERANCE
        mutate(ours, monkeypatch)
        assert difference(ours(**given).logits, wanted) >= 100 * TOLERANCE


def test_even_the_other_gelu_would_be_seen(strong: tuple[Any, Any]) -> None:
    """Its two forms differ by less than 5e-4, so this mistake is smaller than the others."""
    theirs, ours = strong[0], deepcopy(strong[1])
    for layer in (*ours.encoder.layers, *ours.decoder.layers):
        layer.feed_forward.activation = longt5.ACTIVATIONS["gelu"]
    given = make(63)
    with torch.no_grad():
        assert difference(ours(**given).logits, theirs(**given).logits) >= 5 * TOLERANCE

"""LongT5 equals transformers' on strong random weights, and would not if it were wrong.

transformers' own tests draw weights so small that leaving out the side tokens changes nothing. Here
the initialisation is the model's real one, norms and position biases are drawn large, and the
mutants (test_longt5_mutants.py) prove that each piece matters.
"""

from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
import torch
import transformers

from engine.attention import blocks
from engine.errors import MissingWeights, UnexpectedWeights, UnsupportedModel
from engine.models import longt5
from engine.weights.quantize import quantize_
from tests.engine.models.longt5_oracle import (
    LENGTHS,
    PAD,
    SIZES,
    TOLERANCE,
    VARIANTS,
    assert_all_same,
    build,
    difference,
    make,
    strengthen,
)

pytestmark = pytest.mark.parity

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


# ------------------------------------------------------------- blocks


@pytest.mark.parametrize("block", (1, 2, 3, 5, 7, 10, 16, 17))
def test_blocks_are_counted_as_published(block: int) -> None:
    """With holes, orphans, and the rounding of sums of 1 / block, which shows in long inputs."""
    from transformers.models.longt5.modeling_longt5 import _make_global_fixed_block_ids

    torch.manual_seed(block)
    for length in (1, block, 2 * block + 1, 100, 6000):
        masks = torch.ones(4, length, dtype=torch.long)
        masks[1] = (torch.rand(length) > 0.3).long()
        masks[2, length // 2 :] = 0
        masks[3] = 0
        ids, segments = _make_global_fixed_block_ids(masks, block)
        ours = longt5.place_global(masks.bool(), block)
        assert torch.equal(ours, ids.long().where(masks.bool(), -1)), length
        marks = blocks.mark(masks.bool(), ours, length // block)
        assert torch.equal(marks.present.int(), segments)

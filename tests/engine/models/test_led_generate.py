"""LED writes the ids that transformers' generate writes, with the defaults its checkpoints carry."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
import transformers

from engine.decode.generate import generate
from engine.decode.options import read_options
from engine.models import led

pytestmark = pytest.mark.parity

EOS, PAD = 2, 1
PUBLISHED: dict[str, dict[str, Any]] = {
    "greedy": {},
    "beams": {"num_beams": 4},
    "as for arXiv": {
        "num_beams": 4, "no_repeat_ngram_size": 3, "length_penalty": 2.0, "early_stopping": True,
        "min_length": 6,
    },
    "as for books": {
        "num_beams": 2, "no_repeat_ngram_size": 3, "encoder_no_repeat_ngram_size": 3,
        "repetition_penalty": 3.5, "length_penalty": 0.8,
    },
}


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> tuple[Any, Any, Path]:
    torch.manual_seed(3)
    config = transformers.LEDConfig(
        vocab_size=60, d_model=32, encoder_layers=2, decoder_layers=2, encoder_attention_heads=4,
        decoder_attention_heads=4, encoder_ffn_dim=40, decoder_ffn_dim=40, attention_window=[4, 8],
        max_encoder_position_embeddings=400, max_decoder_position_embeddings=60, init_std=0.5,
    )
    theirs = transformers.LEDForConditionalGeneration(config).eval()
    with torch.no_grad():
        for name, parameter in theirs.named_parameters():
            if "norm" in name or name.endswith("bias"):
                torch.nn.init.normal_(parameter, mean=float("weight" in name), std=0.3)
            if "decoder.embed_positions" in name or "encoder_attn.v_proj" in name:
                parameter *= 2  # so that outputs go on changing, and depend on the document
        theirs.led.shared.weight *= 0.4
        theirs.final_logits_bias[0, EOS] = 3.0  # so that outputs end now and then
    directory = tmp_path_factory.mktemp("led")
    theirs.save_pretrained(directory)
    return theirs, led.LEDForConditionalGeneration.from_pretrained(directory), directory


@pytest.mark.parametrize("kind", PUBLISHED)
def test_ids_equal(pair: tuple[Any, Any, Path], kind: str) -> None:
    theirs, ours, directory = pair
    torch.manual_seed(5)
    ids = torch.randint(3, 60, (5, 170))
    mask = torch.ones_like(ids)
    for row in range(5):
        mask[row, 170 - 35 * row :] = 0 if row else 1
    ids = ids.masked_fill(mask == 0, PAD)
    is_global = led.place_global(ids)
    given = {"input_ids": ids, "attention_mask": mask, "global_attention_mask": is_global.long()}
    written = theirs.generate(**given, max_new_tokens=18, do_sample=False, **PUBLISHED[kind]).tolist()
    wanted = tuple(tuple(row[: row.index(EOS, 1) + 1] if EOS in row[1:] else row) for row in written)

    published = dict(PUBLISHED[kind])
    options = replace(
        read_options(directory), max_new_tokens=18, n_beams=published.pop("num_beams", 1), **published
    )
    assert options.start_id == EOS and options.pad_id == PAD
    assert generate(ours, ids, mask > 0, options, is_global).ids == wanted
    assert len(set(wanted)) > 1, "every row wrote the same: this test would see no mistake"
    assert generate(ours, ids, mask > 0, options, torch.zeros_like(is_global)).ids != wanted

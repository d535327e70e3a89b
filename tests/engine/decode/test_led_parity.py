"""LED writes the ids that transformers.generate writes: it starts with the token that also ends."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
import transformers
from torch import Tensor

from engine.decode.generate import generate
from engine.decode.options import read_options
from engine.models import led

pytestmark = pytest.mark.parity

VOCAB, BOS, PAD, EOS = 40, 0, 1, 2
OPTIONS: tuple[dict[str, Any], ...] = (
    dict(num_beams=1),
    dict(num_beams=4),
    dict(num_beams=4, early_stopping=True, length_penalty=2.0, no_repeat_ngram_size=3, min_length=6),
    dict(num_beams=3, early_stopping="never", length_penalty=0.5, repetition_penalty=1.5,
         encoder_no_repeat_ngram_size=2),
    dict(num_beams=1, repetition_penalty=3.5, no_repeat_ngram_size=2, forced_bos_token_id=BOS),
)


@pytest.fixture(scope="module")
def directory(tmp_path_factory: pytest.TempPathFactory) -> Path:
    torch.manual_seed(5)
    config = transformers.LEDConfig(
        vocab_size=VOCAB, d_model=32, encoder_layers=2, decoder_layers=2, encoder_attention_heads=4,
        decoder_attention_heads=4, encoder_ffn_dim=37, decoder_ffn_dim=37, attention_window=8,
        max_encoder_position_embeddings=200, max_decoder_position_embeddings=64, init_std=0.5,
    )
    theirs = transformers.LEDForConditionalGeneration(config)
    for name, parameter in theirs.named_parameters():
        if "norm" in name or name.endswith("bias"):
            torch.nn.init.normal_(parameter, mean=float("weight" in name), std=0.3)
        if "encoder_attn.v" in name or "encoder_attn.out" in name:
            parameter.data *= 2
    torch.nn.init.normal_(theirs.final_logits_bias, std=2.0)
    path = tmp_path_factory.mktemp("led")
    theirs.save_pretrained(path)
    return path


def documents() -> tuple[Tensor, Tensor, Tensor]:
    torch.manual_seed(0)
    ids = torch.randint(3, VOCAB, (4, 45)) % 20 + 3
    mask = (torch.arange(45) < torch.tensor([[45], [30], [44], [7]])).long()
    chosen = torch.zeros_like(mask)
    chosen[:, 0] = 1
    return ids.masked_fill(mask == 0, PAD), mask, chosen


@pytest.mark.parametrize("options", OPTIONS, ids=str)
def test_ids_equal(directory: Path, options: dict[str, Any]) -> None:
    theirs = transformers.LEDForConditionalGeneration.from_pretrained(directory).eval()
    ids, mask, chosen = documents()
    published = theirs.generate(
        input_ids=ids, attention_mask=mask, global_attention_mask=chosen, max_new_tokens=16, **options
    ).tolist()
    wanted = [row[: row.index(EOS, 1) + 1] if EOS in row[1:] else row for row in published]
    ours = led.LEDForConditionalGeneration.from_pretrained(directory)
    names = {"num_beams": "n_beams", "forced_bos_token_id": "forced_bos_id"}
    chosen_options = {names.get(name, name): value for name, value in options.items()}
    ours_options = replace(read_options(directory), max_new_tokens=16, **chosen_options)
    written = generate(ours, ids, mask.bool(), ours_options, chosen.bool())
    assert [list(row) for row in written.ids] == wanted
    assert len({tuple(row) for row in wanted}) > 1
    assert all(row[0] == EOS for row in wanted)


def test_the_placement_of_global_attention_matters(directory: Path) -> None:
    ours = led.LEDForConditionalGeneration.from_pretrained(directory)
    ids, mask, chosen = documents()
    options = replace(read_options(directory), max_new_tokens=16)
    with_first, without = (generate(ours, ids, mask.bool(), options, one) for one in (chosen.bool(), None))
    assert with_first.ids != without.ids


def test_sources_are_the_looks_at_the_document(directory: Path) -> None:
    ours = led.LEDForConditionalGeneration.from_pretrained(directory)
    ids, mask, chosen = documents()
    options = replace(read_options(directory), max_new_tokens=5)
    written = generate(ours, ids[:1], mask[:1].bool(), options, chosen[:1].bool(), want_sources=True)
    with torch.no_grad():
        seen = ours(
            ids[:1], mask[:1], torch.tensor([written.ids[0][:-1]]), global_attention_mask=chosen[:1],
            output_attentions=True,
        )
    wanted = torch.stack([layer[0].mean(0) for layer in seen.cross_attentions]).mean(0)
    assert torch.allclose(written.sources[0], wanted, atol=1e-5)

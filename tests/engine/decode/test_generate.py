"""Decoding, without an outside truth: streaming, stopping, options and what they are read from."""

import json
from dataclasses import FrozenInstanceError, replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
import torch

from engine.decode.generate import generate
from engine.decode.options import GenerationOptions, parse_options, read_options
from engine.errors import Cancelled, CheckpointError
from engine.models.longt5 import LongT5Config, LongT5ForConditionalGeneration

OPTIONS = GenerationOptions(start_id=0, eos_ids=(1,), pad_id=0, max_new_tokens=6)


@pytest.fixture(scope="module")
def model() -> LongT5ForConditionalGeneration:
    torch.manual_seed(0)
    config = LongT5Config(
        vocab_size=30, width=16, n_heads=2, head_width=8, feed_forward_width=20, n_encoder_layers=2,
        n_decoder_layers=2, radius=7, block=4, own_head=True,
    )
    return LongT5ForConditionalGeneration(config).eval()


def documents() -> tuple[torch.Tensor, torch.Tensor]:
    torch.manual_seed(1)
    return torch.randint(2, 30, (2, 40)), torch.ones(2, 40, dtype=torch.bool)


def test_tokens_are_told_as_they_come(model: Any) -> None:
    told: list[tuple[tuple[int, ...], ...]] = []
    written = generate(model, *documents(), OPTIONS, on_tokens=told.append)
    for row in range(2):
        growing = [step[row] for step in told]
        assert growing[-1] == written.ids[row]
        assert all(later[: len(earlier)] == earlier for earlier, later in pairwise(growing))
    beams: list[Any] = []
    generate(model, *documents(), replace(OPTIONS, n_beams=3), on_tokens=beams.append)
    assert [len(step[0]) for step in beams] == list(range(2, len(beams) + 2))


def test_the_other_beams_are_told_best_first(model: Any) -> None:
    written = generate(model, *documents(), replace(OPTIONS, n_beams=4))
    for best, others in zip(written.ids, written.others, strict=True):
        assert len(others) == 3 and best not in others
        assert len({best, *others}) == 4, "each is another output"
    scored = [_score(model, row, written.others[row]) for row in range(2)]
    assert all(sorted(scores, reverse=True) == scores for scores in scored)
    assert generate(model, *documents(), OPTIONS).others == ((), ())


@torch.no_grad()
def _score(model: Any, row: int, outputs: tuple[tuple[int, ...], ...]) -> list[float]:
    """Log-probability over length, computed by feeding each output."""
    ids, valid = (values[row : row + 1] for values in documents())
    found = []
    for output in outputs:
        states = model.encode(ids, valid).last_hidden_state
        state = model.start(states, valid, n_beams=1, max_length=len(output))
        total = 0.0
        for token, following in pairwise(output):
            logits = model.step(torch.tensor([token]), state).float()
            total += float(torch.log_softmax(logits, -1)[0, following])
        found.append(total / (len(output) - 1) ** OPTIONS.length_penalty)
    return found


@pytest.mark.parametrize("n_beams", (1, 3))
def test_the_same_again(model: Any, n_beams: int) -> None:
    options = replace(OPTIONS, n_beams=n_beams)
    assert generate(model, *documents(), options) == generate(model, *documents(), options)


def test_cancelled_at_any_time(model: Any) -> None:
    asked: list[int] = []

    def count() -> bool:
        asked.append(1)
        return False

    generate(model, *documents(), OPTIONS, cancelled=count)
    assert len(asked) > 2 * 3 + 6  # two layers of three passes, and every token
    for last in range(len(asked)):
        left = iter([False] * last + [True])
        with pytest.raises(Cancelled):
            generate(model, *documents(), OPTIONS, cancelled=lambda left=left: next(left))


def test_options_are_frozen_and_checked() -> None:
    with pytest.raises(FrozenInstanceError):
        OPTIONS.n_beams = 2  # type: ignore[misc]
    assert (OPTIONS.total_length, OPTIONS.least_length) == (7, 0)
    assert replace(OPTIONS, max_new_tokens=None).total_length == 21
    assert replace(OPTIONS, max_new_tokens=None, max_length=9).total_length == 9
    assert replace(OPTIONS, min_length=5, min_new_tokens=3).least_length == 4
    for wrong in (
        dict(n_beams=0), dict(max_new_tokens=0), dict(repetition_penalty=0.0), dict(no_repeat_ngram_size=-1),
        dict(bad_words=((),)), dict(min_length=-1),
    ):
        with pytest.raises(ValueError, match=r"beam|penalty|count|bad word"):
            replace(OPTIONS, **wrong)


CONFIG = {"vocab_size": 50, "decoder_start_token_id": 0, "eos_token_id": 1, "pad_token_id": 0, "num_beams": 7}


def write(directory: Path, name: str, values: dict[str, Any]) -> None:
    (directory / name).write_text(json.dumps(values))


def test_old_checkpoints_keep_their_options_in_config_json(tmp_path: Path) -> None:
    write(tmp_path, "config.json", CONFIG | {
        "max_length": 512, "min_length": 8, "no_repeat_ngram_size": 3, "encoder_no_repeat_ngram_size": 4,
        "repetition_penalty": 3.5, "length_penalty": -0.8, "early_stopping": True, "do_sample": True,
        "bad_words_ids": [[3], [4, 5]], "suppress_tokens": [6], "forced_eos_token_id": 1,
        "max_new_tokens": None,
    })
    assert read_options(tmp_path) == GenerationOptions(
        start_id=0, eos_ids=(1,), pad_id=0, n_beams=7, max_length=512, min_length=8, no_repeat_ngram_size=3,
        encoder_no_repeat_ngram_size=4, repetition_penalty=3.5, length_penalty=-0.8, early_stopping=True,
        bad_words=((3,), (4, 5)), suppress=(6,), forced_eos_ids=(1,),
    )


def test_new_ones_in_a_file_of_their_own_that_wins(tmp_path: Path) -> None:
    write(tmp_path, "config.json", CONFIG)
    write(tmp_path, "generation_config.json", {"eos_token_id": [1, 2], "early_stopping": "never"})
    options = read_options(tmp_path)
    assert options.n_beams == 1 and options.eos_ids == (1, 2) and options.early_stopping == "never"
    assert (options.start_id, options.pad_id) == (0, 0)  # what it lacks


def test_what_means_nothing_is_no_reason_to_refuse() -> None:
    nothing = {"num_beam_groups": 1, "diversity_penalty": 0.0, "sequence_bias": None, "guidance_scale": 1.0}
    assert parse_options(nothing, CONFIG) == parse_options({}, CONFIG)


def test_start_and_padding_may_be_implied() -> None:
    options = parse_options({}, {"vocab_size": 9, "bos_token_id": 3, "eos_token_id": 4})
    assert (options.start_id, options.pad_id) == (3, 4)


WRONG: tuple[dict[str, Any], ...] = (
    {"num_beams": 0}, {"num_beams": "4"}, {"max_length": 10**9}, {"eos_token_id": 50}, {"eos_token_id": "1"},
    {"early_stopping": "perhaps"}, {"length_penalty": "long"}, {"bad_words_ids": 3}, {"bad_words_ids": [[]]},
    {"suppress_tokens": [99]}, {"repetition_penalty": -1}, {"decoder_start_token_id": None},
    {"max_length": 1}, {"length_penalty": True}, {"num_beam_groups": 2}, {"diversity_penalty": 0.5},
    {"sequence_bias": [[[1], 2.0]]}, {"repetition_penalty": 0},
)


@pytest.mark.parametrize("wrong", WRONG, ids=str)
def test_wrong_defaults_are_refused(tmp_path: Path, wrong: dict[str, Any]) -> None:
    write(tmp_path, "config.json", CONFIG | wrong)
    with pytest.raises(CheckpointError):
        read_options(tmp_path)


def test_sources_are_the_looks_at_the_document(model: Any) -> None:
    ids, valid = documents()
    valid[1, 30:] = False
    written = generate(model, ids, valid, replace(OPTIONS, n_beams=2), want_sources=True)
    assert generate(model, ids, valid, OPTIONS).sources == ()
    for row, (output, source) in enumerate(zip(written.ids, written.sources, strict=True)):
        with torch.no_grad():
            given = ids[row : row + 1], valid[row : row + 1].long(), torch.tensor([output[:-1]])
            seen = model(*given, output_attentions=True)
        wanted = torch.stack([layer[0].mean(0) for layer in seen.cross_attentions]).mean(0)
        assert source.shape == (len(output) - 1, 40)
        assert torch.allclose(source, wanted, atol=1e-5)
        assert torch.allclose(source.sum(1), torch.ones(len(source)), atol=1e-5)
    assert not written.sources[1][:, 30:].any()

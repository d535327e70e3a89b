"""Ids equal those of transformers.generate: beams, processors, stopping, batches, both families.

Weights are strong (see tests/engine/models), so that outputs differ from row to row and end at
different lengths; the first test holds that they do.
"""

import itertools
from dataclasses import replace
from typing import Any

import pytest
import torch
import transformers
from torch import Tensor

from engine.decode.generate import generate
from engine.decode.options import GenerationOptions
from engine.models import longt5

pytestmark = pytest.mark.parity

VOCAB, PAD, EOS = 40, 0, 1
SIZES: dict[str, Any] = dict(
    vocab_size=VOCAB, d_model=32, d_kv=8, d_ff=37, num_layers=2, num_decoder_layers=2, num_heads=4,
    local_radius=7, global_block_size=4, relative_attention_num_buckets=8, relative_attention_max_distance=20,
    feed_forward_proj="gated-gelu", encoder_attention_type="transient-global", decoder_start_token_id=PAD,
    tie_word_embeddings=True, initializer_factor=1.0,
)
BASE = GenerationOptions(start_id=PAD, eos_ids=(EOS,), pad_id=PAD, max_new_tokens=14)


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> tuple[Any, Any]:
    torch.manual_seed(16)
    theirs = transformers.LongT5ForConditionalGeneration(transformers.LongT5Config(**SIZES)).eval()
    for name, parameter in theirs.named_parameters():
        if "norm" in name:
            torch.nn.init.normal_(parameter, mean=1.0, std=0.5)
        if "relative" in name:
            torch.nn.init.normal_(parameter, std=1.0)
        if "EncDecAttention.v" in name or "EncDecAttention.o" in name:
            parameter.data *= 3  # so that outputs depend on the document
    head = torch.nn.Linear(32, VOCAB, bias=False)  # its own: a tied one repeats what it reads
    torch.nn.init.normal_(head.weight, std=0.3)
    with torch.no_grad():
        head.weight[EOS] *= 1.3  # so that outputs end now and then
    theirs.lm_head, theirs.config.tie_word_embeddings = head, False
    directory = tmp_path_factory.mktemp("model")
    theirs.save_pretrained(directory)
    return theirs, longt5.LongT5ForConditionalGeneration.from_pretrained(directory)


def documents(n_rows: int = 5, length: int = 37) -> tuple[Tensor, Tensor]:
    """Ids and attention mask of unequal rows."""
    torch.manual_seed(n_rows * length)
    ids = torch.randint(2, VOCAB, (n_rows, length)) % 20 + 2
    mask = torch.ones_like(ids)
    for row in range(n_rows):
        mask[row, length - 6 * row :] = 0 if row else 1
    return ids.masked_fill(mask == 0, PAD), mask


NAMES = {
    "n_beams": "num_beams", "bad_words": "bad_words_ids", "suppress": "suppress_tokens",
    "begin_suppress": "begin_suppress_tokens", "forced_bos_id": "forced_bos_token_id",
    "forced_eos_ids": "forced_eos_token_id", "renormalize": "renormalize_logits",
}


def expected(theirs: Any, ids: Tensor, mask: Tensor, **options: Any) -> list[list[int]]:
    """What transformers writes, without the filler after the end."""
    published: dict[str, Any] = {"max_new_tokens": 14, "do_sample": False}
    for name, value in options.items():
        published[NAMES.get(name, name)] = [list(v) for v in value] if name == "bad_words" else value
        if name in ("suppress", "begin_suppress", "forced_eos_ids"):
            published[NAMES[name]] = list(value)
    written = theirs.generate(input_ids=ids, attention_mask=mask, **published).tolist()
    return [row[: row.index(EOS, 1) + 1] if EOS in row[1:] else row for row in written]


def ours_of(model: Any, ids: Tensor, mask: Tensor, **options: Any) -> list[list[int]]:
    return [list(row) for row in generate(model, ids, mask.bool(), replace(BASE, **options)).ids]


def test_the_model_has_power(pair: tuple[Any, Any]) -> None:
    theirs, _ = pair
    greedy = expected(theirs, *documents())
    beams = expected(theirs, *documents(), n_beams=4)
    assert len({tuple(row) for row in greedy}) == 5
    assert len({len(row) for row in greedy + beams}) > 2
    assert greedy != beams
    for name, options in PROCESSORS.items():
        changed = [
            expected(theirs, *documents(), n_beams=n, **options)
            != expected(theirs, *documents(), n_beams=n) for n in (1, 4)
        ]
        assert any(changed), f"{name} changes nothing"


PROCESSORS: dict[str, dict[str, Any]] = {
    "repetition": dict(repetition_penalty=2.5),
    "less repetition than none": dict(repetition_penalty=0.7),
    "tokens of the document": dict(encoder_repetition_penalty=1.8),
    "renormalised": dict(repetition_penalty=2.5, suppress=(2, 3, 4, 5), renormalize=True),
    "no bigram twice": dict(no_repeat_ngram_size=2),
    "no token twice": dict(no_repeat_ngram_size=1),
    "no bigram of the source": dict(encoder_no_repeat_ngram_size=2),
    "no token of the source": dict(encoder_no_repeat_ngram_size=1),
    "least length": dict(min_length=9),
    "least new tokens": dict(min_new_tokens=9),
    "forced first": dict(forced_bos_id=7),
    "forced last": dict(forced_eos_ids=(EOS,)),
    "bad words": dict(bad_words=((9,), (EOS,), (11, 12), (0, 5, 17), *((i,) for i in range(20, 30)))),
    "suppressed": dict(suppress=tuple(range(2, 20))),
    "suppressed at first": dict(begin_suppress=tuple(range(1, 25))),
    "suppressed after a forced first": dict(forced_bos_id=7, begin_suppress=tuple(range(1, 25))),
    "a checkpoint for books": dict(
        repetition_penalty=3.5, no_repeat_ngram_size=3, encoder_no_repeat_ngram_size=4, min_length=8,
        length_penalty=0.8, early_stopping=True,
    ),
    "everything": dict(
        repetition_penalty=1.3, no_repeat_ngram_size=3, encoder_no_repeat_ngram_size=3, min_length=5,
        forced_bos_id=6, forced_eos_ids=(EOS,), bad_words=((9,), (11, 12)), suppress=(13,),
        begin_suppress=(14,), length_penalty=2.0, early_stopping=True,
    ),
}


@pytest.mark.parametrize("n_beams", (1, 4))
@pytest.mark.parametrize("name", PROCESSORS)
def test_processors(pair: tuple[Any, Any], name: str, n_beams: int) -> None:
    theirs, ours = pair
    options = PROCESSORS[name] | {"n_beams": n_beams}
    if n_beams == 1:
        options = {k: v for k, v in options.items() if k not in ("length_penalty", "early_stopping")}
    assert ours_of(ours, *documents(), **options) == expected(theirs, *documents(), **options)


STOPPING = [
    (early, penalty, 2 + 3 * (at % 2))
    for at, (early, penalty) in enumerate(itertools.product((True, False, "never"), (-1.0, 0.0, 0.8, 2.0)))
]


@pytest.mark.parametrize("early_stopping, length_penalty, n_beams", STOPPING)
def test_stopping(pair: tuple[Any, Any], early_stopping: Any, length_penalty: float, n_beams: int) -> None:
    theirs, ours = pair
    for length, new in ((37, 14), (12, 22), (3, 1)):
        options = dict(
            n_beams=n_beams, early_stopping=early_stopping, length_penalty=length_penalty, max_new_tokens=new
        )
        given = documents(4, length) if length > 20 else documents(1, length)
        assert ours_of(ours, *given, **options) == expected(theirs, *given, **options)


def test_scores_equal(pair: tuple[Any, Any]) -> None:
    theirs, ours = pair
    ids, mask = documents()
    theirs_out = theirs.generate(
        input_ids=ids, attention_mask=mask, max_new_tokens=14, num_beams=4, length_penalty=0.7,
        output_scores=True, return_dict_in_generate=True,
    )
    got = generate(ours, ids, mask.bool(), replace(BASE, n_beams=4, length_penalty=0.7)).scores
    assert torch.allclose(torch.tensor(got), theirs_out.sequences_scores, atol=1e-4)


@pytest.mark.filterwarnings("ignore:Using the model-agnostic default")
@pytest.mark.parametrize("n_beams", (1, 3))
def test_defaults_are_those_of_transformers(pair: tuple[Any, Any], n_beams: int) -> None:
    """Without any length, 20 new tokens."""
    theirs, ours = pair
    options = GenerationOptions(start_id=PAD, eos_ids=(EOS,), pad_id=PAD, n_beams=n_beams)
    ids, mask = documents()
    written = [list(row) for row in generate(ours, ids, mask.bool(), options).ids]
    assert written == expected(theirs, ids, mask, n_beams=n_beams, max_new_tokens=None)


@pytest.mark.parametrize("n_beams", (1, 3))
def test_two_ends(pair: tuple[Any, Any], n_beams: int) -> None:
    theirs, ours = pair
    ids, mask = documents()
    published = theirs.generate(
        input_ids=ids, attention_mask=mask, max_new_tokens=14, num_beams=n_beams, eos_token_id=[EOS, 5, 30]
    ).tolist()
    options = replace(BASE, eos_ids=(EOS, 5, 30), n_beams=n_beams)
    for row, wanted in zip(generate(ours, ids, mask.bool(), options).ids, published, strict=True):
        assert list(row) == wanted[: len(row)]
        assert set(wanted[len(row) :]) <= {PAD, EOS}
        assert row[-1] in options.eos_ids or len(row) == options.total_length


@pytest.mark.parametrize("n_beams", (1, 4))
def test_a_batch_equals_its_single_runs_whatever_the_padding(pair: tuple[Any, Any], n_beams: int) -> None:
    _, ours = pair
    ids, mask = documents()
    together = ours_of(ours, ids, mask, n_beams=n_beams, no_repeat_ngram_size=3, early_stopping=True)
    for row, length in enumerate(mask.sum(1).tolist()):
        for end in (length, length + 1, 100):
            alone = torch.nn.functional.pad(ids[row : row + 1, :length], (0, end - length), value=PAD)
            seen = (torch.arange(end) < length).long()[None]
            options = dict(n_beams=n_beams, no_repeat_ngram_size=3, early_stopping=True)
            assert ours_of(ours, alone, seen, **options) == [together[row]]


def test_the_cache_changes_nothing(pair: tuple[Any, Any]) -> None:
    """Scores of single steps with the cache equal those of the whole output decoded at once."""
    _, ours = pair
    ids, mask = documents()
    output = torch.randint(0, VOCAB, (5, 30))
    output[:, 0] = PAD
    with torch.no_grad():
        whole = ours(input_ids=ids, attention_mask=mask, decoder_input_ids=output).logits
        states = ours.encode(ids, mask.bool()).last_hidden_state
        state = ours.start(states, mask.bool(), max_length=30)
        steps = torch.stack([ours.step(output[:, at], state) for at in range(30)], 1)
    assert float((steps - whole).abs().max() / whole.abs().max()) <= 1e-5


def test_beams_share_a_document_and_are_reordered(pair: tuple[Any, Any]) -> None:
    _, ours = pair
    ids, mask = documents(2)
    output = torch.randint(0, VOCAB, (6, 9))
    moved = torch.tensor([2, 0, 0, 5, 4, 4])
    with torch.no_grad():
        states = ours.encode(ids, mask.bool()).last_hidden_state
        state = ours.start(states, mask.bool(), n_beams=3, max_length=10)
        for at in range(5):
            ours.step(output[:, at], state)
        state.reorder(moved)
        beams = ours.step(output[:, 5], state)
        alone = ours.start(
            states.repeat_interleave(3, 0), mask.bool().repeat_interleave(3, 0), max_length=10
        )
        for at in range(5):
            ours.step(output[moved, at], alone)
        wanted = ours.step(output[:, 5], alone)
    assert float((beams - wanted).abs().max() / wanted.abs().max()) <= 1e-5
    assert state.source[0].key.shape[0] == 2

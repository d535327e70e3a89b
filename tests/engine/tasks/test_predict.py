"""Each task from a model directory: the same as the model computes, said in words and places."""

import json
from pathlib import Path
from typing import Any

import pytest
import torch
from tokenizers import pre_tokenizers

from engine.errors import Cancelled, CheckpointError, InputTooLong, UnsupportedModel
from engine.models import led, longformer, longt5
from engine.tasks import predict as tasks
from engine.text.tokenizer import Tokenizer, build_byte_level

NAMES = ["<s>", "<pad>", "</s>", "<unk>", *sorted(pre_tokenizers.ByteLevel.alphabet()), "<mask>"]
TEXT = "The crew was kind. The food was cold, and the film was long."


@pytest.fixture(scope="module")
def tokenizer() -> Tokenizer:
    return Tokenizer(build_byte_level({name: number for number, name in enumerate(NAMES)}, []))


def save(directory: Path, tokenizer: Tokenizer, model: Any, **config: Any) -> Path:
    model.save_pretrained(directory)
    tokenizer.save(directory)
    file = directory / "config.json"
    file.write_text(json.dumps(json.loads(file.read_text()) | config))
    return directory


def small_longformer(name: str, **sizes: Any) -> Any:
    torch.manual_seed(3)
    given: dict[str, Any] = dict(
        vocab_size=len(NAMES), width=16, n_heads=2, feed_forward_width=20, radii=(6, 6), max_positions=140,
        init_std=0.4, n_labels=3,
    )
    return getattr(longformer, name)(longformer.LongformerConfig(**(given | sizes))).eval()


def small_led(name: str) -> Any:
    torch.manual_seed(3)
    config = led.LEDConfig(
        vocab_size=len(NAMES), width=16, n_heads=2, n_decoder_heads=2, feed_forward_width=20,
        decoder_feed_forward_width=20, radii=(6, 6), n_decoder_layers=2, max_positions=200,
        max_decoder_positions=130, init_std=0.4, n_labels=2,
    )
    return getattr(led, name)(config).eval()


def test_fill_mask(tmp_path: Path, tokenizer: Tokenizer) -> None:
    model = small_longformer("LongformerForMaskedLM")
    directory = save(tmp_path, tokenizer, model)
    first, second = tasks.fill_mask(directory, "a <mask> b [MASK]c", n_best=4)
    mask = NAMES.index("<mask>")
    a, b, c = (tokenizer.encode(part).ids for part in ("a", " b", "c"))
    ids = [0, *a, mask, *b, mask, *c, 2]
    with torch.no_grad():
        scores = model(torch.tensor([ids])).logits[0].softmax(-1)
    for guesses, at in ((first, 2), (second, 5)):
        wanted = scores[at].topk(4)
        assert [guess.score for guess in guesses] == pytest.approx(wanted.values.tolist(), rel=1e-5)
        words = [tokenizer.decode([one]).strip() for one in wanted.indices.tolist()]
        assert [guess.text for guess in guesses] == words
    with pytest.raises(ValueError, match="no <mask>"):
        tasks.fill_mask(directory, "a b")


@pytest.mark.parametrize(
    "kind, total", [("single_label_classification", 1.0), ("multi_label_classification", None)]
)
def test_classify(tmp_path: Path, tokenizer: Tokenizer, kind: str, total: float | None) -> None:
    model = small_longformer("LongformerForSequenceClassification")
    names = {"0": "praise", "1": "blame", "2": "neither"}
    found = tasks.classify(save(tmp_path, tokenizer, model, id2label=names, problem_type=kind), TEXT)
    with torch.no_grad():
        logits = model(torch.tensor([tokenizer.encode_framed(TEXT).ids])).logits[0]
    scores = logits.softmax(-1) if total else logits.sigmoid()
    assert {one.label: one.score for one in found} == pytest.approx(
        dict(zip(names.values(), scores.tolist(), strict=True)), rel=1e-5
    )
    assert [one.score for one in found] == sorted((one.score for one in found), reverse=True)


def test_classify_with_led_and_with_one_number(tmp_path: Path, tokenizer: Tokenizer) -> None:
    directory = save(tmp_path / "led", tokenizer, small_led("LEDForSequenceClassification"))
    assert len(tasks.classify(directory, TEXT)) == 2
    model = small_longformer("LongformerForSequenceClassification", n_labels=1)
    [number] = tasks.classify(save(tmp_path / "one", tokenizer, model), TEXT)
    with torch.no_grad():
        logits = model(torch.tensor([tokenizer.encode_framed(TEXT).ids])).logits
    assert number.score == pytest.approx(float(logits), rel=1e-4)


def test_tag_joins_tokens_of_one_label(tmp_path: Path, tokenizer: Tokenizer) -> None:
    model = small_longformer("LongformerForTokenClassification")
    directory = save(tmp_path, tokenizer, model, id2label={"0": "O", "1": "B-NAME", "2": "I-NAME"})
    found = tasks.tag(directory, TEXT)
    encoded = tokenizer.encode_framed(TEXT)
    with torch.no_grad():
        best = model(torch.tensor([encoded.ids])).logits[0].argmax(-1).tolist()
    begun = sum(one == 1 for one in best[1:-1])
    assert found and begun <= len(found)
    assert all(one.label == "NAME" and TEXT[one.start : one.end] == one.text for one in found)
    marked = {at for one in found for at in range(one.start, one.end)}
    for (start, end), label, added in zip(encoded.offsets, best, encoded.special, strict=True):
        assert added or label == 0 or set(range(start, end)) <= marked


def test_choose(tmp_path: Path, tokenizer: Tokenizer) -> None:
    model = small_longformer("LongformerForMultipleChoice")
    directory = save(tmp_path, tokenizer, model)
    choices = ["kind", "so very cold", "late"]
    found = tasks.choose(directory, TEXT, choices)
    assert sorted(one.index for one in found) == [0, 1, 2]
    assert all(choices[one.index] == one.text for one in found)
    with torch.no_grad():
        rows = [torch.tensor([[tokenizer.encode_framed(TEXT, one).ids]]) for one in choices]
        logits = [float(model(row).logits) for row in rows]
    assert [one.index for one in found] == sorted(range(3), key=lambda index: -logits[index])
    with pytest.raises(ValueError, match="choice"):
        tasks.choose(directory, TEXT, [])


@pytest.mark.parametrize("family", ("longformer", "led"))
def test_answer_reads_every_window(tmp_path: Path, tokenizer: Tokenizer, family: str) -> None:
    build = small_longformer if family == "longformer" else small_led
    name = "LongformerForQuestionAnswering" if family == "longformer" else "LEDForQuestionAnswering"
    directory = save(tmp_path, tokenizer, build(name))
    text = TEXT * 6
    found = tasks.answer(directory, text, "How was it?")
    assert text[found.start : found.end] == found.text and 0 < found.score <= 1
    windows = tasks._cut(tokenizer, "How was it?", text, 138)
    covered = {at for _, _, offsets in windows for start, end in offsets for at in range(start, end)}
    assert {at for at in range(len(text)) if not text[at].isspace()} <= covered
    assert len(windows) > 3 and all(len(ids) <= 138 for ids, _, _ in windows)
    spelled = {tokenizer.decode([one]): one for one in range(len(NAMES))}
    for ids, inside, offsets in windows:
        letters = [text[start:end] for start, end in offsets]
        assert all(spelled[letter] == one for letter, one in zip(letters, ids[inside], strict=True) if letter)
    with pytest.raises(InputTooLong, match="question"):
        tasks.answer(directory, text, "why " * 40)
    with pytest.raises(InputTooLong, match="question"):
        tasks._cut(tokenizer, "why " * 40, "short", len(tokenizer.encode("why " * 40)) + 2)
    with pytest.raises(ValueError, match="empty"):
        tasks.answer(directory, "", "why")


def test_the_best_span_runs_forward_and_is_short() -> None:
    start, end = torch.full((50,), -9.0), torch.full((50,), -9.0)
    start[20], end[5], end[49], end[25] = 0.0, 0.0, -0.1, -0.5
    score, first, last = tasks._best_span(start, end)
    assert (first, last) == (20, 49) and score == pytest.approx(2.718281828 ** -0.1)
    end = torch.cat((end, torch.zeros(1)))
    _, first, last = tasks._best_span(torch.cat((start, torch.full((1,), -9.0))), end)
    assert last - first < tasks.MOST_ANSWER


def test_summarize_with_led(tmp_path: Path, tokenizer: Tokenizer) -> None:
    directory = save(tmp_path, tokenizer, small_led("LEDForConditionalGeneration"))
    told: list[str] = []
    written = tasks.summarize(directory, TEXT, max_new_tokens=9, n_beams=1, on_text=told.append)
    assert told[-1].strip() == written.text and len(told) == written.n_tokens
    with pytest.raises(Cancelled):
        tasks.summarize(directory, TEXT, cancelled=lambda: True)
    with pytest.raises(InputTooLong, match="130"):
        tasks.summarize(directory, TEXT, max_new_tokens=200)
    with pytest.raises(InputTooLong):
        tasks.summarize(directory, TEXT * 9)


def test_as_plain_values(tmp_path: Path, tokenizer: Tokenizer) -> None:
    directory = save(tmp_path, tokenizer, small_longformer("LongformerForMaskedLM"))
    result = tasks.predict("fill-mask", str(directory), "a <mask>")
    assert json.loads(json.dumps(result)) == result
    assert set(result["results"][0][0]) == {"text", "score"}
    with pytest.raises(ValueError, match="question"):
        tasks.predict("answer", directory, TEXT)
    with pytest.raises(ValueError, match="fill-mask, classify"):
        tasks.predict("translate", directory, TEXT)  # type: ignore[arg-type]


def test_a_model_of_another_family_or_none(tmp_path: Path, tokenizer: Tokenizer) -> None:
    directory = save(tmp_path / "one", tokenizer, small_longformer("LongformerForMaskedLM"))
    with pytest.raises(UnsupportedModel, match="led or longt5"):
        tasks.summarize(directory, TEXT)
    with pytest.raises(CheckpointError):
        tasks.classify(directory, TEXT)  # the head is another
    with pytest.raises(CheckpointError):
        tasks.classify(tmp_path, TEXT)
    config = longt5.LongT5Config(
        vocab_size=9, width=8, n_heads=1, head_width=8, n_encoder_layers=1, n_decoder_layers=1
    )
    longt5.LongT5ForConditionalGeneration(config).save_pretrained(tmp_path / "bare")
    with pytest.raises(CheckpointError, match=r"spiece\.model"):
        tasks.summarize(tmp_path / "bare", TEXT)

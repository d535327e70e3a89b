"""Questions for training and measuring: our own about papers, and pairs for free answers."""

import json
import lzma
from pathlib import Path

import pytest
import torch

from engine.models.led import LEDConfig, LEDForConditionalGeneration
from tests.engine.tasks import tiny_reader as tiny
from training.corpus import Row, rows
from training.graded import sample
from training.ours import ours, parts
from training.replying import make_replies
from training.whole import ASKED, ask_among_others, ask_papers
from training.writers import Limits, placed

KINDS = {"span", "yesno", "absent"}
SPLITS = ("train", "valid", "test")


def asked_in(split: str) -> list[Row]:
    """Our questions to the documents of one split."""
    if split == "train":
        return list(rows(ASKED, "train"))
    return [json.loads(line) for line in (ASKED / f"{split}.jsonl").read_text("utf-8").splitlines()]


@pytest.mark.parametrize("split", SPLITS)
def test_each_of_our_questions_says_what_it_is(split: str) -> None:
    rows = asked_in(split)
    assert len(rows) > 100 and len({(row["document"], row["question"]) for row in rows}) == len(rows)
    for row in rows:
        assert row["split"] == split and row["kind"] in KINDS
        assert bool(row["answers"]) == (row["kind"] != "absent")


def test_no_document_is_both_learned_from_and_fitted_or_measured() -> None:
    learned, fitted, measured = ({row["document"] for row in asked_in(split)} for split in SPLITS)
    assert not learned & fitted and not learned & measured and not fitted & measured


def test_our_questions_are_asked_of_the_whole_document(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = {"source": "s", "split": "test", "document": "d1", "kind": "span"}
    rows = [
        asked | {"question": "How high?", "answers": ["2.5 m"]},
        asked | {"question": "Why?", "answers": []},
    ]
    (tmp_path / "test.jsonl").write_text("\n".join(map(json.dumps, rows)), "utf-8")
    monkeypatch.setattr("training.whole.ASKED", tmp_path)
    write(
        tmp_path / "summ.s.test.jsonl.xz",
        [{"id": "d1", "title": "T", "document": "It is 2.5 m high.\n\nEnd."}],
    )
    found = ask_papers(tmp_path, "test", 10)
    assert sorted(one.answers for one in found) == [(), ("2.5 m",)]
    assert all(one.document.text.endswith("End.") for one in found)


def test_a_passage_is_hidden_among_passages_of_other_articles(tmp_path: Path) -> None:
    contexts = [
        {"id": str(n), "title": f"article {n % 3}", "context": f"Passage {n}. " + "Rivers carry water. " * 30}
        for n in range(12)
    ]
    asked = [
        {"id": f"q{n}", "context_id": str(n), "question": "Which?", "answers": [{"text": f"Passage {n}"}],
         "impossible": n % 2 == 1}
        for n in range(12)
    ]  # fmt: skip
    write(tmp_path / "qa_contexts.squad-dev.jsonl.xz", contexts)
    write(tmp_path / "qa.squad-dev.valid.jsonl.xz", asked)
    found = ask_among_others(tmp_path, "valid", 6, n_words=300)
    assert found == ask_among_others(tmp_path, "valid", 6, n_words=300) and len(found) == 6
    for one in found:
        assert len(one.document.text.split()) >= 300
        told = one.document.text.split("\n\n")
        own = [part for part in told if one.answers and part.startswith(f"{one.answers[0]}.")]
        assert len(own) == bool(one.answers)


def test_documents_that_choose_are_none_that_teach(tmp_path: Path) -> None:
    text = "Rivers carry water. " * 60
    rows = [
        {"id": str(n), "title": "", "document": f"Number {n}. {text}", "summary": "Rivers."}
        for n in range(30)
    ]
    write(tmp_path / "summ.s.train.jsonl.xz", rows)
    first = sample(tmp_path, {"s": 20}, "train", 1)
    after = sample(tmp_path, {"s": 20}, "train", 1, after={"s": 20})
    assert (len(first), len(after)) == (20, 10)
    assert not {one.document.id for one in first} & {one.document.id for one in after}


def test_a_pair_for_a_free_answer_has_the_question_in_front_and_global() -> None:
    tokenizer = tiny.tiny_tokenizer()
    row = {"question": "Who built it?", "context": "Ada built the bridge.", "impossible": False}
    rows = [row | {"answers": [{"text": "Ada", "start": -1}]}, row | {"answers": [], "impossible": True}]
    (pair,) = make_replies(rows, tokenizer)
    asked = tokenizer.encode("Who built it?").ids
    assert pair.source[: len(asked) + 1] == [*asked, tokenizer.sep_id]
    assert pair.target == tokenizer.encode("Ada").ids
    model = LEDForConditionalGeneration(
        LEDConfig(
            vocab_size=tokenizer.n_tokens,
            width=8,
            n_heads=2,
            n_decoder_heads=2,
            feed_forward_width=8,
            decoder_feed_forward_width=8,
            radii=(4,),
            n_decoder_layers=1,
            max_positions=64,
            max_decoder_positions=16,
            bos_id=tokenizer.cls_id,
            pad_id=tokenizer.pad_id,
            eos_id=tokenizer.sep_id,
            decoder_start_id=tokenizer.cls_id,
        )
    )
    ids = torch.tensor([[tokenizer.cls_id, *pair.source, tokenizer.sep_id, tokenizer.pad_id]])
    assert placed(model, ids, Limits(question=True)).sum() == 1 + len(asked)
    assert placed(model, ids, Limits()).sum() == 1


def write(file: Path, rows: list[dict[str, str]]) -> None:
    with lzma.open(file, "wt", encoding="utf-8") as lines:
        lines.write("\n".join(map(json.dumps, rows)))


def test_a_question_of_ours_is_asked_of_the_part_that_holds_its_answer(tmp_path: Path) -> None:
    text = "\n\n".join(f"Paragraph {number}: " + "rivers carry water. " * 20 for number in range(12))
    text += "\n\nThe weir is 2.5 m high."
    rows = [
        {"question": "How high?", "answers": ["2.5 m"], "start": text.index("2.5 m")},
        {"question": "Why?", "answers": [], "start": 10},
    ]
    asked = [{"source": "s", "document": "d1"} | row for row in rows]
    write(tmp_path / "train.jsonl.xz", asked)
    write(tmp_path / "summ.s.train.jsonl.xz", [{"id": "d1", "title": "T", "document": text}])
    high, why = ours(tmp_path, tmp_path)
    at = high["answers"][0]["start"]
    assert high["context"][at : at + 5] == "2.5 m" and not high["impossible"]
    assert why["impossible"] and why["context"].startswith("Paragraph 0")
    assert high["title"] == why["title"] and high["context_id"] != why["context_id"]


@pytest.mark.parametrize("text", ["a\n\nb", "x" * 5000, "A: yes.\n" * 1000, "\n\n".join(["word " * 60] * 40)])
def test_parts_hold_the_whole_text_once(text: str) -> None:
    borders = parts(text)
    assert "".join(text[start:end] for start, end in borders) == text

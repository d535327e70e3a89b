"""Questions for training and measuring: our own about papers, and pairs for free answers."""

import json
import lzma
from pathlib import Path

import pytest
import torch

from engine.models.led import LEDConfig, LEDForConditionalGeneration
from tests.engine.tasks import tiny_reader as tiny
from training.graded import sample
from training.replying import make_replies
from training.whole import ASKED, ask_papers
from training.writers import Limits, placed

KINDS = {"span", "yesno", "absent"}


@pytest.mark.parametrize("split", ["valid", "test"])
def test_each_of_our_questions_says_what_it_is(split: str) -> None:
    rows = [json.loads(line) for line in (ASKED / f"{split}.jsonl").read_text("utf-8").splitlines()]
    assert len(rows) > 100 and len({(row["document"], row["question"]) for row in rows}) == len(rows)
    for row in rows:
        assert row["split"] == split and row["kind"] in KINDS
        assert bool(row["answers"]) == (row["kind"] != "absent")


def test_what_is_measured_shares_no_document_with_what_was_fitted() -> None:
    fitted, measured = (
        {json.loads(line)["document"] for line in (ASKED / f"{split}.jsonl").read_text("utf-8").splitlines()}
        for split in ("valid", "test")
    )
    assert not fitted & measured


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

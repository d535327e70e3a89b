"""Measure free answers against spans: `python -m training.replied WRITER --reader MODEL --corpus DIR`.

Both see the same passage of the test split: the reader quotes its best span, the writer says it in
words of its own. EM and F1 as SQuAD counts them, against the nearest of people's answers, and the
share of the answer's words that stand in passage or question at all.
"""

from __future__ import annotations

import argparse
import random
from pathlib import Path
from statistics import fmean

import torch

from engine.decode.generate import generate
from engine.decode.options import GenerationOptions
from engine.device import choose_device
from engine.models.led import LEDForConditionalGeneration
from engine.tasks.answer import answer_document
from engine.tasks.reader import LoadedReader, load_reader
from engine.text.casing import Casing
from engine.text.tokenizer import WordPiece
from training.corpus import Row, free_questions, questions
from training.documents import wrap
from training.replying import FREE, MOST_PASSAGE, passage_of, source_of
from training.whole import best_f1, exact, words_of
from training.writers import Limits, collate, load_writer, marks_of, placed
from training.writing import Pair

SOURCES = (*FREE, "squad-dev")
LIMITS = Limits(440, 64, question=True)
SEED = 7
HEAD = "| source | n | answered by | EM | F1 | words known |\n|---|--:|---|--:|--:|--:|"


def reply(
    model: LEDForConditionalGeneration, tokenizer: WordPiece, row: Row, n_beams: int, copy: float = 0.0
) -> str:
    """The writer's answer to a row's question."""
    passage = tokenizer.encode(passage_of(row)).ids[:MOST_PASSAGE]
    read = Pair(source_of(tokenizer, row["question"], passage), [model.config.eos_id])
    ids, valid, _ = collate([read], marks_of(model), LIMITS, torch.device("cpu"))
    options = GenerationOptions(
        start_id=model.config.decoder_start_id,
        eos_ids=(model.config.eos_id,),
        pad_id=model.config.pad_id,
        n_beams=n_beams,
        copy=copy,
        max_new_tokens=48,
        no_repeat_ngram_size=3,
    )
    made = generate(model, ids, valid, options, placed(model, ids, LIMITS))
    return Casing(row["context"]).restore(str(tokenizer.decode(made.ids[0])))


def quote(reader: LoadedReader, row: Row) -> str:
    """The reader's best span, also where it would say that there is no answer."""
    with torch.autocast("cpu", torch.bfloat16):
        return answer_document(
            reader, wrap(row["context"], row["title"] or "", row["id"]), row["question"]
        ).best


def known(answer: str, row: Row) -> float:
    """Share of its words that stand in the passage or the question."""
    there, told = {*words_of(row["context"]), *words_of(row["question"])}, words_of(answer)
    return sum(word in there for word in told) / len(told) if told else 1.0


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("model", type=Path, help="a directory with a LED that answers")
    parser.add_argument("--reader", type=Path, required=True, help="a directory with a reader")
    parser.add_argument("--corpus", type=Path, required=True)
    parser.add_argument("--questions", type=int, default=100, help="how many of each source")
    parser.add_argument("--beams", type=int, default=4)
    parser.add_argument("--copy", type=float, default=0.0, help="how likely a token is copied, 0 to 1")
    options = parser.parse_args()
    reader = load_reader(options.reader, choose_device("cpu"))
    model, tokenizer = load_writer(options.model)
    if not isinstance(model, LEDForConditionalGeneration) or not isinstance(tokenizer, WordPiece):
        parser.error(f"no LED with MiniLM's vocabulary: {options.model}")
    model.eval()
    print(HEAD)
    samples: list[str] = []
    for source in SOURCES:
        read = free_questions if source in FREE else questions
        rows = [row for row in read(options.corpus, source, "test") if not row["impossible"]]
        rows = random.Random(SEED).sample(rows, min(options.questions, len(rows)))
        spans, replies = (
            [quote(reader, row) for row in rows],
            [reply(model, tokenizer, row, options.beams, options.copy) for row in rows],
        )
        for name, told in (("span of the reader", spans), ("LED", replies)):
            print(_row(source, name, rows, told), flush=True)
        samples += [
            f"{row['question']} | people: {row['answers'][0]['text']} | span: {span} | LED: {said}"
            for row, span, said in list(zip(rows, spans, replies, strict=True))[:5]
        ]
    print("\n".join(samples))


def _row(source: str, name: str, rows: list[Row], told: list[str]) -> str:
    answers = [tuple(answer["text"] for answer in row["answers"]) for row in rows]
    both = list(zip(told, answers, strict=True))
    cells = (
        fmean(100 * exact(one, wanted) for one, wanted in both),
        fmean(100 * best_f1(one, wanted) for one, wanted in both),
        fmean(100 * known(one, row) for one, row in zip(told, rows, strict=True)),
    )
    return f"| {source} | {len(rows)} | {name} | {cells[0]:.1f} | {cells[1]:.1f} | {cells[2]:.1f} % |"


if __name__ == "__main__":
    main()

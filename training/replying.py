"""What a writer of free answers learns from: a question and its passage in, somebody's answer out.

The question stands first and has global attention (arXiv 2004.05150, section 5.2); behind a separator
the passage. Answers in people's own words come from `qa_free`, answers that are spans from `qa`.
`python -m training.replying --corpus DIR --start DIR` tokenises the pairs once.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from engine.text.tokenizer import WordPiece
from training.corpus import Row, free_questions, questions
from training.prepare import MOST_ANSWER, MOST_QUESTION, preparing
from training.writing import Pair, Pairs

SPANS = ("squad-dev", "nq-qed", "qamr", "selqa")
FREE = ("fairytaleqa",)
MOST_PASSAGE = 380  # tokens


def make_replies(rows: Iterable[Row], tokenizer: WordPiece) -> Iterator[Pair]:
    """A pair for each question that has an answer, the first one given."""
    for row in rows:
        if row["impossible"]:
            continue
        passage = tokenizer.encode(passage_of(row)).ids[:MOST_PASSAGE]
        answer = tokenizer.encode(row["answers"][0]["text"]).ids
        if answer and len(answer) <= MOST_ANSWER:
            yield Pair(source_of(tokenizer, row["question"], passage), answer)


def source_of(tokenizer: WordPiece, question: str, passage: list[int]) -> list[int]:
    """Ids of what is read: the question, a separator, the passage."""
    return [*tokenizer.encode(question).ids[:MOST_QUESTION], tokenizer.sep_id, *passage]


def passage_of(row: Row) -> str:
    """The text that a question is about; of a long one, the part around its answer."""
    start = max((answer["start"] for answer in row["answers"]), default=0)
    return str(row["context"][max(0, start - 800) :]) if start > 1200 else str(row["context"])


def main() -> None:
    """The command."""
    options = preparing(__doc__).parse_args()
    options.data.mkdir(parents=True, exist_ok=True)
    tokenizer = WordPiece.from_directory(options.start)
    for read, names in ((questions, SPANS), (free_questions, FREE)):
        for source in names:
            for split in ("train", "valid"):
                made = Pairs.of(make_replies(read(options.corpus, source, split), tokenizer))
                made.save(options.data / f"pairs.replies-{source}.{split}.npz")
                print(
                    f"{source:16} {split:6} {len(made):6,} questions {len(made.source):10,} tokens in",
                    flush=True,
                )


if __name__ == "__main__":
    main()

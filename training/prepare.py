"""Tokenise the questions of a corpus once: `python -m training.prepare --corpus DIR --start DIR`.

For each source and split one `questions.SOURCE.SPLIT.npz` in `training/data/`: every text once, and
every question with the text it is about and the tokens of its answer there. Which texts belong to
one article is kept, so that training can lengthen them with their neighbours.
"""

from __future__ import annotations

import argparse
import tomllib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from engine.text.tokenizer import WordPiece
from training.corpus import Row, questions

DATA = Path(__file__).parent / "data"
SOURCES = ("qamr", "fairytaleqa", "selqa", "nq-qed", "squad-dev", "cuad", "medquad", "openstax-terms")
MOST_ANSWER = 60  # tokens; longer answers are passages, not answers
MOST_QUESTION = 48

Ints = npt.NDArray[np.int32]


@dataclass(frozen=True)
class Questions:
    """Questions over texts. `*_at` are borders: text t is `texts[text_at[t]:text_at[t + 1]]`.

    `answer` is (questions, 2): first and last token in the text, or -1 where there is no answer.
    `group` says for each text which article it is part of.
    """

    texts: Ints
    text_at: Ints
    group: Ints
    asked: Ints
    asked_at: Ints
    about: Ints
    answer: Ints

    def __len__(self) -> int:
        return len(self.about)

    def text(self, index: int) -> list[int]:
        """Ids of a text."""
        return self.texts[self.text_at[index] : self.text_at[index + 1]].tolist()  # type: ignore[no-any-return]

    def question(self, index: int) -> list[int]:
        """Ids of a question."""
        return self.asked[self.asked_at[index] : self.asked_at[index + 1]].tolist()  # type: ignore[no-any-return]

    def save(self, file: Path) -> None:
        """Write one compressed file."""
        np.savez_compressed(file, **vars(self))

    @classmethod
    def load(cls, file: Path) -> Questions:
        """Read it back."""
        with np.load(file) as stored:
            return cls(**{name: stored[name] for name in stored.files})


def tokenise(rows: Iterable[Row], tokenizer: WordPiece) -> Questions:
    """Questions whose answer is too long, or cannot be found among the tokens, are left out."""
    rows = list(rows)
    contexts = {row["context_id"]: row for row in rows}
    number = {name: index for index, name in enumerate(contexts)}
    encoded = tokenizer.encode_all([row["context"] for row in contexts.values()])
    titles: dict[str, int] = {}
    group = [titles.setdefault(row["title"] or name, len(titles)) for name, row in contexts.items()]
    asked, about, answers = [], [], []
    for row, question in zip(rows, tokenizer.encode_all([row["question"] for row in rows]), strict=True):
        text = number[row["context_id"]]
        answer = (-1, -1) if row["impossible"] else _tokens_of(row["answers"][0], encoded[text].offsets)
        if answer is not None:
            asked.append(question.ids[:MOST_QUESTION])
            about.append(text)
            answers.append(answer)
    texts, text_at = flat([one.ids for one in encoded])
    questions_, asked_at = flat(asked)
    as_ints = lambda values: np.asarray(values, dtype=np.int32)  # noqa: E731
    return Questions(
        texts, text_at, as_ints(group), questions_, asked_at, as_ints(about), as_ints(answers).reshape(-1, 2)
    )


def _tokens_of(answer: Row, offsets: list[tuple[int, int]]) -> tuple[int, int] | None:
    start, end = answer["start"], answer["start"] + len(answer["text"])
    inside = [i for i, (first, last) in enumerate(offsets) if last > start and first < end]
    return (inside[0], inside[-1]) if inside and len(inside) <= MOST_ANSWER else None


def flat(parts: Sequence[Sequence[int]]) -> tuple[Ints, Ints]:
    """Rows of ids behind one another, and the borders between them."""
    borders = np.cumsum([0, *map(len, parts)], dtype=np.int32)
    return np.asarray([one for part in parts for one in part], dtype=np.int32), borders


def sources() -> str:
    """Where every source of the corpus comes from, a line each."""
    kinds = tomllib.loads((Path(__file__).parent / "sources.toml").read_text("utf-8"))
    return "\n".join(
        f"{kind:5} {name:16} {one['licence']:26} {one['from']}: {one['taken']}"
        for kind, known in kinds.items()
        for name, one in known.items()
    )


def keep(rows: Iterable[Row], tokenizer: WordPiece, file: Path) -> Questions:
    """Tokenise questions into a file of `training/data`."""
    made = tokenise(rows, tokenizer)
    file.parent.mkdir(parents=True, exist_ok=True)
    made.save(file)
    return made


def preparing(about: str) -> argparse.ArgumentParser:
    """The arguments of a command that tokenises a corpus; it is described by the first line of `about`."""
    parser = argparse.ArgumentParser(description=about.splitlines()[0])
    parser.add_argument("--corpus", type=Path, required=True, help="the folder of the corpus")
    parser.add_argument("--start", type=Path, required=True, help="a folder with tokenizer.json")
    parser.add_argument("--data", type=Path, default=DATA)
    return parser


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sources", action="store_true", help="say where every source comes from")
    parser.add_argument("--corpus", type=Path, help="the folder of the corpus")
    parser.add_argument("--start", type=Path, help="the folder of MiniLM's files")
    parser.add_argument("--data", type=Path, default=DATA)
    options = parser.parse_args()
    if options.sources:
        print(sources())
        return
    if options.corpus is None or options.start is None:
        parser.error("--corpus and --start are needed; --sources says where to get them")
    tokenizer = WordPiece.from_directory(options.start)
    for source in SOURCES:
        for split in ("train", "valid"):
            file = options.data / f"questions.{source}.{split}.npz"
            made = keep(questions(options.corpus, source, split), tokenizer, file)
            print(
                f"{source:16} {split:6} {len(made):7,} questions {len(made.texts):10,} tokens of text",
                flush=True,
            )


if __name__ == "__main__":
    main()

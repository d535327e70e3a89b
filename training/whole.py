"""Questions to whole documents: what the calibration is fitted on, and what answering is measured by.

The passages of one article stand together again as one document; questions about single passages
(Natural Questions) get a document of passages from elsewhere around theirs; and some questions are
asked of the wrong document, where an honest reader says that it has no answer. Papers, textbooks and
proposals are asked what their readers would ask (`training/asked`), in words that are not theirs.
"""

from __future__ import annotations

import json
import random
import re
import string
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import torch

from engine.tasks.answer import Reading, joined
from engine.tasks.candidates import Candidate
from engine.tasks.reader import LoadedReader
from engine.tasks.trim import trimmed
from engine.types import Document
from training.answering import Example, span_scores
from training.corpus import Row, pairs, questions
from training.documents import wrap

MOST_CHARACTERS = 32_000  # of a document; about 7,000 tokens
ASKED = Path(__file__).parent / "asked"
AMONG = 7  # the seed of what stands around a passage
ARTICLES = ("squad-dev", "fairytaleqa")  # sources whose texts are passages of an article
SHORT = ("nq-qed",)  # sources whose texts are single passages


@dataclass(frozen=True)
class Asked:
    """A question to a document. Without `answers` the document has none."""

    source: str
    document: Document
    question: str
    answers: tuple[str, ...]


@dataclass(frozen=True)
class Judged:
    """What was found: the candidates of all windows with their features and how good each is; and what the
    document knows of the question."""

    asked: Asked
    candidates: tuple[Candidate, ...]
    features: tuple[tuple[float, ...], ...]
    texts: tuple[str, ...]
    known: tuple[float, ...]

    @property
    def quality(self) -> list[float]:
        """F1 of each candidate."""
        return [best_f1(text, self.asked.answers) for text in self.texts]


def ask(corpus: Path, source: str, split: str, count: int, seed: int, wrong: float = 0.2) -> list[Asked]:
    """`count` questions of a source, always the same; a share `wrong` asked of another document."""
    rows = list(questions(corpus, source, split))
    documents = _documents(rows, source, seed)
    chance = random.Random(f"{seed} {source} {split}")
    rows = [row for row in rows if len(documents[row["context_id"]].text) <= MOST_CHARACTERS]
    chance.shuffle(rows)
    others = list({document.id: document for document in documents.values()}.values())
    found = []
    for row in rows[:count]:
        document = documents[row["context_id"]]
        answers = () if row["impossible"] else tuple(answer["text"] for answer in row["answers"])
        elsewhere = [
            other for other in others if other.id != document.id and len(other.text) <= MOST_CHARACTERS
        ]
        if elsewhere and chance.random() < wrong and answers:
            document, answers = chance.choice(elsewhere), ()
        found.append(Asked(source, document, row["question"], answers))
    return found


def ask_among_others(corpus: Path, split: str, count: int, n_words: int = 3000) -> list[Asked]:
    """`count` questions of squad-dev, the passage somewhere among passages of other articles: 4k tokens."""
    rows = list(questions(corpus, "squad-dev", split))
    texts = {row["context_id"]: (row["title"], row["context"]) for row in rows}
    random.Random(AMONG).shuffle(rows)
    found = []
    for number, row in enumerate(rows[:count]):
        chance = random.Random(f"{AMONG} {number}")
        others = [text for title, text in texts.values() if title != row["title"]]
        chance.shuffle(others)
        chosen, size = [], len(row["context"].split())
        while others and size < n_words:
            chosen.append(others.pop())
            size += len(chosen[-1].split())
        chosen.insert(chance.randint(0, len(chosen)), row["context"])
        answers = () if row["impossible"] else tuple(answer["text"] for answer in row["answers"])
        document = wrap("\n\n".join(chosen), "", f"{row['id']} among others")
        found.append(Asked("squad-dev at 4k tokens", document, row["question"], answers))
    return found


def ask_papers(corpus: Path, split: str, count: int) -> list[Asked]:
    """`count` questions of ours to whole documents of the summarization pairs, always the same."""
    rows = [json.loads(line) for line in (ASKED / f"{split}.jsonl").read_text("utf-8").splitlines()]
    named = {row["document"] for row in rows}
    documents = {
        row["id"]: wrap(row["document"], row["title"] or "", row["id"])
        for source in sorted({row["source"] for row in rows})
        for row in pairs(corpus, source, split)
        if row["id"] in named
    }
    random.Random(split).shuffle(rows)
    return [
        Asked("papers", documents[row["document"]], row["question"], tuple(row["answers"]))
        for row in rows[:count]
    ]


def _documents(rows: Sequence[Row], source: str, seed: int) -> dict[str, Document]:
    """For each context the document that it is part of."""
    contexts = {row["context_id"]: row for row in rows}
    if source in ARTICLES:
        by_title: dict[str, list[str]] = {}
        for name, row in contexts.items():
            by_title.setdefault(row["title"], []).append(name)
        groups = list(by_title.values())
    elif source in SHORT:
        names = sorted(contexts)
        random.Random(f"{seed} {source}").shuffle(names)
        groups = [names[at : at + 25] for at in range(0, len(names), 25)]
    else:
        groups = [[name] for name in contexts]
    found = {}
    for group in groups:
        text = "\n\n".join(contexts[name]["context"] for name in group)
        title = contexts[group[0]]["title"] if source not in SHORT else ""
        document = (
            wrap(text, title or "", f"{source} {group[0]}")
            if len(text) <= 2 * MOST_CHARACTERS
            else wrap(text[: 2 * MOST_CHARACTERS], title or "", f"{source} {group[0]}")
        )
        found |= dict.fromkeys(group, document)
    return found


@torch.no_grad()
def read(reader: LoadedReader, asked: Asked, n_rows: int = 8) -> Judged:
    """Read the whole document as the app does, but several windows together, and in bfloat16."""
    reading, found = Reading(reader, asked.document, asked.question), list[Candidate]()
    for at in range(0, len(reading.windows), n_rows):
        numbers = range(at, min(at + n_rows, len(reading.windows)))
        frames = [reading.frame(index) for index in numbers]
        scores = span_scores(reader.model, [Example(ids, first - 1, 0, 0) for ids, first in frames])
        for row, (index, (ids, _)) in enumerate(zip(numbers, frames, strict=True)):
            found += reading.candidates(index, scores[row, : len(ids)])
    return Judged(
        asked,
        tuple(found),
        tuple(reading.features(one) for one in found),
        tuple(trimmed(asked.document.text, one.start, one.end).of(asked.document.text) for one in found),
        reading.known,
    )


@torch.no_grad()
def read_again(reader: LoadedReader, judged: Judged) -> Judged:
    """The same with what the second reading says of each candidate; the reader's weights choose what is
    read again."""
    reading = Reading(reader, judged.asked.document, judged.asked.question)
    compared = reading.compared(
        judged.candidates, lambda ids, first: span_scores(reader.model, [Example(ids, first - 1, 0, 0)])[0]
    )
    features = zip(judged.features, compared, strict=True)
    return replace(judged, features=tuple(joined(row, more) for row, more in features))


# ------------------------------------------------------------------ SQuAD's own measures

ARTICLE = re.compile(r"\b(?:a|an|the)\b")


def words_of(text: str) -> list[str]:
    """Lower-cased words without punctuation and articles, as SQuAD compares answers."""
    bare = "".join(letter for letter in text.lower() if letter not in string.punctuation)
    return ARTICLE.sub(" ", bare).split()


def f1(found: str, wanted: str) -> float:
    """The harmonic mean of precision and recall over words, 0..1."""
    one, two = words_of(found), words_of(wanted)
    shared = sum(min(one.count(word), two.count(word)) for word in set(one))
    return 2 * shared / (len(one) + len(two)) if shared else float(not one and not two)


def best_f1(found: str, answers: Sequence[str]) -> float:
    """Against the answer that fits best; 0 where there is none."""
    return max((f1(found, answer) for answer in answers), default=0.0)


def exact(found: str, answers: Sequence[str]) -> float:
    """1 where one answer has the same words."""
    return float(any(words_of(found) == words_of(answer) for answer in answers))

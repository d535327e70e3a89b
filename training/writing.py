"""What a writer learns from: chosen sentences of a document in, a summary that they support out.

The reader has read the whole document and hands over some three hundred words of it; the writer
rewrites them. So the evidence of every training summary is known by construction: its sentences
are kept only where each of their numbers and names stands in the sentences that are handed over.
`python -m training.writing --corpus DIR --start DIR` tokenises the pairs once.
"""

from __future__ import annotations

import random
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from engine.text.sentencepieces import PIECES, SentencePieces
from engine.text.tokenizer import WordPiece
from training.corpus import Row, pairs
from training.prepare import Ints, flat, preparing

SHARES = {
    "wikipedia-lead": 0.4,
    "openstax": 1.0,
    "pmc-ccby": 1.0,
    "wikinews-lead": 1.0,
    "peps": 1.0,
    "k8s-keps": 1.0,
    "rust-rfcs": 1.0,
    "eips": 1.0,
    "us-gov-web": 1.0,
    "scitldr": 0.5,
    "qmsum": 1.0,
}
MOST_SENTENCES, MOST_CHARACTERS = 400, 60_000  # of a document that are considered
EVIDENCE_WORDS, SUMMARY_WORDS = 320, 130
ENDS = re.compile(r"(?<=[.!?])[\"”’)]?\s+(?=[\"“‘(]?[A-Z0-9])|\n\s*\n")
WORD = re.compile(r"\w+(?:[.,]\d+)*")


@dataclass(frozen=True)
class Pair:
    """Ids of what is read and of what is to be written, without marks around them."""

    source: list[int]
    target: list[int]

    def __len__(self) -> int:
        return len(self.source) + len(self.target)


@dataclass(frozen=True)
class Pairs:
    """Many of them: pair i is `source[source_at[i]:source_at[i + 1]]`, and its target likewise."""

    source: Ints
    source_at: Ints
    target: Ints
    target_at: Ints

    def __len__(self) -> int:
        return len(self.source_at) - 1

    def __getitem__(self, index: int) -> Pair:
        if not 0 <= index < len(self):
            raise IndexError(index)
        read = self.source[self.source_at[index] : self.source_at[index + 1]]
        written = self.target[self.target_at[index] : self.target_at[index + 1]]
        return Pair(read.tolist(), written.tolist())

    @classmethod
    def of(cls, made: Iterable[Pair]) -> Pairs:
        """Stored together."""
        rows = list(made)
        return cls(*flat([row.source for row in rows]), *flat([row.target for row in rows]))

    def save(self, file: Path) -> None:
        """Write one compressed file."""
        np.savez_compressed(file, **vars(self))

    @classmethod
    def load(cls, file: Path) -> Pairs:
        """Read it back."""
        with np.load(file) as stored:
            return cls(**{name: stored[name] for name in stored.files})


# ------------------------------------------------------------------ evidence


def sentences_of(text: str) -> list[str]:
    """Sentences by their full stops: the exact splitter of the app would take hours for a corpus."""
    parts = (" ".join(part.split()) for part in ENDS.split(text[:MOST_CHARACTERS]))
    return [part for part in parts if 4 <= len(part.split()) <= 90][:MOST_SENTENCES]


def evidence_for(summary: str, sentences: Sequence[str], chance: random.Random) -> list[str]:
    """The sentences that give most of a summary, word for word, and some others, in order."""
    wanted = {word.lower() for word in WORD.findall(summary) if len(word) > 3 or word.isdigit()}
    holds = [{word.lower() for word in WORD.findall(one)} & wanted for one in sentences]
    chosen: list[int] = []
    left, size = set(wanted), 0
    while size < EVIDENCE_WORDS * 0.6:
        gain = [(len(held & left) / (len(sentences[i].split()) + 6), -i) for i, held in enumerate(holds)]
        value, best = max(gain, default=(0.0, 0))
        if value <= 0:
            break
        chosen.append(-best)
        left -= holds[-best]
        size += len(sentences[-best].split())
    others = [i for i in range(len(sentences)) if i not in set(chosen)]
    order = others[:6] + chance.sample(others[6:], len(others[6:]))
    for index in order:
        if size + len(sentences[index].split()) <= EVIDENCE_WORDS:
            chosen.append(index)
            size += len(sentences[index].split())
    return [sentences[i] for i in sorted(chosen)]


def claims(sentence: str) -> set[str]:
    """Numbers and names of a sentence: words with a digit, and those with a capital inside it."""
    words = WORD.findall(sentence)
    inner = {word.lower() for word in words[1:] if word[0].isupper()}
    return inner | {word.lower() for word in words if any(letter.isdigit() for letter in word)}


def supported(summary: str, evidence: Sequence[str], title: str) -> str:
    """The sentences of a summary that claim nothing which the evidence and the title lack."""
    known = {word.lower() for text in (*evidence, title) for word in WORD.findall(text)}
    kept: list[str] = []
    for sentence in sentences_of(summary):
        if claims(sentence) <= known and sum(len(one.split()) for one in kept) < SUMMARY_WORDS:
            kept.append(sentence)
    return " ".join(kept)


def source_of(tokenizer: WordPiece | SentencePieces, title: str, evidence: Sequence[str]) -> list[int]:
    """Ids of what a writer reads: the title and a mark, where there is one, then the evidence."""
    mark = tokenizer.eos_id if isinstance(tokenizer, SentencePieces) else tokenizer.sep_id
    head = [*tokenizer.encode(title).ids[:32], mark] if title else []
    return [*head, *tokenizer.encode(" ".join(evidence)).ids]


def make_pairs(rows: Iterable[Row], tokenizer: WordPiece | SentencePieces, seed: int) -> Iterator[Pair]:
    """A pair for each row whose summary the document supports at all."""
    for row in rows:
        chance = random.Random(f"{seed} {row['id']}")
        title = row["title"] or ""
        evidence = evidence_for(row["summary"], sentences_of(row["document"]), chance)
        summary = supported(row["summary"], evidence, title)
        if len(summary.split()) >= 8 and len(evidence) >= 2:
            yield Pair(source_of(tokenizer, title, evidence), tokenizer.encode(summary).ids)


def main() -> None:
    """The command."""
    options = preparing(__doc__).parse_args()
    options.data.mkdir(parents=True, exist_ok=True)
    tokenizer: WordPiece | SentencePieces = (
        SentencePieces.from_directory(options.start)
        if (options.start / PIECES).is_file()
        else WordPiece.from_directory(options.start)
    )
    for source, share in SHARES.items():
        for split in ("train", "valid"):
            rows = list(pairs(options.corpus, source, split))
            rows = random.Random(source).sample(rows, int(share * len(rows)))
            made = Pairs.of(make_pairs(rows, tokenizer, 1))
            made.save(options.data / f"pairs.{source}.{split}.npz")
            print(
                f"{source:16} {split:6} {len(made):6,} pairs of {len(rows):6,}  "
                f"{len(made.source):10,} tokens in {len(made.target):9,} out",
                flush=True,
            )


if __name__ == "__main__":
    main()

"""A vocabulary of one's own for LongT5, and the texts it is pre-trained on as its ids.

    python -m training.vocabulary --corpus DIR --to training/data/longt5 [--size 16000] [--most 30]

Writes `spiece.model` (unigram, normalised as T5's: nmt_nfkc; the ids of padding, end and unknown are
T5's 0, 1, 2), and for each source of text one `texts.SOURCE.npz`: ids as uint16, and where texts and
sentences begin. `--most` is the number of million ids in all; sources are cut in proportion.
"""

from __future__ import annotations

import argparse
import io
import random
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np
import numpy.typing as npt
import sentencepiece

from engine.text.sentencepieces import PIECES, SentencePieces
from training.corpus import rows
from training.prepare import DATA
from training.writing import sentences_of

SOURCES = (
    "eltec-novels",
    "openstax-text",
    "tech-docs",
    "us-gov-text",
    "wikinews",
    "wikipedia-2018",
    "wikipedia",
)
FOR_VOCABULARY = 200_000  # sentences
FOR_VALIDATION = 20_000  # ids of each source
SEED = 1
Ids = npt.NDArray[np.uint16]


@dataclass(frozen=True)
class Texts:
    """Texts behind one another. Text t has the sentences `text_at[t]:text_at[t + 1]`, and sentence s
    the ids `ids[sentence_at[s]:sentence_at[s + 1]]`."""

    ids: Ids
    sentence_at: npt.NDArray[np.int32]
    text_at: npt.NDArray[np.int32]

    def __len__(self) -> int:
        return len(self.text_at) - 1

    def sentences(self, text: int) -> list[list[int]]:
        """Ids of a text, sentence by sentence."""
        borders = self.sentence_at[self.text_at[text] : self.text_at[text + 1] + 1].tolist()
        return [self.ids[one:other].tolist() for one, other in pairwise(borders)]

    def save(self, file: Path) -> None:
        """Write one compressed file."""
        np.savez_compressed(file, **vars(self))

    @classmethod
    def load(cls, file: Path) -> Texts:
        """Read it back."""
        with np.load(file) as stored:
            return cls(**{name: stored[name] for name in stored.files})


def learn(sentences: Iterator[str], size: int, folder: Path) -> SentencePieces:
    """Learn the pieces, and read them back as the engine does."""
    written = io.BytesIO()
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=sentences,
        model_writer=written,
        vocab_size=size,
        model_type="unigram",
        pad_id=0,
        eos_id=1,
        unk_id=2,
        bos_id=-1,
        normalization_rule_name="nmt_nfkc",
        num_threads=2,
        minloglevel=2,
    )
    folder.mkdir(parents=True, exist_ok=True)
    (folder / PIECES).write_bytes(written.getvalue())
    return SentencePieces.from_directory(folder)


def tokenise(texts: Iterator[str], tokenizer: SentencePieces, most_ids: int) -> Texts:
    """Texts of at least three sentences, until there are `most_ids` ids."""
    ids: list[Ids] = []
    sentence_at, text_at, size = [0], [0], 0
    for text in texts:
        if size >= most_ids:
            break
        sentences = sentences_of(text)
        if len(sentences) < 3:
            continue
        for encoded in tokenizer.encode_all(sentences):
            ids.append(np.asarray(encoded.ids, dtype=np.uint16))
            size += len(encoded.ids)
            sentence_at.append(size)
        text_at.append(len(sentence_at) - 1)
    whole = np.concatenate(ids) if ids else np.zeros(0, np.uint16)
    return Texts(whole, np.asarray(sentence_at, np.int32), np.asarray(text_at, np.int32))


def read_texts(corpus: Path, source: str, split: str) -> Iterator[str]:
    """The texts of a source in an order of chance, always the same."""
    found = [row["text"] for row in rows(corpus, f"text.{source}.{split}")]
    random.Random(f"{SEED} {source}").shuffle(found)
    yield from found


def _sample(corpus: Path) -> Iterator[str]:
    """Sentences of all sources for the vocabulary, in turns."""
    streams = [
        (one for text in read_texts(corpus, source, "train") for one in sentences_of(text))
        for source in SOURCES
    ]
    for _ in range(FOR_VOCABULARY // len(SOURCES)):
        for stream in streams:
            if (sentence := next(stream, None)) is not None:
                yield sentence


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--corpus", type=Path, required=True)
    parser.add_argument("--to", type=Path, default=DATA / "longt5")
    parser.add_argument("--size", type=int, default=16_000, help="pieces, beside the hundred for gaps")
    parser.add_argument("--most", type=float, default=30, help="million ids")
    options = parser.parse_args()
    tokenizer = learn(_sample(options.corpus), options.size, options.to)
    n_bytes = {
        source: sum(file.stat().st_size for file in options.corpus.glob(f"text.{source}.train.*"))
        for source in SOURCES
    }
    for source in SOURCES:
        for split in ("train", "valid"):
            most = int(options.most * 1e6 * n_bytes[source] / sum(n_bytes.values()))
            texts = read_texts(options.corpus, source, split)
            made = tokenise(texts, tokenizer, most if split == "train" else FOR_VALIDATION)
            made.save(options.to / f"texts.{source}.{split}.npz")
            print(f"{source:16} {split:6} {len(made):7,} texts {len(made.ids):11,} ids", flush=True)


if __name__ == "__main__":
    main()

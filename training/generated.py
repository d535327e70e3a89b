"""Measure a writer against extracts: `python -m training.generated WRITER --reader MODEL --corpus DIR`.

The reader weighs every sentence of the whole document and hands over some three hundred words; the
writer rewrites them under a budget of tokens that is the reference's length; what the document does
not bear out is then mended by other beams and by quotations ("fused"). Beside ROUGE, what a reader of
the summary must be able to rely on: how many of its sentences are doubted, the share of its numbers
that stand in what was handed over, the share of its word pairs that do, and how often it repeats itself.
"""

from __future__ import annotations

import argparse
import json
import random
import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from statistics import fmean

import torch

from engine.decode.generate import generate
from engine.decode.options import GenerationOptions
from engine.device import choose_device
from engine.models.led import LEDForConditionalGeneration, place_global
from engine.tasks.check import check
from engine.tasks.cite import Sources
from engine.tasks.fuse import fuse
from engine.tasks.reader import LoadedReader, load_reader
from engine.tasks.salience import SentenceScores, score_sentences
from engine.tasks.selection import choose
from engine.text.casing import Casing
from engine.types import Document
from training.corpus import Row, pairs
from training.documents import wrap
from training.extracts import by_score, cut, lead, rouge
from training.writers import Limits, Marks, Writer, collate, load_writer, marks_of
from training.writing import EVIDENCE_WORDS, WORD, Pair, sentences_of, source_of

SOURCES = ("pmc-ccby", "openstax", "wikipedia-lead", "peps", "k8s-keps", "rust-rfcs", "wikinews-lead")
SEED = 7
DIGIT = re.compile(r"\d")
SHARES = ("doubted", "numbers", "pairs", "repeated")
HEAD = (
    "| source | n | lead | extract | written | fused | doubted | numbers known | pairs known | repeated |\n"
    "|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|"
)


def evidence_of(scores: SentenceScores, document: Document) -> list[str]:
    """The sentences that the reader hands over, in the order of the document."""
    chosen = choose(scores, document, EVIDENCE_WORDS)
    return [document.sentences[i].span.of(document.text) for i in chosen]


@dataclass(frozen=True)
class Levers:
    """What is done against invention while writing."""

    n_beams: int = 4
    copy: float = 0.0  # GenerationOptions.copy
    known_numbers: bool = False  # no number that the evidence lacks


def unknown_numbers(tokenizer: object, source: Sequence[int], n_words: int) -> tuple[int, ...]:
    """Tokens with a digit that do not stand in the source."""
    there = set(source)
    names = (tokenizer.decode([token]) for token in range(n_words))  # type: ignore[attr-defined]
    return tuple(token for token, name in enumerate(names) if DIGIT.search(name) and token not in there)


def write(
    model: Writer, tokenizer: object, title: str, evidence: Sequence[str], n_tokens: int, levers: Levers
) -> list[str]:
    """Summaries of the evidence with at most `n_tokens` tokens, the best beam first."""
    source = source_of(tokenizer, title, evidence)  # type: ignore[arg-type]
    marks: Marks = marks_of(model)
    ids, valid, _ = collate([Pair(source, [1])], marks, Limits(448, 8), torch.device("cpu"))
    options = GenerationOptions(
        start_id=model.config.decoder_start_id,
        eos_ids=(model.config.eos_id,),
        pad_id=model.config.pad_id,
        n_beams=levers.n_beams,
        copy=levers.copy,
        suppress=unknown_numbers(tokenizer, source, model.config.vocab_size) if levers.known_numbers else (),
        max_new_tokens=n_tokens,
        min_new_tokens=n_tokens // 2,
        no_repeat_ngram_size=3,
        length_penalty=1.0,
    )
    is_global = place_global(ids) if isinstance(model, LEDForConditionalGeneration) else None
    made = generate(model, ids, valid, options, is_global)
    beams = (made.ids[0], *made.others[0])
    return [str(tokenizer.decode(one)) for one in beams]  # type: ignore[attr-defined]


def figures(text: str, evidence: Sequence[str], title: str) -> tuple[float, float, float]:
    """Shares: of numbers found in the evidence, of word pairs found there, of word
    triples said before."""
    words = [word.lower() for word in WORD.findall(text)]
    known = {word.lower() for part in (*evidence, title) for word in WORD.findall(part)}
    near = {pair for part in evidence for pair in pairwise(word.lower() for word in WORD.findall(part))}
    numbers = [word for word in words if DIGIT.search(word)]
    told = list(pairwise(words))
    triples = list(zip(words, words[1:], words[2:], strict=False))
    return (
        sum(one in known for one in numbers) / len(numbers) if numbers else 1.0,
        sum(one in near for one in told) / max(1, len(told)),
        1 - len(set(triples)) / max(1, len(triples)),
    )


@dataclass(frozen=True)
class Measured:
    """One document: ROUGE-1 and -2 of lead, extract, written and fused; shares of the written text."""

    rouges: tuple[float, ...]
    doubted: float  # of the written sentences
    numbers: float
    pairs: float
    repeated: float
    written: str
    fused: str


def measure(row: Row, reader: LoadedReader, model: Writer, tokenizer: object, levers: Levers) -> Measured:
    """Write a summary of a row's document, and hold it against the reference and the document."""
    title, n_words = row["title"] or "", len(row["summary"].split())
    document = wrap(row["document"], title, row["id"])
    with torch.autocast("cpu", torch.bfloat16):
        scores = score_sentences(reader, document)
    evidence = evidence_of(scores, document)
    cased = Casing(row["document"])
    beams = [
        cased.restore(beam)
        for beam in write(model, tokenizer, title, evidence, int(n_words * 1.35), levers)
    ]
    sources = Sources(document)
    checks = [check(sources, one) for one in sentences_of(beams[0])]
    fused = " ".join(one.text for one in fuse(sources, [sentences_of(beam) for beam in beams]))
    written, fused = (" ".join(text.split()[:n_words]) for text in (beams[0], fused))
    order = by_score(document, scores.salience, scores.vectors, n_words)
    texts = (cut(document, lead(document), n_words), cut(document, order, n_words), written, fused)
    return Measured(
        tuple(value for text in texts for value in rouge(text, row["summary"])[:2]),
        sum(bool(one.doubts) for one in checks) / max(1, len(checks)),
        *figures(written, evidence, title),
        written,
        fused,
    )


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("model", type=Path, help="a directory with a writer")
    parser.add_argument("--reader", type=Path, required=True, help="a directory with a reader")
    parser.add_argument("--corpus", type=Path, required=True)
    parser.add_argument("--documents", type=int, default=20, help="how many of each source")
    parser.add_argument("--beams", type=int, default=4)
    parser.add_argument("--copy", type=float, default=0.0, help="how likely a token is copied, 0 to 1")
    parser.add_argument("--known-numbers", action="store_true", help="write no number that is not there")
    options = parser.parse_args()
    levers = Levers(options.beams, options.copy, options.known_numbers)
    reader = load_reader(options.reader, choose_device("cpu"))
    model, tokenizer = load_writer(options.model)
    model.eval()
    print(HEAD)
    samples = []
    for source in SOURCES:
        rows = list(pairs(options.corpus, source, "test"))
        random.Random(SEED).shuffle(rows)
        chosen = rows[: options.documents]
        made = [measure(row, reader, model, tokenizer, levers) for row in chosen]
        print(_row(source, made), flush=True)
        samples += [{"source": source, "written": one.written, "fused": one.fused} for one in made[:2]]
    for sample in samples:
        print(json.dumps(sample, ensure_ascii=False))


def _row(source: str, made: Sequence[Measured]) -> str:
    mean = [fmean(values) for values in zip(*(one.rouges for one in made), strict=True)]
    rouges = [f"{one:.1f}/{two:.1f}" for one, two in zip(mean[::2], mean[1::2], strict=True)]
    shares = [fmean(getattr(one, name) for one in made) for name in SHARES]
    cells = [source, str(len(made)), *rouges, *(f"{share:.1%}" for share in shares)]
    return "| " + " | ".join(cells) + " |"


if __name__ == "__main__":
    main()

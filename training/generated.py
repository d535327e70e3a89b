"""Measure a writer against extracts: `python -m training.generated WRITER --reader MODEL --corpus DIR`.

The reader weighs every sentence of the whole document and hands over some three hundred words; the
writer rewrites them under a budget of tokens that is the reference's length. Beside ROUGE, what a
reader of the summary must be able to rely on: the share of its names and numbers that stand in what
was handed over, the share of its word pairs that do, and how often it repeats itself.
"""

from __future__ import annotations

import argparse
import json
import random
import re
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

import torch

from engine.decode.generate import generate
from engine.decode.options import GenerationOptions
from engine.device import choose_device
from engine.models.led import LEDForConditionalGeneration, place_global
from engine.tasks.reader import load_reader
from engine.tasks.salience import SentenceScores, score_sentences
from engine.tasks.selection import choose
from engine.types import Document
from training.corpus import pairs
from training.documents import wrap
from training.extracts import by_score, cut, lead, rouge
from training.writers import Limits, Marks, Writer, collate, load_writer, marks_of
from training.writing import EVIDENCE_WORDS, WORD, Pair

SOURCES = ("pmc-ccby", "openstax", "wikipedia-lead", "peps", "k8s-keps", "rust-rfcs", "wikinews-lead")
SEED = 7
DIGIT = re.compile(r"\d")


def evidence_of(scores: SentenceScores, document: Document) -> list[str]:
    """The sentences that the reader hands over, in the order of the document."""
    chosen = choose(scores, document, EVIDENCE_WORDS)
    return [document.sentences[i].span.of(document.text) for i in chosen]


def write(
    model: Writer, tokenizer: object, title: str, evidence: Sequence[str], n_tokens: int, n_beams: int
) -> str:
    """A summary of the evidence with at most `n_tokens` tokens."""
    head = [*tokenizer.encode(title).ids[:32], tokenizer.sep_id] if title else []  # type: ignore[attr-defined]
    body = tokenizer.encode(" ".join(evidence)).ids  # type: ignore[attr-defined]
    marks: Marks = marks_of(model)
    ids, valid, _ = collate([Pair([*head, *body], [1])], marks, Limits(448, 8), torch.device("cpu"))
    options = GenerationOptions(
        start_id=model.config.decoder_start_id,
        eos_ids=(model.config.eos_id,),
        pad_id=model.config.pad_id,
        n_beams=n_beams,
        max_new_tokens=n_tokens,
        min_new_tokens=n_tokens // 2,
        no_repeat_ngram_size=3,
        length_penalty=1.0,
    )
    is_global = place_global(ids) if isinstance(model, LEDForConditionalGeneration) else None
    made = generate(model, ids, valid, options, is_global)
    return str(tokenizer.decode(made.ids[0]))  # type: ignore[attr-defined]


def figures(text: str, evidence: Sequence[str], title: str) -> tuple[float, float, float]:
    """Shares: of numbers and rare words found in the evidence, of word pairs found there, of word
    triples said before. Names cannot be told by their capitals in an uncased text, so every word
    that the evidence lacks counts unless it is one of those that hold sentences together."""
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


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("model", type=Path, help="a directory with a writer")
    parser.add_argument("--reader", type=Path, required=True, help="a directory with a reader")
    parser.add_argument("--corpus", type=Path, required=True)
    parser.add_argument("--documents", type=int, default=20, help="how many of each source")
    parser.add_argument("--beams", type=int, default=4)
    options = parser.parse_args()
    reader = load_reader(options.reader, choose_device("cpu"))
    model, tokenizer = load_writer(options.model)
    model.eval()
    print("| source | n | lead | extract | written | numbers in the evidence | pairs in it | repeated |")
    print("|---|--:|--:|--:|--:|--:|--:|--:|")
    samples = []
    for source in SOURCES:
        rows = list(pairs(options.corpus, source, "test"))
        random.Random(SEED).shuffle(rows)
        lines = []
        for row in rows[: options.documents]:
            document = wrap(row["document"], row["title"] or "", row["id"])
            n_words = len(row["summary"].split())
            with torch.autocast("cpu", torch.bfloat16):
                scores = score_sentences(reader, document)
            evidence = evidence_of(scores, document)
            text = write(model, tokenizer, row["title"] or "", evidence, int(n_words * 1.35), options.beams)
            text = " ".join(text.split()[:n_words])
            order = by_score(document, scores.salience, scores.vectors, n_words)
            lines.append(
                (
                    *rouge(cut(document, lead(document), n_words), row["summary"]),
                    *rouge(cut(document, order, n_words), row["summary"]),
                    *rouge(text, row["summary"]),
                    *figures(text, evidence, row["title"] or ""),
                )
            )
            samples.append({"source": source, "title": row["title"], "written": text})
        mean = torch.tensor(lines).mean(0).tolist()
        print(
            f"| {source} | {len(lines)} | {mean[0]:.1f}/{mean[1]:.1f} | {mean[2]:.1f}/{mean[3]:.1f} "
            f"| {mean[4]:.1f}/{mean[5]:.1f} | {mean[6]:.1%} | {mean[7]:.1%} | {mean[8]:.1%} |",
            flush=True,
        )
    for sample in samples[:: max(1, len(samples) // 14)]:
        print(json.dumps(sample, ensure_ascii=False))


if __name__ == "__main__":
    main()

"""Unpicked samples for a card: `python -m training.samples MODEL --corpus DIR`.

The first documents of a shuffled test split and the first questions of each set, good or bad.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from engine.device import choose_device
from engine.tasks.answer import answer_document
from engine.tasks.reader import LoadedReader, load_reader
from engine.tasks.salience import score_sentences
from engine.tasks.selection import choose
from training.corpus import pairs
from training.documents import wrap
from training.whole import ask

SUMMARIES = {"pmc-ccby": 2, "peps": 2, "openstax": 2, "wikipedia-lead": 2, "wikinews-lead": 2}
QUESTIONS = {"squad-dev": 6, "nq-qed": 4, "cuad": 3, "fairytaleqa": 3}
SEED, WORDS = 7, 60


def summaries(reader: LoadedReader, corpus: Path) -> list[str]:
    """Short summaries."""
    lines = []
    for source, count in SUMMARIES.items():
        for row in list(pairs(corpus, source, "test"))[:count]:
            document = wrap(row["document"], row["title"] or "", row["id"])
            chosen = choose(score_sentences(reader, document), document, WORDS)
            quoted = " […] ".join(document.sentences[i].span.of(document.text) for i in chosen)
            n_words = len(row["document"].split())
            lines.append(f"- **{row['title']}** ({source}, {n_words:,} words): {quoted}")
    return lines


def answers(reader: LoadedReader, corpus: Path) -> list[str]:
    """Questions to whole documents."""
    lines = []
    for source, count in QUESTIONS.items():
        for asked in ask(corpus, source, "test", count, SEED):
            result = answer_document(reader, asked.document, asked.question)
            said = f"“{result.text}”" if result.found else "not in this document"
            wanted = (" / ".join(dict.fromkeys(asked.answers)) or "no answer")[:160]
            sure = f"{result.confidence:.0%}"
            lines.append(f"- {asked.question} → {said} ({sure}); people say: {wanted} ({source})")
    return lines


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("model", type=Path, help="a model directory")
    parser.add_argument("--corpus", type=Path, required=True)
    options = parser.parse_args()
    reader = load_reader(options.model, choose_device("cpu"))
    lines = ["Summaries of about 60 words:", "", *summaries(reader, options.corpus)]
    print("\n".join([*lines, "", "Answers:", "", *answers(reader, options.corpus)]))


if __name__ == "__main__":
    main()

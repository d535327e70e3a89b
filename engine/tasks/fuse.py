"""A written summary as the document bears it out.

Every sentence that a model wrote is checked (engine/tasks/check.py). One that claims what the
document lacks gives way: to what another beam says of the same matter, if that is borne out; else to
the passage that it rests on, word for word. Where there is neither it stays, with its doubts. Each
sentence says which of these it is.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from engine.tasks.check import Checked, check
from engine.tasks.cite import Sources
from engine.tasks.retrieval import terms
from engine.types import Origin, SummarySentence

BORNE_OUT = 0.5  # support from which a written sentence may stand
SAME_MATTER = 0.4  # share of words in which two beams speak of one thing


def fuse(sources: Sources, beams: Sequence[Sequence[str]]) -> tuple[SummarySentence, ...]:
    """The sentences of the best beam, mended by the others.

    `beams` are the summaries that a search found, best first, each as its sentences. No passage of
    the document is quoted twice, and no sentence of another beam is said twice.
    """
    others = [check(sources, text) for beam in beams[1:] for text in beam]
    quoted: set[int] = set()
    said: list[SummarySentence] = []
    for text in beams[0] if beams else ():
        free = [one for one in others if all(one.text != other.text for other in said)]
        said += _mend(sources, check(sources, text), free, quoted)
    return tuple(said)


def is_borne_out(checked: Checked) -> bool:
    """Whether nothing is doubted and enough of it stands in the document."""
    return not checked.doubts and checked.cited.support >= BORNE_OUT


def _mend(
    sources: Sources, written: Checked, others: Sequence[Checked], quoted: set[int]
) -> Iterator[SummarySentence]:
    if is_borne_out(written):
        yield _sentence(sources, written, "written")
        return
    matter = frozenset(terms(written.text))
    alike = [one for one in others if is_borne_out(one) and _alike(matter, one.text) >= SAME_MATTER]
    if alike:
        yield _sentence(sources, max(alike, key=lambda one: _alike(matter, one.text)), "reworded")
    elif written.cited.sentences:
        index = written.cited.sentences[0]
        if index not in quoted:
            quoted.add(index)
            yield _quote(sources, index)
    else:
        yield _sentence(sources, written, "written")


def _alike(matter: frozenset[str], text: str) -> float:
    """The share of words that two sentences have in common (Jaccard), 0..1."""
    other = frozenset(terms(text))
    return len(matter & other) / max(1, len(matter | other))


def _sentence(sources: Sources, checked: Checked, origin: Origin) -> SummarySentence:
    cited = tuple(sources.citation(index, checked.text) for index in checked.cited.sentences)
    return SummarySentence(checked.text, checked.cited.support, cited, origin, checked.doubts)


def _quote(sources: Sources, index: int) -> SummarySentence:
    text = sources.texts[index]
    return SummarySentence(text, 1.0, (sources.citation(index, text),), "replaced")

"""What LongT5 is pre-trained on: texts with gaps, and what stood there.

Most gaps are whole sentences, those that the rest of the text repeats most: PEGASUS's gap sentences,
each scored alone by ROUGE-1 F over sets of tokens (Zhang et al. 2020, section 3.1, "Ind-Uniq"), which
LongT5 calls principle sentences (Guo et al. 2021, section 3.2). Some are short spans, as in T5
(Raffel et al. 2020, section 3.3).
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator, Sequence

from training.vocabulary import Texts
from training.writing import Pair

SHARE_OF_SENTENCES = 0.2  # of the text's tokens, about
SHARE_OF_SPANS, SPAN = 0.15, 3  # of the tokens, and their mean number in a gap
SPANS_INSTEAD = 0.25  # share of examples with spans rather than sentences
MOST_WITH_SPANS = 512  # tokens


def principal(sentences: Sequence[Sequence[int]], share: float = SHARE_OF_SENTENCES) -> list[int]:
    """Numbers of the sentences to leave out, in their order: those most like all others together."""
    sets = [frozenset(sentence) for sentence in sentences]
    holding = Counter(token for one in sets for token in one)
    n_tokens = sum(map(len, sentences))

    def likeness(index: int) -> float:
        shared = sum(holding[token] > 1 for token in sets[index])
        rest = len(holding) - (len(sets[index]) - shared)
        return 2 * shared / max(1, len(sets[index]) + rest)

    chosen: list[int] = []
    size = 0
    for index in sorted(range(len(sets)), key=lambda index: (-likeness(index), index)):
        if size + len(sentences[index]) <= share * n_tokens or not chosen:
            chosen.append(index)
            size += len(sentences[index])
    return sorted(chosen)


def without_sentences(sentences: Sequence[Sequence[int]], gap: int) -> Pair:
    """The text with a gap for each principal sentence, and these one after another."""
    left_out = set(principal(sentences))
    read = [token for index, one in enumerate(sentences) for token in ([gap] if index in left_out else one)]
    return Pair(read, [token for index in sorted(left_out) for token in sentences[index]])


def without_spans(ids: Sequence[int], gaps: Sequence[int], chance: random.Random) -> Pair:
    """The text with numbered gaps of a few tokens, and for each its number and what stood there."""
    n_gaps = max(1, min(len(gaps) - 1, round(len(ids) * SHARE_OF_SPANS / SPAN)))
    starts = sorted(chance.sample(range(len(ids)), min(n_gaps, len(ids))))
    read: list[int] = []
    written: list[int] = []
    at = 0
    for number, start in enumerate(starts):
        if start < at:
            continue  # inside the gap before
        end = min(len(ids), start + chance.randint(1, 2 * SPAN - 1))
        read += [*ids[at:start], gaps[number]]
        written += [gaps[number], *ids[start:end]]
        at = end
    return Pair([*read, *ids[at:]], written)


def examples(
    texts: Texts, share: float, most: int, gaps: Sequence[int], chance: random.Random
) -> Iterator[Pair]:
    """A pair for every stretch of at most `most` tokens; of a share of the texts where it is under 1."""
    numbers = list(range(len(texts)))
    for text in sorted(chance.sample(numbers, round(share * len(numbers)))) if share < 1 else numbers:
        for stretch in _stretches(texts.sentences(text), most, chance):
            if chance.random() < SPANS_INSTEAD:
                flat = [token for sentence in stretch for token in sentence][:MOST_WITH_SPANS]
                yield without_spans(flat, gaps, chance)
            elif len(stretch) >= 3:
                yield without_sentences(stretch, gaps[0])


def _stretches(sentences: Sequence[list[int]], most: int, chance: random.Random) -> Iterator[list[list[int]]]:
    """Neighbouring sentences of at most `most` tokens together, from a random one of the first three."""
    stretch: list[list[int]] = []
    size = 0
    for sentence in sentences[chance.randrange(min(3, len(sentences))) :]:
        if stretch and size + len(sentence) > most:
            yield stretch
            stretch, size = [], 0
        stretch.append(sentence[:most])
        size += len(stretch[-1])
    if stretch:
        yield stretch

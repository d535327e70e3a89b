"""What a whole document says about each of its sentences, in numbers: place, length, centrality.

Where a sentence stands, how near it is to everything else that is said and to the title, and what
it looks like carry most of what an extract can know; the salience head takes them beside the
encoder's view. All are computed over the sentences that could be chosen, in their order.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from engine.ingest.notes import without_notes
from engine.tasks.retrieval import terms
from engine.types import Document, Sentence

DAMPING, ROUNDS = 0.85, 30  # of PageRank
STRAY, STRAY_SHARE = 2, 0.1  # so few sentences with so little of the text are no running text

SECTIONS = (
    re.compile(r"\b(?:abstract|summary|synopsis|highlights|key (?:points|concepts))\b", re.I),
    re.compile(r"\b(?:introduction|background|motivation|overview|rationale|purpose|goals?)\b", re.I),
    re.compile(
        r"\b(?:methods?|methodology|materials|procedure|participants|data|design|specification|implementation)\b",
        re.I,
    ),
    re.compile(r"\b(?:results?|findings|experiments?|evaluation|analysis)\b", re.I),
    re.compile(r"\b(?:discussion|conclusions?|concluding|outlook|future|limitations?|implications)\b", re.I),
)
CUES = re.compile(
    r"\b(?:we (?:propose|present|show|find|found|describe|introduce|conclude|report|investigate|"
    r"demonstrate|examined?|studied|argue)|"
    r"this (?:paper|study|article|work|proposal|document|pep|rfc|report|chapter|section)|"
    r"in (?:conclusion|summary|short)|our (?:results|findings|data)|suggests? that|"
    r"results (?:show|indicate|suggest))\b",
    re.I,
)
ANAPHOR = re.compile(
    r"^\W*(?:(?:this|these|those|that|it|they|he|she|his|her|their|its|such|both|the (?:former|latter))\b|"
    r"(?:however|but|and|also|thus|therefore|hence|moreover|furthermore|in addition|additionally|instead|"
    r"similarly|likewise|consequently|nevertheless|nonetheless|yet|so|then|accordingly|"
    r"for (?:example|instance)|"
    r"on the other hand|in contrast|by contrast|conversely|as a result|finally|second|third)\b)",
    re.I,
)
FIRST_PERSON = re.compile(r"\b(?:i|you|my|your|me|yeah|okay|ok|um|uh|mm)\b", re.I)


@dataclass(frozen=True)
class Candidates:
    """The sentences of a document that could be chosen, by their index there."""

    document: Document
    indices: tuple[int, ...]

    @property
    def sentences(self) -> list[Sentence]:
        """The sentences."""
        return [self.document.sentences[index] for index in self.indices]

    @property
    def texts(self) -> list[str]:
        """Their words."""
        return [sentence.span.of(self.document.text) for sentence in self.sentences]


def candidates(document: Document) -> Candidates:
    """The running text; everything where there is none, or no more than a stray line beside tables."""
    sentences = document.sentences
    body = tuple(i for i, sentence in enumerate(sentences) if sentence.kind == "body")
    if len(body) <= STRAY:
        size = sum(len(sentences[i].span) for i in body)
        if size < STRAY_SHARE * sum(len(sentence.span) for sentence in sentences):
            body = ()
    return Candidates(document, body or tuple(range(len(sentences))))


def describe(chosen: Candidates, vectors: Tensor, title: Tensor | None) -> Tensor:
    """Features of every candidate, (N, F) float32.

    `vectors` are (N, W), of length 1, near where the meaning is near; `title` is the vector of the
    document's title, (W,), where it has one.
    """
    texts = chosen.texts
    columns = (
        _place(chosen) + _looks(texts) + _embedded(vectors, title) + _lexical(texts, chosen.document.title)
    )
    return torch.stack(columns, 1)


def _place(chosen: Candidates) -> list[Tensor]:
    """Where a sentence stands: in the document, in its paragraph, and under which heading."""
    sentences, n_sentences = chosen.sentences, len(chosen.indices)
    index = torch.arange(n_sentences, dtype=torch.float32)
    paragraphs = Counter(sentence.paragraph for sentence in sentences)
    number = {paragraph: i for i, paragraph in enumerate(paragraphs)}
    seen: Counter[int] = Counter()
    inside, sizes, paragraph_place = [], [], []
    for sentence in sentences:
        inside.append(seen[sentence.paragraph])
        seen[sentence.paragraph] += 1
        sizes.append(paragraphs[sentence.paragraph])
        paragraph_place.append(number[sentence.paragraph] / max(1, len(paragraphs) - 1))
    at, of = torch.tensor(inside, dtype=torch.float32), torch.tensor(sizes, dtype=torch.float32)
    columns = [
        index / max(1, n_sentences - 1),
        torch.log1p(index),
        1 / (1 + index),
        torch.log1p(n_sentences - 1 - index),
        torch.full_like(index, math.log(n_sentences + 1)),
        torch.tensor(paragraph_place),
        (at == 0).float(),
        (at == of - 1).float(),
        torch.log1p(at),
        torch.log(of),
    ]
    return columns + _under_headings(chosen)


def _under_headings(chosen: Candidates) -> list[Tensor]:
    """For each kind of section 1 where the nearest heading above is of that kind; and the distance."""
    heading, since = "", 0
    kinds, distances = [], []
    wanted = set(chosen.indices)
    for index, sentence in enumerate(chosen.document.sentences):
        if sentence.kind == "heading":
            heading, since = sentence.span.of(chosen.document.text)[:80], 0
        if index in wanted:
            kinds.append([float(bool(section.search(heading))) for section in SECTIONS])
            distances.append(math.log1p(since))
            since += 1
    return [*torch.tensor(kinds).reshape(-1, len(SECTIONS)).unbind(1), torch.tensor(distances)]


def _looks(texts: Sequence[str]) -> list[Tensor]:
    """Length, digits, capitals, brackets, questions, quotations, and words that announce something."""
    rows = []
    texts = [without_notes(text) for text in texts]
    words = [text.split() for text in texts]
    typical = sorted(map(len, words))[len(words) // 2] if words else 1
    for text, split in zip(texts, words, strict=True):
        n_words, n_letters = max(1, len(split)), max(1, len(text))
        rows.append(
            [
                math.log(n_words),
                min(3.0, n_words / max(1, typical)),
                float(n_words < 6),
                sum(letter.isdigit() for letter in text) / n_letters,
                sum(word[:1].isupper() for word in split[1:]) / n_words,
                sum(text.count(mark) for mark in "()[]") / n_words,
                float("?" in text),
                float('"' in text or "“" in text),
                float(text.rstrip()[-1:] in ".!?"),
                float(bool(CUES.search(text))),
                float(bool(ANAPHOR.match(text))),
                len(FIRST_PERSON.findall(text)) / n_words,
                sum(not mark.isalnum() and not mark.isspace() for mark in text) / n_letters,
            ]
        )
    return list(torch.tensor(rows).reshape(-1, 13).unbind(1))


def _embedded(vectors: Tensor, title: Tensor | None) -> list[Tensor]:
    """Nearness by meaning: to the mean of the document, to its title, to its beginning, to the
    neighbours; each as it is and as a rank where the rank matters."""
    mean = torch.nn.functional.normalize(vectors.mean(0), dim=0)
    first = torch.nn.functional.normalize(vectors[:8].mean(0), dim=0)
    to_mean, to_first = vectors @ mean, vectors @ first
    to_title = vectors @ title if title is not None else to_mean
    padded = torch.cat((vectors[:1], vectors, vectors[-1:]))
    around = (vectors * padded[:-2]).sum(1), (vectors * padded[2:]).sum(1)
    return [
        to_mean,
        _spread(to_mean),
        _rank(to_mean),
        to_title,
        _spread(to_title),
        _rank(to_title),
        to_first,
        _rank(to_first),
        *around,
        torch.full_like(to_mean, float(title is not None)),
    ]


def _lexical(texts: Sequence[str], title: str) -> list[Tensor]:
    """Nearness by words: PageRank and degree over tf-idf similarity, rarity, words of the title."""
    counts = [Counter(terms(text)) for text in texts]
    vocabulary = {term: i for i, term in enumerate(sorted({term for count in counts for term in count}))}
    n_texts = len(texts)
    if not vocabulary:
        return [torch.zeros(n_texts)] * 9
    holding = Counter(term for count in counts for term in count)
    total: Counter[str] = Counter()
    for count in counts:
        total.update(count)
    n_terms = sum(total.values())
    places, values, rows = [], [], []
    for row, count in enumerate(counts):
        weighed = {term: n * math.log(1 + n_texts / holding[term]) for term, n in count.items()}
        norm = math.sqrt(sum(weight * weight for weight in weighed.values())) or 1.0
        for term, weight in sorted(weighed.items()):
            places.append(vocabulary[term])
            values.append(weight / norm)
            rows.append(row)
    matrix = torch.sparse_coo_tensor(
        torch.tensor([rows, places]), torch.tensor(values), (n_texts, len(vocabulary)), check_invariants=False
    ).coalesce()
    rank, degree = _page_rank(matrix)
    likely = [
        sum(n * math.log1p(total[term]) for term, n in count.items()) / max(1, sum(count.values()))
        for count in counts
    ]
    common = [
        sum(n * total[term] for term, n in count.items())
        / max(1, sum(count.values()))
        / max(1, n_terms)
        * 100
        for count in counts
    ]
    wanted = set(terms(title))
    shared = [len(wanted & count.keys()) / max(1, len(wanted)) for count in counts]
    content = [math.log1p(sum(count.values())) for count in counts]
    usual, frequent = torch.tensor(likely), torch.tensor(common)
    return [
        torch.log(rank * n_texts + 1e-6),
        _rank(rank),
        degree / max(1, n_texts),
        _rank(degree),
        usual,
        _rank(usual),
        frequent,
        torch.tensor(shared),
        torch.tensor(content),
    ]


def _page_rank(matrix: Tensor) -> tuple[Tensor, Tensor]:
    """PageRank and degree of the rows of a sparse (N, V) matrix of length-1 rows, without ever
    building the N x N similarities (LexRank without a threshold)."""
    n_rows = matrix.shape[0]
    turned = matrix.t().coalesce()
    ones = torch.ones(n_rows, 1)
    degree = (torch.sparse.mm(matrix, torch.sparse.mm(turned, ones)) - ones).clamp_min(1e-6)
    rank = ones / n_rows
    for _ in range(ROUNDS):
        share = rank / degree
        passed = torch.sparse.mm(matrix, torch.sparse.mm(turned, share)) - share
        rank = (1 - DAMPING) / n_rows + DAMPING * passed.clamp_min(0)
        rank = rank / rank.sum()
    return rank[:, 0], degree[:, 0]


def _rank(values: Tensor) -> Tensor:
    """0 for the lowest, 1 for the highest."""
    return values.argsort(stable=True).argsort(stable=True).float() / max(1, len(values) - 1)


def _spread(values: Tensor) -> Tensor:
    """In standard deviations from the mean."""
    return (values - values.mean()) / (values.std(correction=0) + 1e-6)


N_FEATURES = 10 + len(SECTIONS) + 1 + 13 + 11 + 9

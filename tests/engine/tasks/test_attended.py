"""What the map says the model looked at is what attention gives, and where global attention goes."""

import dataclasses

import pytest
import torch

from engine.attention.reference import window_allowed
from engine.errors import Cancelled
from engine.tasks.attended import MOST_PARTS, map_attention, window_looks
from engine.tasks.placement import global_parts, tokens_within
from engine.tasks.salience import score_sentences
from engine.tasks.windows import cut_pieces
from engine.types import AttentionMap, Event, Heading, Span, SummaryOptions, WindowDone
from tests.engine.tasks import tiny_reader as tiny

TOLERANCE = 1e-4


def reference_weights(layer, hidden, is_global):  # type: ignore[no-untyped-def]
    """The definition, (H, L, L); rows of global tokens by projections of their own."""

    def scores(query, key):  # type: ignore[no-untyped-def]
        q, k = (
            linear(hidden[0]).view(hidden.shape[1], layer.n_heads, -1).transpose(0, 1)
            for linear in (query, key)
        )
        return q @ k.transpose(1, 2) / q.shape[-1] ** 0.5

    allowed = window_allowed(torch.ones_like(is_global), is_global, layer.radius)
    local, overall = scores(layer.query, layer.key), scores(layer.query_global, layer.key_global)
    both = torch.where(is_global[0][None, :, None], overall, local)
    return both.masked_fill(~allowed, float("-inf")).softmax(-1)


@pytest.mark.parametrize("placement", ["first", "headings", "sentences", "picked"])
@torch.inference_mode()
def test_the_map_is_the_reference_attention_of_512_tokens(monkeypatch, placement) -> None:
    reader = tiny.tiny_reader()
    reader.model.config = dataclasses.replace(reader.model.config, salience_depth=2)
    document = tiny.story(40)
    document = dataclasses.replace(
        document, outline=tuple(Heading(s.span, 1) for s in document.sentences[::5])
    )
    pieces, n_tokens = [], 0
    for piece in cut_pieces(document, reader.tokenizer):
        room = 510 - n_tokens
        pieces.append(dataclasses.replace(piece, ids=piece.ids[:room], offsets=piece.offsets[:room]))
        n_tokens += len(pieces[-1].ids)
        if n_tokens == 510:
            break
    options = SummaryOptions(placement=placement, picked=(Span(70, 200), Span(300, 304)))
    parts = global_parts(document, options)
    seen = []
    for layer in reader.model.longformer.layers:
        layer.attention.register_forward_pre_hook(lambda module, inputs: seen.append((module, inputs[0])))
    said = window_looks(reader, pieces, parts, lambda: False)

    offsets = [place for piece in pieces for place in piece.offsets]
    is_global = torch.tensor([[True, *tokens_within(offsets, parts), False]])
    assert is_global.shape[1] == 512
    assert is_global.sum() > 1 or placement == "first"
    weights = torch.stack([reference_weights(*one, is_global) for one in seen]).mean((0, 1))
    owner = [0, *(n for n, piece in enumerate(pieces, 1) for _ in piece.ids), len(pieces) + 1]
    member = torch.nn.functional.one_hot(torch.tensor(owner)).float()  # (L, P)
    looks, n_seen = said[:-2], len(seen)
    n_of = member.sum(0)
    assert n_seen == 2
    assert ((looks - member.T @ weights @ member) / n_of[:, None]).abs().max() < TOLERANCE
    local = weights.masked_fill(is_global[0][:, None], 0.0)
    assert ((said[-2] - member.T @ local[:, is_global[0]].sum(1)) / n_of).abs().max() < TOLERANCE
    assert (said[-1] - (weights @ member)[is_global[0]].mean(0)).abs().max() < TOLERANCE
    # A map that were wrong by one token would be far off.
    shifted = torch.roll(member, 1, 0)
    assert ((looks - shifted.T @ weights @ shifted) / n_of[:, None]).abs().max() > 10 * TOLERANCE


def test_a_long_document_is_shown_in_few_parts_and_every_sentence_has_its_heat() -> None:
    document = tiny.story(40)
    found = map_attention(tiny.tiny_reader(), document, SummaryOptions())
    assert 2 < len(found.parts) <= MOST_PARTS and found.windows > 1
    assert found.parts[0].start == 0 and found.parts[-1].end == len(document.text)
    assert all(a.end <= b.start for a, b in zip(found.parts, found.parts[1:], strict=False))
    assert len(found.heat) == len(document.sentences)
    assert max(found.heat) == pytest.approx(1) and min(found.heat) > 0
    for row, given in zip(found.looks, found.to_global, strict=True):
        assert 0 < sum(row) < sum(row) + given <= 1 + 1e-4
    assert found.looks[0][-1] == 0, "the ends of the document never share a window"
    assert AttentionMap.from_json(found.as_json()).parts == found.parts


def test_an_interrupted_map_goes_on_from_its_windows() -> None:
    reader, document, events = tiny.tiny_reader(), tiny.story(30), list[Event]()
    whole = map_attention(reader, document, SummaryOptions(), on_event=events.append)
    done = {event.index: event.payload for event in events if isinstance(event, WindowDone)}
    assert map_attention(reader, document, SummaryOptions(), windows=done) == whole
    with pytest.raises(Cancelled):
        map_attention(reader, document, SummaryOptions(), cancelled=lambda: True)


def test_where_global_attention_goes_changes_what_is_read_and_is_counted() -> None:
    reader, document = tiny.tiny_reader(), tiny.story(30)
    first = score_sentences(reader, document)
    parts = global_parts(document, SummaryOptions(placement="sentences"))
    every = score_sentences(reader, document, global_parts=parts)
    assert first.n_global == 1 < every.n_global
    assert first.salience != every.salience
    assert not global_parts(document, SummaryOptions())


def test_a_token_is_within_a_part_that_it_overlaps() -> None:
    places = [(0, 3), (3, 6), (6, 6), (7, 9)]
    assert tokens_within(places, [Span(2, 4), Span(9, 12)]) == [True, True, False, False]
    assert tokens_within(places, [Span(8, 9)]) == [False, False, False, True]
    assert tokens_within(places, []) == [False] * 4

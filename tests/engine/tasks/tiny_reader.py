"""A reader small enough for tests: random weights, a vocabulary of letters and a few words."""

from __future__ import annotations

import string

import torch
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers

from engine.models.longformer import LongformerConfig
from engine.tasks.features import N_FEATURES
from engine.tasks.reader import Calibration, LoadedReader, Reader, ReaderConfig
from engine.text.tokenizer import WordPiece
from engine.types import Document, Page, Sentence, Span

WORDS = ["the", "heart", "pumps", "blood", "river", "flows", "north", "who", "what", "where", "it", "is"]


def tiny_tokenizer() -> WordPiece:
    letters = string.ascii_lowercase + string.digits + ".,?!()-"
    names = ["[PAD]", "[CLS]", "[SEP]", "[UNK]", *letters, *(f"##{letter}" for letter in letters), *WORDS]
    library = Tokenizer(models.WordPiece({name: i for i, name in enumerate(names)}, unk_token="[UNK]"))
    library.normalizer = normalizers.BertNormalizer(lowercase=True)
    library.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    return WordPiece(library)


def tiny_reader(seed: int = 0) -> LoadedReader:
    torch.manual_seed(seed)
    tokenizer = tiny_tokenizer()
    config = LongformerConfig(
        vocab_size=128,
        width=16,
        n_heads=4,
        feed_forward_width=32,
        radii=(8, 8),
        max_positions=1025,
        n_token_types=2,
        pad_id=tokenizer.pad_id,
        sep_id=tokenizer.sep_id,
        dropout=0.0,
        attention_dropout=0.0,
        init_std=0.3,
    )
    model = Reader(ReaderConfig(config, n_features=N_FEATURES, salience_depth=1, salience_width=16)).eval()
    weights = (1.0, *(0.0 for _ in range(9)), 0.0)
    again = (*weights[:-1], *(0.0 for _ in range(5)))
    calibration = Calibration(weights, again, (1.0, *(0.0,) * 6), (-1.0, *(0.0,) * 6))
    return LoadedReader(model, tokenizer, calibration, torch.device("cpu"))


def document_of(*paragraphs: list[str], title: str = "") -> Document:
    """A document of one page from paragraphs of sentences."""
    sentences, text = [], ""
    for number, paragraph in enumerate(paragraphs):
        for place, sentence in enumerate(paragraph):
            text += ("" if not text else " " if place else "\n\n") + sentence
            span = Span(len(text) - len(sentence), len(text))
            sentences.append(Sentence(span, 1, "body", number))
    page = Page(1, 612, 792, Span(0, len(text)))
    return Document("0" * 64, title, text, (page,), sentences=tuple(sentences))


PEOPLE = ("mayor", "baker", "ferryman", "teacher", "doctor", "smith", "weaver", "painter", "judge", "miller")
DEEDS = ("repaired", "painted", "sold", "described", "measured", "inherited", "guarded", "photographed")
THINGS = (
    "bridge",
    "harbour",
    "library",
    "mill",
    "market",
    "tower",
    "orchard",
    "museum",
    "canal",
    "chapel",
    "quay",
)


def story(n_paragraphs: int = 12) -> Document:
    """A document of several windows, no two sentences alike."""
    return document_of(
        *(
            [
                f"The {PEOPLE[i % 10]} of ward {i} once {DEEDS[i % 8]} an old "
                f"{THINGS[i % 11]} near Aberfoyle.",
                f"Later {i * 37 + 5} visitors from town {i} saw how a {THINGS[(i + 3) % 11]} was "
                f"{DEEDS[(i + 5) % 8]}.",
                f"Nobody knows what {PEOPLE[(i + 4) % 10]} number {i + 60} paid for any "
                f"{THINGS[(i + 7) % 11]} there.",
            ]
            for i in range(n_paragraphs)
        ),
        title="The river",
    )

"""Ids and offsets of LongT5's tokenizer equal those of transformers' T5Tokenizer from the same file,
and those of SentencePiece itself; a small model is trained here."""

import contextlib
import io
import json
import random
from pathlib import Path
from typing import Any

import pytest
import sentencepiece
from transformers import T5Tokenizer

from engine.errors import CheckpointError, MissingWeights, UnsupportedModel
from engine.text.sentencepieces import SentencePieces

CORPUS = [
    "The office found a first fine flight of officers.",
    "Long documents are read by blocks of sixteen tokens, and so are short ones.",
    "naïve café résumé über straße",
    "你好 世界 這是 測試",
    "Numbers 123 and 4,567.89 (see page 3).",
    "the summary of the document says what the document says",
]
TEXTS = {
    "words": "The summary says what the document says.",
    "newlines": "one\n\n two\r\nthree\t\tfour   five \n",
    "ligatures": "The oﬃce ﬁnds a ﬂight; ﬀ ﬆ",
    "emoji": "fine 🎉🎉 flight 👩‍👩‍👧 of 🇦🇹",
    "cjk": "你好，世界。這是測試",
    "compatibility": "½ ™ … ①② ㎏ Å e\u0301 ｆｕｌｌ",
    "invisible": "x\u200by\u00adz a\ufeffb\u00a0c \x00 \x07",
    "metaspace": "▁a b▁▁c ▁",
    "markup": "a</s>b <extra_id_3> <pad> <unk> c",
    "arabic": "مرحبا بالعالم",
    "empty": "",
    "blank": " \n\t ",
    "unknown": "Ж" * 9 + " кот",
    "one word": "officersofficersoffice" * 50,
}


def train(directory: Path, **options: Any) -> None:
    written = io.BytesIO()
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(CORPUS * 40), model_writer=written, vocab_size=150, hard_vocab_limit=False,
        pad_id=0, eos_id=1, unk_id=2, bos_id=-1, character_coverage=1.0, minloglevel=2, num_threads=1,
        **({"model_type": "unigram", "normalization_rule_name": "nmt_nfkc"} | options),
    )
    (directory / "spiece.model").write_bytes(written.getvalue())


@pytest.fixture(scope="module")
def directory(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("spiece")
    train(path)
    return path


@pytest.fixture(scope="module")
def ours(directory: Path) -> SentencePieces:
    return SentencePieces.from_directory(directory)


@pytest.fixture(scope="module")
def theirs(directory: Path) -> Any:
    return T5Tokenizer.from_pretrained(directory)


def as_theirs(encoded: Any) -> dict[str, Any]:
    return {
        "input_ids": encoded.ids, "offset_mapping": encoded.offsets,
        "special_tokens_mask": [int(added) for added in encoded.special],
    }


def from_theirs(theirs: Any, *texts: str, literal: bool = True) -> dict[str, Any]:
    return dict(
        theirs(
            *texts, return_offsets_mapping=True, return_special_tokens_mask=True, return_attention_mask=False,
            split_special_tokens=literal,
        )
    )


@pytest.mark.parametrize("name", sorted(TEXTS.keys() - {"markup"}))
def test_equal_to_transformers(ours: SentencePieces, theirs: Any, name: str) -> None:
    text = TEXTS[name]
    assert as_theirs(ours.encode_framed(text)) == from_theirs(theirs, text)
    bare = theirs(text, add_special_tokens=False, split_special_tokens=True)
    assert ours.encode(text).ids == bare.input_ids


def test_equal_on_pairs_and_on_a_very_long_text(ours: SentencePieces, theirs: Any) -> None:
    first, second = TEXTS["ligatures"], TEXTS["newlines"]
    pair = ours.encode_framed(first, second)
    assert as_theirs(pair) == from_theirs(theirs, first, second)
    assert pair.ids.count(ours.eos_id) == 2 and pair.ids[-1] == ours.eos_id
    assert pair.second.index(True) == pair.ids.index(ours.eos_id) + 1
    random.seed(0)
    long = " ".join(random.choice([text for text in TEXTS.values() if "<" not in text]) for _ in range(4000))
    assert as_theirs(ours.encode_framed(long)) == from_theirs(theirs, long)


@pytest.mark.parametrize("name", sorted(TEXTS.keys() - {"markup"}))
def test_ids_are_those_of_sentencepiece(directory: Path, ours: SentencePieces, name: str) -> None:
    processor = sentencepiece.SentencePieceProcessor(model_file=str(directory / "spiece.model"))
    assert ours.encode(TEXTS[name]).ids == processor.encode(TEXTS[name])


def test_a_text_cannot_name_special_tokens_unless_allowed(directory: Path, theirs: Any) -> None:
    text = TEXTS["markup"]
    careful, allowed = (SentencePieces.from_directory(directory, special_in_text=on) for on in (False, True))
    assert not {careful.eos_id, careful.extra_id(3), careful.pad_id} & set(careful.encode(text).ids)
    processor = sentencepiece.SentencePieceProcessor(model_file=str(directory / "spiece.model"))
    known = [one for one in careful.encode(text).ids if one != careful.unk_id]
    wanted = [one for one in processor.encode(text) if one != careful.unk_id]
    assert known == wanted  # where two unknown characters meet, they may count as one
    assert as_theirs(allowed.encode_framed(text)) == from_theirs(theirs, text, literal=False)
    assert allowed.extra_id(3) in allowed.encode(text).ids


@pytest.mark.parametrize("name", TEXTS)
def test_offsets_point_into_the_original(ours: SentencePieces, name: str) -> None:
    text = TEXTS[name]
    encoded = ours.encode(text)
    assert all(0 <= start < end <= len(text) for start, end in encoded.offsets)
    assert encoded.offsets == sorted(encoded.offsets)
    covered = {at for start, end in encoded.offsets for at in range(start, end)}
    missing = {text[at] for at in range(len(text)) if at not in covered}
    assert all(mark.isspace() or mark in "\u200b\ufeff\x07▁\u0301\u200d" for mark in missing), missing


def test_ligatures_keep_their_place(ours: SentencePieces) -> None:
    text = "The oﬃce ﬁnds"
    encoded = ours.encode(text)
    words = [text[start:end] for start, end in encoded.offsets]
    assert "oﬃce" in words
    assert words[words.index("oﬃce") + 1] == "ﬁ"


def test_extra_ids_count_from_the_end(ours: SentencePieces, theirs: Any) -> None:
    assert ours.n_tokens == len(theirs)
    for number in (0, 7, 99):
        assert ours.extra_id(number) == theirs.convert_tokens_to_ids(f"<extra_id_{number}>")
        assert ours.extra_id(number) == ours.n_tokens - 1 - number
    with pytest.raises(ValueError, match="extra_id_100"):
        ours.extra_id(100)
    assert (ours.pad_id, ours.eos_id, ours.unk_id) == (0, 1, 2)
    assert ours.id_of("no such piece") is None


@pytest.mark.parametrize("name", TEXTS)
def test_back_to_text(ours: SentencePieces, theirs: Any, name: str) -> None:
    ids = [ours.pad_id, *ours.encode_framed(TEXTS[name]).ids]
    assert ours.decode(ids) == theirs.decode(ids, skip_special_tokens=True)
    assert ours.decode(ids, keep_special=True) == theirs.decode(ids)


def test_saved_and_read_again(ours: SentencePieces, theirs: Any, tmp_path: Path) -> None:
    ours.save(tmp_path / "both")
    (tmp_path / "json").mkdir()
    (tmp_path / "both" / "tokenizer.json").rename(tmp_path / "json" / "tokenizer.json")
    theirs.save_pretrained(tmp_path / "theirs")
    for name in ("both", "json", "theirs"):
        again = SentencePieces.from_directory(tmp_path / name)
        for text in TEXTS.values():
            assert again.encode_framed(text) == ours.encode_framed(text)


def test_settings_may_ask_for_fewer_extra_ids(directory: Path, tmp_path: Path) -> None:
    (tmp_path / "spiece.model").write_bytes((directory / "spiece.model").read_bytes())
    (tmp_path / "tokenizer_config.json").write_text(json.dumps({"extra_ids": 3}))
    few = SentencePieces.from_directory(tmp_path)
    assert few.extra_id(2) == few.n_tokens - 3 and few.id_of("<extra_id_3>") is None


def test_half_characters_are_read_as_unknown(ours: SentencePieces) -> None:
    assert ours.encode("a Ж\ud800 b").offsets[-1] == (5, 6)


def test_damaged_files_are_refused(directory: Path, tmp_path: Path) -> None:
    good = (directory / "spiece.model").read_bytes()
    with pytest.raises(MissingWeights):
        SentencePieces.from_directory(tmp_path)
    file = tmp_path / "spiece.model"
    random.seed(1)
    for damaged in (b"", b"\x00", good[:100], good[:-5], b"\xff" * 50, random.randbytes(2000)):
        file.write_bytes(damaged)
        with pytest.raises(CheckpointError):
            SentencePieces.from_directory(tmp_path)
    train(tmp_path, model_type="bpe")
    with pytest.raises(UnsupportedModel, match="unigram"):
        SentencePieces.from_directory(tmp_path)
    file.unlink()
    (tmp_path / "tokenizer.json").write_text("{}")
    with pytest.raises(CheckpointError):
        SentencePieces.from_directory(tmp_path)


def test_flipped_bytes_never_do_worse(directory: Path, tmp_path: Path) -> None:
    """Either it reads, or it is refused as what it is."""
    good = bytearray((directory / "spiece.model").read_bytes())
    random.seed(2)
    for _ in range(60):
        changed = bytearray(good)
        for _ in range(3):
            changed[random.randrange(3000)] = random.randrange(256)
        (tmp_path / "spiece.model").write_bytes(changed)
        with contextlib.suppress(CheckpointError):
            SentencePieces.from_directory(tmp_path).encode("The office")

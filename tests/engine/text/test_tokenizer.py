"""Ids and offsets equal transformers', built from the same files; damaged files are refused."""

import json
from pathlib import Path
from typing import Any

import pytest
import transformers
from tokenizers import Tokenizer as Library
from tokenizers import decoders, models, normalizers, pre_tokenizers, processors, trainers

from engine.errors import CheckpointError, MissingWeights, UnsupportedModel
from engine.text.tokenizer import Tokenizer

CORPUS = [
    "The committee found that the report was late, and that nobody had read it.",
    "Reading the report took three days; the annex (pages 41-97) took a week.",
    "Ünïcode naïve façade, 東京都 and Москва; efficient ﬁles, 3.14 % of $1,000.",
] * 4
TEXTS = {
    "empty": "",
    "a space": " ",
    "plain": "The committee read the annex.",
    "newlines": "first line\nsecond line\r\n\r\n\tindented  two  spaces \n",
    "ligatures": "eﬃcient ﬁles and ﬂows of the ofﬁce",
    "accents": "Ünïcode nai\u0308ve fac\u0327ade Émile",
    "emoji": "thumbs 👍🏽 family 👩‍👩‍👧‍👦 flag 🇩🇪 end",
    "chinese": "東京都の報告書は遅れた。終わり",
    "right to left": "تقرير עברית report",
    "zero width": "re\u00adport a\u200bb \ufeffc \u2028 line",
    "unseen": "\U0001f9ff\U00010348 ⣿ ꙮ",
    "control": "a\x00b\x01c\x7f",
    "special in the text": "the <s> and </s> and <mask> and [SEP] and [CLS] of it",
    "very long": "The committee read the report about 東京 👍. " * 4000,
}


def byte_level(directory: Path) -> None:
    """vocab.json and merges.txt in the order of RoBERTa's special tokens."""
    library = Library(models.BPE())
    library.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    trainer = trainers.BpeTrainer(
        vocab_size=400, special_tokens=["<s>", "<pad>", "</s>", "<unk>"], show_progress=False,
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
    )
    library.train_from_iterator(CORPUS, trainer)
    vocabulary = library.get_vocab() | {"<mask>": library.get_vocab_size()}
    library.model.save(str(directory))
    (directory / "vocab.json").write_text(json.dumps(vocabulary, ensure_ascii=False), "utf-8")


def word_pieces(directory: Path) -> None:
    """tokenizer.json as BERT-like models have it: lower case, accents stripped."""
    library = Library(models.WordPiece(unk_token="[UNK]"))
    library.normalizer = normalizers.BertNormalizer(lowercase=True)
    library.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    library.decoder = decoders.WordPiece()
    special = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
    trainer = trainers.WordPieceTrainer(vocab_size=300, special_tokens=special, show_progress=False)
    library.train_from_iterator(CORPUS, trainer)
    library.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]", pair="[CLS] $A [SEP] $B:1 [SEP]:1",
        special_tokens=[(name, library.token_to_id(name)) for name in ("[CLS]", "[SEP]")],
    )
    library.enable_truncation(128)  # as many published files ask for: not obeyed
    library.enable_padding(length=128)
    library.save(str(directory / "tokenizer.json"))


@pytest.fixture(scope="module")
def bpe(tmp_path_factory: pytest.TempPathFactory) -> tuple[Tokenizer, Any]:
    directory = tmp_path_factory.mktemp("bpe")
    byte_level(directory)
    mask = transformers.AddedToken("<mask>", lstrip=True, special=True)  # as it was published
    theirs = transformers.RobertaTokenizer.from_pretrained(directory, mask_token=mask)
    return Tokenizer.from_directory(directory), theirs


@pytest.fixture(scope="module")
def pieces(tmp_path_factory: pytest.TempPathFactory) -> tuple[Tokenizer, Any]:
    directory = tmp_path_factory.mktemp("pieces")
    word_pieces(directory)
    theirs = transformers.PreTrainedTokenizerFast(
        tokenizer_file=str(directory / "tokenizer.json"), cls_token="[CLS]", sep_token="[SEP]",
        pad_token="[PAD]", unk_token="[UNK]", mask_token="[MASK]",
    )
    return Tokenizer.from_directory(directory), theirs


@pytest.fixture(params=["bpe", "pieces"])
def both(request: pytest.FixtureRequest) -> tuple[Tokenizer, Any]:
    return request.getfixturevalue(request.param)


@pytest.mark.parity
@pytest.mark.parametrize("kind", TEXTS)
def test_ids_and_offsets_equal(both: tuple[Tokenizer, Any], kind: str) -> None:
    ours, theirs = both
    options = dict(return_offsets_mapping=True, truncation=False, padding=False, verbose=False)
    wanted = theirs(TEXTS[kind], add_special_tokens=False, **options)
    mine = ours.encode(TEXTS[kind])
    assert mine.ids == wanted["input_ids"] and mine.offsets == wanted["offset_mapping"]
    assert len(mine) == len(mine.ids)

    wanted = theirs(TEXTS[kind], return_special_tokens_mask=True, **options)
    framed = ours.encode_framed(TEXTS[kind])
    assert framed.ids == wanted["input_ids"] and framed.offsets == wanted["offset_mapping"]
    assert framed.special == [bool(one) for one in wanted["special_tokens_mask"]]


@pytest.mark.parity
def test_pairs_equal(both: tuple[Tokenizer, Any]) -> None:
    ours, theirs = both
    question, text = "who read it?", "Nobody read the report.\nThe end."
    wanted = theirs(question, text, return_offsets_mapping=True)
    framed = ours.encode_framed(question, text)
    assert framed.ids == wanted["input_ids"] and framed.offsets == wanted["offset_mapping"]
    assert framed.second == [part == 1 for part in wanted.sequence_ids()]
    assert framed.ids[0] == ours.cls_id and framed.ids[-1] == ours.sep_id
    assert framed.ids.count(ours.sep_id) == (3 if ours.id_of("</s>") == ours.sep_id else 2)


@pytest.mark.parity
def test_decoding_equals(both: tuple[Tokenizer, Any]) -> None:
    ours, theirs = both
    ids = ours.encode_framed(TEXTS["emoji"] + TEXTS["newlines"]).ids
    exact = dict(clean_up_tokenization_spaces=False)
    assert ours.decode(ids) == theirs.decode(ids, skip_special_tokens=True, **exact)
    assert ours.decode(ids, keep_special=True) == theirs.decode(ids, **exact)


def test_bytes_come_back_exactly(bpe: tuple[Tokenizer, Any]) -> None:
    ours, _ = bpe
    for text in TEXTS.values():
        if "<" not in text:
            assert ours.decode(ours.encode(text).ids) == text


def test_offsets_point_at_the_original(both: tuple[Tokenizer, Any]) -> None:
    """Every offset lies in the text, in order, and a word's pieces cover the word."""
    ours, _ = both
    for text in TEXTS.values():
        last = 0
        for start, end in ours.encode(text).offsets:
            assert last <= start + 1 and start <= end <= len(text)
            last = start
    text = "👍 Émile read it"
    found = ours.encode(text)
    covered = {i for start, end in found.offsets for i in range(start, end)}
    assert {i for i, letter in enumerate(text) if letter != " "} <= covered


def test_half_characters_keep_the_offsets(both: tuple[Tokenizer, Any]) -> None:
    ours, _ = both
    broken = ours.encode("read \ud83d it \udc4d now")
    whole = ours.encode("read \ufffd it \ufffd now")
    assert broken == whole


def test_batches_equal_single_texts(both: tuple[Tokenizer, Any]) -> None:
    ours, _ = both
    texts = [text for kind, text in TEXTS.items() if kind != "very long"]
    assert ours.encode_all(texts) == [ours.encode(text) for text in texts]


def test_save_and_load(both: tuple[Tokenizer, Any], tmp_path: Path) -> None:
    ours, _ = both
    ours.save(tmp_path)
    again = Tokenizer.from_directory(tmp_path)
    assert again.n_tokens == ours.n_tokens
    assert all(again.encode_framed(text) == ours.encode_framed(text) for text in TEXTS.values())


def test_added_tokens(tmp_path: Path) -> None:
    byte_level(tmp_path)
    (tmp_path / "added_tokens.json").write_text('{"<doc-sep>": 900}')
    tokenizer = Tokenizer.from_directory(tmp_path)
    separator = tokenizer.id_of("<doc-sep>")
    assert separator == tokenizer.n_tokens - 1
    assert tokenizer.encode("one<doc-sep>two").ids.count(separator) == 1
    assert tokenizer.id_of("<never>") is None


DAMAGED: dict[str, list[bytes]] = {
    "tokenizer.json": [b"", b"{", b'{"version":"1.0","model":{"type":"BPE","vocab":{"a":0', b"[]", b"{}"],
    "vocab.json": [b"", b"[]", b'{"a": "b"}', b'{"a": -1}', b'{"a": 1.5}', b'{"a": 1, "a": 2}'],
    "merges.txt": [b"a b c\n", b"\xff", b"zzz qqq\n"],
    "added_tokens.json": [b"[]", b'{"x": "y"}'],
}


@pytest.mark.parametrize("file, content", [(file, one) for file, kinds in DAMAGED.items() for one in kinds])
def test_damaged_files_are_refused(tmp_path: Path, file: str, content: bytes) -> None:
    byte_level(tmp_path)
    (tmp_path / file).write_bytes(content)
    with pytest.raises(CheckpointError, match="Fetch the model again"):
        Tokenizer.from_directory(tmp_path)


def test_nothing_there_and_other_kinds(tmp_path: Path) -> None:
    with pytest.raises(MissingWeights, match=r"tokenizer\.json"):
        Tokenizer.from_directory(tmp_path)
    Library(models.WordLevel({"a": 0}, unk_token="a")).save(str(tmp_path / "tokenizer.json"))
    with pytest.raises(UnsupportedModel, match=r"\[CLS\] or <s>"):
        Tokenizer.from_directory(tmp_path)

"""Pre-training: texts with gaps, and a LongT5 that learns from nothing to fill them."""

import random
import subprocess
import sys
from pathlib import Path

import pytest

from engine.models.longt5 import LongT5ForConditionalGeneration
from engine.text.sentencepieces import SentencePieces
from training.gaps import examples, principal, without_sentences, without_spans
from training.vocabulary import Texts, learn, tokenise

ROOT = Path(__file__).parents[2]
TEXT = " ".join(
    f"The river {name} flows north past the town of {name}. Its water turns the wheels of {number} mills. "
    f"In winter the ice of the river carries wagons."
    for number, name in enumerate(["Aller", "Bode", "Eder", "Fulda", "Havel", "Isar", "Lahn", "Main"])
)
GAPS = [99, 98, 97, 96]
RECIPE = """
name = "tiny"
kind = "writer"
seed = 1
start = "nothing"

[model]
vocab_size = {size}
width = 16
n_heads = 2
head_width = 8
feed_forward_width = 32
n_encoder_layers = 1
n_decoder_layers = 1
scale_output = false
dropout = 0.0

[limits]
source = 64
target = 32

[[stage]]
name = "gaps"
learning_rate = 1e-2
warm_steps = 2
epochs = 12
batch_tokens = 400
sources = {{ rivers = 1 }}
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A vocabulary, and texts as its ids."""
    made = tmp_path_factory.mktemp("longt5")
    tokenizer = learn(iter(TEXT.split(". ") * 20), 60, made)
    for split in ("train", "valid"):
        tokenise(iter([TEXT] * 3), tokenizer, 10_000).save(made / f"texts.rivers.{split}.npz")
    return made


def test_texts_come_back_sentence_by_sentence(folder: Path) -> None:
    tokenizer, texts = SentencePieces.from_directory(folder), Texts.load(folder / "texts.rivers.train.npz")
    assert len(texts) == 3
    said = [tokenizer.decode(sentence) for sentence in texts.sentences(1)]
    assert " ".join(said) == TEXT and len(said) == 24
    assert len(tokenise(iter([TEXT, TEXT]), tokenizer, 10)) == 1, "no text more than was asked for"
    assert len(tokenise(iter(["One sentence is too few."]), tokenizer, 10)) == 0


def test_the_sentences_that_all_others_repeat_are_left_out() -> None:
    sentences = [[1, 2, 3, 4], [9, 10, 11], [1, 2, 5, 6], [3, 4, 5, 6], [12, 13, 14, 15, 16]]
    assert principal(sentences, share=0.2) == [0]
    assert principal(sentences, share=0.45) == [0, 2], "as many as fit"
    assert principal([[7, 8]], share=0.1) == [0], "at least one"
    made = without_sentences(sentences, GAPS[0])
    assert made.source == [GAPS[0], 9, 10, 11, 1, 2, 5, 6, 3, 4, 5, 6, 12, 13, 14, 15, 16]
    assert made.target == [1, 2, 3, 4]


def test_spans_and_the_rest_make_the_whole() -> None:
    ids = list(range(60))
    for seed in range(30):
        made = without_spans(ids, GAPS, random.Random(seed))
        filled, rest = list(made.source), list(made.target)
        while rest:
            gap = rest.pop(0)
            span = []
            while rest and rest[0] not in GAPS:
                span.append(rest.pop(0))
            at = filled.index(gap)
            filled[at : at + 1] = span
        assert filled == ids and made.target


def test_examples_are_short_enough_and_the_same_for_a_seed(folder: Path) -> None:
    texts = Texts.load(folder / "texts.rivers.train.npz")
    made = list(examples(texts, 1, 80, GAPS, random.Random(3)))
    assert len(made) > 5 and all(len(pair.source) <= 80 for pair in made)
    assert made == list(examples(texts, 1, 80, GAPS, random.Random(3)))
    assert len(list(examples(texts, 0.34, 80, GAPS, random.Random(3)))) < len(made)


def test_a_model_from_nothing_learns_and_is_a_checkpoint(folder: Path, tmp_path: Path) -> None:
    tokenizer = SentencePieces.from_directory(folder)
    (tmp_path / "tiny.toml").write_text(RECIPE.format(size=tokenizer.n_tokens))
    command = [sys.executable, "-m", "training.train", str(tmp_path / "tiny.toml"), "--device", "cpu"]
    paths = ["--start", str(folder), "--data", str(folder), "--runs", str(tmp_path)]
    done = subprocess.run([*command, *paths], cwd=ROOT, capture_output=True, text=True, timeout=250)
    assert done.returncode == 0, done.stderr
    lines = [line.split(",") for line in (tmp_path / "tiny" / "log.csv").read_text().splitlines()[1:]]
    assert lines[-1][-1] and float(lines[-1][-1]) < 4.5, "validation loss; a guess has ln 160 = 5.1"
    model = LongT5ForConditionalGeneration.from_pretrained(tmp_path / "tiny" / "model")
    assert model.config.vocab_size == SentencePieces.from_directory(tmp_path / "tiny" / "model").n_tokens

"""The training of the span head: examples, the fast encoder, and runs that were killed."""

import importlib.util
import random
from pathlib import Path

import numpy as np
import pytest
import torch

from engine.text.tokenizer import WordPiece
from training.answering import Example, Maker, Mix, answering_loss, batch_by_tokens, competing_loss
from training.fast import encode_short
from training.prepare import Questions, tokenise
from training.recipe import Stage, read_recipe
from training.train import Run, batches_of

ROOT = Path(__file__).parents[2]
spec = importlib.util.spec_from_file_location("tiny_reader", ROOT / "tests/engine/tasks/tiny_reader.py")
assert spec and spec.loader
tiny = importlib.util.module_from_spec(spec)
spec.loader.exec_module(tiny)

TEXTS = [
    f"the river {i} flows north . it is the heart of town {i} , who pumps blood there ?" for i in range(8)
]


def rows() -> list[dict[str, object]]:
    found = []
    for i, text in enumerate(TEXTS):
        common = {"context_id": str(i), "title": f"article {i % 2}", "context": text}
        answer = {"text": "heart of town", "start": text.index("heart of town")}
        found.append(common | {"question": "what is it ?", "answers": [answer], "impossible": False})
        found.append(common | {"question": "where is the king ?", "answers": [], "impossible": True})
    return found


@pytest.fixture
def tokenizer() -> WordPiece:
    return tiny.tiny_tokenizer()  # type: ignore[no-any-return]


def test_answers_are_found_among_the_tokens(tokenizer: WordPiece) -> None:
    made = tokenise(rows(), tokenizer)
    assert len(made) == 16 and len(made.group) == 8
    start, end = made.answer[0]
    assert made.text(0)[start : end + 1] == tokenizer.encode("heart of town").ids
    assert made.answer[1].tolist() == [-1, -1]


def test_prepared_questions_survive_the_disk(tokenizer: WordPiece, tmp_path: Path) -> None:
    made = tokenise(rows(), tokenizer)
    made.save(tmp_path / "made.npz")
    again = Questions.load(tmp_path / "made.npz")
    assert all(np.array_equal(getattr(made, name), getattr(again, name)) for name in vars(made))


@pytest.mark.parametrize("long_share", [0.0, 1.0])
def test_the_answer_stays_the_answer_however_long_the_text_is_made(
    tokenizer: WordPiece, long_share: float
) -> None:
    made = tokenise(rows(), tokenizer)
    maker = Maker(made, tokenizer, Mix(most=60, long_share=long_share, lengths=(60, 150)))
    chance = random.Random(1)
    wanted = tokenizer.encode("heart of town").ids
    for number in range(0, 16, 2):
        example = maker.make(number, chance)
        assert example.ids[example.start : example.end + 1] == wanted
        assert example.start > example.n_global
        none = maker.make(number + 1, chance)
        assert none.start == none.end == 0


def test_a_removed_passage_leaves_a_question_without_an_answer(tokenizer: WordPiece) -> None:
    maker = Maker(
        tokenise(rows(), tokenizer), tokenizer, Mix(long_share=1, lengths=(100, 150), removed_share=1)
    )
    example = maker.make(0, random.Random(1))
    assert example.start == 0
    own = " ".join(map(str, tokenizer.encode(TEXTS[0]).ids))
    assert own not in " ".join(map(str, example.ids))


def test_batches_hold_every_example_once(tokenizer: WordPiece) -> None:
    examples = [Example([1] * size, 1, 0, 0) for size in range(5, 60)]
    batches = batch_by_tokens([[example] for example in examples], 128, random.Random(1))
    assert sorted(len(one.ids) for batch in batches for one in batch) == list(range(5, 60))
    assert all(len(batch) * max(len(one.ids) for one in batch) <= 128 for batch in batches)


def test_rivals_lack_the_answer_and_stay_with_their_question(tokenizer: WordPiece) -> None:
    only = [
        row | {"context": str(row["context"]).replace("heart", "king")}
        for row in rows()[2:]
        if row["impossible"]
    ]
    made = tokenise(rows()[:1] + only, tokenizer)
    maker = Maker(made, tokenizer, Mix(most=60, lengths=(40, 50), rivals=1.5))
    groups = [maker.make_all(0, random.Random(seed)) for seed in range(40)]
    assert {len(group) for group in groups} == {2, 3}
    own = " ".join(map(str, tokenizer.encode(TEXTS[0]).ids))
    for first, *rivals in groups:
        assert first.start and not first.rival
        for rival in rivals:
            assert rival.rival and rival.start == rival.end == 0
            assert rival.ids[: rival.n_global] == first.ids[: first.n_global]
            assert own not in " ".join(map(str, rival.ids))
    for batch in batch_by_tokens(groups, 256, random.Random(1)):
        assert not batch[0].rival
    told = [one for batch in batch_by_tokens(groups, 256, random.Random(1)) for one in batch]
    assert len(told) == sum(map(len, groups))


def test_a_part_that_says_the_answer_too_is_no_rival(tokenizer: WordPiece) -> None:
    told = [row | {"context": f"{row['context']} heart of town"} for row in rows()]
    maker = Maker(tokenise(told, tokenizer), tokenizer, Mix(most=60, lengths=(40, 50), rivals=1))
    assert len(maker.make_all(0, random.Random(1))) == 1
    assert len(maker.make_all(1, random.Random(1))) == 2, "without an answer every part is one"


def test_alone_a_window_competes_only_with_its_null() -> None:
    scores = torch.randn(4, 9, generator=torch.Generator().manual_seed(1))
    target = torch.tensor([0, 3, 8, 1])
    found = competing_loss(scores, target, torch.arange(4))
    assert float(found) == pytest.approx(float(torch.nn.functional.cross_entropy(scores, target)), abs=1e-6)


def test_windows_of_a_group_share_one_probability() -> None:
    scores = torch.randn(3, 5, generator=torch.Generator().manual_seed(2), dtype=torch.float64)
    one, other = (scores[row, 1:] - scores[row, 0] for row in (0, 1))
    alone = torch.cat((torch.zeros(1), scores[2, 1:] - scores[2, 0]))
    together = torch.cat((torch.zeros(1), one, other))
    expected = -together.log_softmax(0)[5 + 2] - alone.log_softmax(0)[0]  # token 3 of the second window
    found = competing_loss(scores, torch.tensor([0, 3, 0]), torch.tensor([0, 0, 1]))
    assert float(found) == pytest.approx(float(expected) / 2, abs=1e-9)


@pytest.mark.parametrize("length", [6, 9, 40])  # within the window, at its edge, beyond it
def test_the_fast_encoder_equals_the_engine(length: int) -> None:
    model = tiny.tiny_reader().model.longformer
    torch.manual_seed(length)
    ids = torch.randint(3, 60, (3, length))
    ids[1, length - 2 :] = 0
    n_global = torch.tensor([1, 3, 0])
    types = (torch.arange(length) > 3).long().expand_as(ids)
    valid, is_global = ids != 0, torch.arange(length) < n_global[:, None]
    with torch.no_grad():
        expected = model.encode(ids, valid, is_global, types).last_hidden_state
        found = encode_short(model, ids, n_global, types, torch.float32)
    assert torch.allclose(found[valid], expected[valid], atol=1e-5)


def stage(**changes: object) -> Stage:
    return Stage("gold", {"tiny": 2}, 1e-2, batch_tokens=256, warm_steps=2, average=0.9, **changes)  # type: ignore[arg-type]


def batches(tokenizer: WordPiece, folder: Path) -> list[list[Example]]:
    tokenise(rows(), tokenizer).save(folder / "questions.tiny.train.npz")
    return batches_of(stage(), 3, tokenizer, folder)


def test_the_same_seed_makes_the_same_batches(tokenizer: WordPiece, tmp_path: Path) -> None:
    assert batches(tokenizer, tmp_path) == batches(tokenizer, tmp_path)


@pytest.mark.parametrize("dropout", [0.0, 0.2])
def test_a_killed_run_goes_on_as_if_nothing_had_happened(
    tokenizer: WordPiece, tmp_path: Path, dropout: float
) -> None:
    made, one_stage = batches(tokenizer, tmp_path), stage(dropout=dropout)
    whole, first, second = (Run(tiny.tiny_reader(seed).model, one_stage, len(made)) for seed in (1, 1, 2))
    torch.manual_seed(5)
    for batch in made:
        whole.learn(batch)
    torch.manual_seed(5)
    for batch in made[:2]:
        first.learn(batch)
    torch.save(first.state(), tmp_path / "checkpoint.pt")
    torch.manual_seed(6)
    second.restore(torch.load(tmp_path / "checkpoint.pt", weights_only=True))
    for batch in made[second.step :]:
        second.learn(batch)
    for run in (whole, second):
        run.finish()
    for one, other in zip(whole.model.parameters(), second.model.parameters(), strict=True):
        assert torch.equal(one, other)


def test_training_learns_and_leaves_frozen_layers_alone(tokenizer: WordPiece, tmp_path: Path) -> None:
    made = batches(tokenizer, tmp_path) * 6
    reader = tiny.tiny_reader().model
    before = {name: tensor.clone() for name, tensor in reader.state_dict().items()}
    run = Run(reader, stage(frozen=1), len(made))
    losses = [float(run.learn(batch)) for batch in made]
    assert sum(losses[-3:]) < 0.7 * sum(losses[:3])
    changed = {name for name, tensor in reader.state_dict().items() if not torch.equal(tensor, before[name])}
    assert not any(name.startswith(("longformer.embeddings.", "longformer.layers.0.")) for name in changed)
    assert any(name.startswith("longformer.layers.1.") for name in changed)
    with torch.no_grad():
        assert float(answering_loss(reader, made[0], frozen=1)) == pytest.approx(
            float(answering_loss(reader, made[0])), abs=0.05
        )


@pytest.mark.parametrize(
    "recipe", sorted((ROOT / "training/recipes").glob("*.toml")), ids=lambda path: path.stem
)
def test_recipes_can_be_read(recipe: Path) -> None:
    made = read_recipe(recipe)
    assert made.name == recipe.stem and made.stages

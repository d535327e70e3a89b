"""The training of writers: what they are shown, where they start, and pairs of one's own."""

import argparse
import importlib.util
import json
import random
from pathlib import Path

import pytest
import torch

from engine.models.led import LEDConfig, LEDForConditionalGeneration, place_global
from engine.models.longt5 import LongT5Config, LongT5ForConditionalGeneration
from training import writers
from training.recipe import Recipe, Stage
from training.writers import Limits, Marks, batch_pairs, collate, start_led, train_writer, writing_loss
from training.writing import Pair, Pairs, evidence_for, make_pairs, sentences_of, supported

ROOT = Path(__file__).parents[2]
spec = importlib.util.spec_from_file_location("tiny_reader", ROOT / "tests/engine/tasks/tiny_reader.py")
assert spec and spec.loader
tiny = importlib.util.module_from_spec(spec)
spec.loader.exec_module(tiny)

DOCUMENT = (
    "Rivers carry water to the sea. The Merrow was dammed in 1926 by Ada Brandt. "
    "Fish ladders were added later. Nobody asked the fishermen of Cape Merrow. "
    "The reservoir holds four million tonnes of water."
)


def test_a_summary_keeps_only_what_its_evidence_supports() -> None:
    evidence = ["The Merrow was dammed in 1926 by Ada Brandt.", "The reservoir holds water."]
    summary = (
        "Ada Brandt dammed the Merrow in 1926. It cost 4,000 pounds in all. Later Otto Lind repaired it."
    )
    assert supported(summary, evidence, "") == "Ada Brandt dammed the Merrow in 1926."
    assert "Otto Lind" in supported(summary, evidence, "Otto Lind")


def test_evidence_holds_what_the_summary_needs_in_the_order_of_the_document() -> None:
    sentences = sentences_of(DOCUMENT) + [f"Filler number {i} says nothing at all of use." for i in range(90)]
    chosen = evidence_for("The reservoir of the Merrow, dammed in 1926.", sentences, random.Random(1))
    assert "The Merrow was dammed in 1926 by Ada Brandt." in chosen
    assert "The reservoir holds four million tonnes of water." in chosen
    assert chosen == sorted(chosen, key=sentences.index)
    assert sum(len(one.split()) for one in chosen) <= writers.Limits().source


def test_pairs_survive_the_disk_and_batches_hold_each_once(tmp_path: Path) -> None:
    row = {
        "id": "1",
        "title": "Merrow",
        "document": DOCUMENT,
        "summary": "The Merrow was dammed in 1926 by Ada Brandt.",
    }
    (pair,) = make_pairs([row], tiny.tiny_tokenizer(), 1)
    many = [Pair(pair.source[: 5 + i], pair.target[: 3 + i % 4]) for i in range(40)]
    Pairs.of(many).save(tmp_path / "pairs.npz")
    again = list(Pairs.load(tmp_path / "pairs.npz"))
    assert again == many
    batches = batch_pairs(again, Limits(), 120, random.Random(1))
    key = lambda one: (one.source, one.target)  # noqa: E731
    assert sorted((one for batch in batches for one in batch), key=key) == sorted(many, key=key)
    assert all(len(batch) * max(map(len, batch)) <= 120 or len(batch) == 1 for batch in batches)


def test_what_is_too_long_is_cut_inside_its_marks() -> None:
    marks = Marks((7,), (9,), 0)
    ids, valid, labels = collate(
        [Pair([1, 2, 3, 4], [5, 6, 5]), Pair([1], [5])], marks, Limits(5, 3), torch.device("cpu")
    )
    assert ids.tolist() == [[7, 1, 2, 3, 9], [7, 1, 9, 0, 0]]
    assert valid.sum(1).tolist() == [5, 3] and labels.tolist() == [[5, 6, 9], [5, 9, -100]]


def test_the_led_starts_as_the_longformer_that_it_is_made_of() -> None:
    loaded = tiny.tiny_reader()
    longformer = loaded.model.longformer
    with torch.no_grad():  # six layers, as the decoder takes some of six
        longformer.layers.extend(longformer.layers[i % 2] for i in range(4))
    object.__setattr__(longformer.config, "radii", (8,) * 6)
    led = start_led(longformer, loaded.tokenizer).eval()
    ids = torch.randint(4, 60, (2, 30))
    valid, is_global = torch.ones_like(ids, dtype=torch.bool), place_global(ids)
    with torch.no_grad():
        expected = longformer.encode(ids, valid, is_global).last_hidden_state
        found = led.encode(ids, valid, is_global).last_hidden_state
    assert torch.allclose(found, expected, atol=1e-4)
    assert led.lm_head.weight is led.led.shared.weight


def tiny_led() -> LEDForConditionalGeneration:
    torch.manual_seed(1)
    sizes = {
        "feed_forward_width": 32,
        "decoder_feed_forward_width": 32,
        "radii": (4, 4),
        "n_decoder_layers": 1,
    }
    return LEDForConditionalGeneration(
        LEDConfig(
            vocab_size=128, width=16, n_heads=2, n_decoder_heads=2, max_positions=64,
            max_decoder_positions=32, pad_id=0, bos_id=1, eos_id=2, decoder_start_id=1, dropout=0.0, **sizes,  # type: ignore[arg-type]
        )
    )  # fmt: skip


def tiny_longt5() -> LongT5ForConditionalGeneration:
    torch.manual_seed(1)
    return LongT5ForConditionalGeneration(
        LongT5Config(
            vocab_size=128,
            width=16,
            head_width=8,
            n_heads=2,
            feed_forward_width=32,
            n_encoder_layers=1,
            n_decoder_layers=1,
        )
    )


@pytest.mark.parametrize("make", [tiny_led, tiny_longt5])
def test_each_family_learns_to_copy_a_few_pairs(make) -> None:
    model = make().train()
    writers.checkpoint_layers_(model)
    pairs = [Pair([20 + i, 30 + i, 40], [30 + i, 40]) for i in range(6)]
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-2)
    losses = []
    for _ in range(40):
        loss = writing_loss(model, pairs, Limits(16, 8))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(float(loss.detach()))
    assert losses[-1] < 0.6 * losses[0]


def test_a_checkpoint_is_fine_tuned_on_pairs_of_ones_own(tmp_path: Path) -> None:
    start, pairs = tmp_path / "start", tmp_path / "own.jsonl"
    tiny_led().save_pretrained(start)
    tiny.tiny_tokenizer().save(start)
    lines = [{"document": f"the river flows {i}", "summary": "the river"} for i in range(8)]
    pairs.write_text("\n".join(map(json.dumps, lines)) + "\n")
    recipe = Recipe(
        "own", 1, "own", (Stage("tune", {}, 1e-2, epochs=30, batch_tokens=128, warm_steps=2),), "writer"
    )
    options = argparse.Namespace(
        start=start, pairs=pairs, weights=None, data=tmp_path, resume=False, save_every=1e9, minutes=None,
        device="cpu",
    )
    (tmp_path / "run").mkdir()
    train_writer(recipe, tmp_path / "run", options)
    again, tokenizer = writers.load_writer(tmp_path / "run" / "model")
    own = list(writers.read_pairs(pairs, tokenizer))
    with torch.no_grad():
        tuned = float(writing_loss(again.eval(), own, Limits()))
        before = float(writing_loss(tiny_led().eval(), own, Limits()))
    assert tuned < 0.8 * before

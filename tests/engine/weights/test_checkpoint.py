"""Model directories load loudly: whatever is missing, surplus, misshapen or not finite is named."""

import json
import pickle
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file, save_file

from engine.errors import CheckpointError, MissingWeights, UnexpectedWeights, UnsupportedModel
from engine.models.longformer import (
    LongformerConfig,
    LongformerForMaskedLM,
    LongformerForQuestionAnswering,
    LongformerModel,
)
from engine.weights.checkpoint import INDEX, WEIGHTS

CONFIG = LongformerConfig(
    vocab_size=50, width=16, n_heads=2, feed_forward_width=24, radii=(2, 3), max_positions=40, n_labels=2
)


@pytest.fixture
def stored(tmp_path: Path) -> Path:
    torch.manual_seed(0)
    LongformerForQuestionAnswering(CONFIG).save_pretrained(tmp_path)
    return tmp_path


def change(directory: Path, edit: Any) -> None:
    tensors = load_file(directory / WEIGHTS)
    edit(tensors)
    save_file(tensors, directory / WEIGHTS)


def split_into_shards(directory: Path) -> dict[str, Any]:
    tensors = load_file(directory / WEIGHTS)
    (directory / WEIGHTS).unlink()
    names = sorted(tensors)
    shards = {"model-1.safetensors": names[::2], "model-2.safetensors": names[1::2]}
    for file, held in shards.items():
        save_file({name: tensors[name] for name in held}, directory / file)
    index = {"weight_map": {name: file for file, held in shards.items() for name in held}}
    (directory / INDEX).write_text(json.dumps(index))
    return index


def same(left: torch.nn.Module, right: torch.nn.Module) -> bool:
    one, other = left.state_dict(), right.state_dict()
    return one.keys() == other.keys() and all(torch.equal(one[name], other[name]) for name in one)


def test_round_trip(stored: Path, tmp_path: Path) -> None:
    model = LongformerForQuestionAnswering.from_pretrained(stored)
    assert model.config == CONFIG and not model.training
    assert all(parameter.requires_grad for parameter in model.parameters())
    model.save_pretrained(tmp_path / "again")
    assert same(model, LongformerForQuestionAnswering.from_pretrained(tmp_path / "again"))


def test_shards(stored: Path) -> None:
    whole = LongformerForQuestionAnswering.from_pretrained(stored)
    split_into_shards(stored)
    assert same(whole, LongformerForQuestionAnswering.from_pretrained(stored))


def test_format_of_the_activations(stored: Path) -> None:
    model = LongformerForQuestionAnswering.from_pretrained(stored, dtype=torch.bfloat16)
    assert {parameter.dtype for parameter in model.parameters()} == {torch.bfloat16}


def test_missing_weights_are_named(stored: Path) -> None:
    change(stored, lambda tensors: tensors.pop("qa_outputs.bias"))
    with pytest.raises(MissingWeights, match=r"qa_outputs\.bias"):
        LongformerForQuestionAnswering.from_pretrained(stored)


def test_missing_weights_are_named_as_published(stored: Path) -> None:
    name = "longformer.encoder.layer.1.attention.self.key_global.weight"
    change(stored, lambda tensors: tensors.pop(name))
    with pytest.raises(MissingWeights, match=r"encoder\.layer\.1\.attention\.self\.key_global\.weight"):
        LongformerForQuestionAnswering.from_pretrained(stored)


def test_surplus_weights_are_named(stored: Path) -> None:
    change(stored, lambda tensors: tensors.update({"not.in.model": torch.ones(2)}))
    with pytest.raises(UnexpectedWeights, match=r"not\.in\.model"):
        LongformerForQuestionAnswering.from_pretrained(stored)


def test_other_shapes_are_named(stored: Path) -> None:
    change(stored, lambda tensors: tensors.update({"qa_outputs.bias": torch.ones(3)}))
    with pytest.raises(UnsupportedModel, match=r"qa_outputs\.bias is of shape \(3,\)"):
        LongformerForQuestionAnswering.from_pretrained(stored)


def test_whole_numbers_are_no_weights(stored: Path) -> None:
    change(stored, lambda tensors: tensors.update({"qa_outputs.bias": torch.ones(2, dtype=torch.int64)}))
    with pytest.raises(UnsupportedModel, match=r"qa_outputs\.bias"):
        LongformerForQuestionAnswering.from_pretrained(stored)


@pytest.mark.parametrize("bad", [float("nan"), float("inf"), float("-inf")])
def test_numbers_that_are_not_finite_are_named(stored: Path, bad: float) -> None:
    change(stored, lambda tensors: tensors["qa_outputs.weight"].view(-1)[5:6].fill_(bad))
    with pytest.raises(CheckpointError, match=r"qa_outputs\.weight holds a number that is not finite"):
        LongformerForQuestionAnswering.from_pretrained(stored)


def test_old_files_hold_a_table_of_positions(stored: Path) -> None:
    surplus = {"longformer.embeddings.position_ids": torch.arange(40)[None]}
    change(stored, lambda tensors: tensors.update(surplus))
    LongformerForQuestionAnswering.from_pretrained(stored)


def test_a_head_can_be_begun_anew_only_by_name(tmp_path: Path) -> None:
    torch.manual_seed(0)
    published = LongformerForMaskedLM(CONFIG)
    published.save_pretrained(tmp_path)
    with pytest.raises(MissingWeights, match="qa_outputs"):
        LongformerForQuestionAnswering.from_pretrained(tmp_path)
    begun, left = ("qa_outputs.",), ("lm_head.",)
    model = LongformerForQuestionAnswering.from_pretrained(tmp_path, fresh=begun, unused=left)
    assert same(model.longformer, published.longformer)
    assert not any(parameter.is_meta for parameter in model.parameters())
    with pytest.raises(MissingWeights, match="pooler"):
        LongformerModel.from_pretrained(tmp_path, unused=left)
    assert LongformerModel.from_pretrained(tmp_path, fresh=("pooler.",), unused=left).pooler is not None


def test_a_stored_copy_must_equal_its_original(tmp_path: Path) -> None:
    LongformerForMaskedLM(CONFIG).save_pretrained(tmp_path)
    words = load_file(tmp_path / WEIGHTS)["longformer.embeddings.word_embeddings.weight"]
    change(tmp_path, lambda tensors: tensors.update({"lm_head.decoder.weight": words.clone()}))
    LongformerForMaskedLM.from_pretrained(tmp_path)
    change(tmp_path, lambda tensors: tensors.update({"lm_head.decoder.weight": words + 1}))
    with pytest.raises(UnsupportedModel, match="differs"):
        LongformerForMaskedLM.from_pretrained(tmp_path)


# ------------------------------------------------------------ hostile directories


def test_unknown_keys_of_the_configuration_are_not_looked_at(stored: Path) -> None:
    published = json.loads((stored / "config.json").read_text())
    published |= {
        "auto_map": {"AutoModel": "evil.py--Evil"},
        "_attn_implementation_internal": "attacker/repo",
        "trust_remote_code": True,
    }
    (stored / "config.json").write_text(json.dumps(published))
    assert LongformerForQuestionAnswering.from_pretrained(stored).config == CONFIG


@pytest.mark.parametrize(
    "key, value",
    [
        ("model_type", "bert"), ("hidden_size", -1), ("hidden_size", 10**30), ("hidden_size", "16"),
        ("hidden_size", 17), ("num_hidden_layers", 10**9), ("attention_window", [4]), ("attention_window", 5),
        ("attention_window", 0), ("hidden_act", "os.system"), ("layer_norm_eps", [1]), ("vocab_size", 2.5),
    ],
)
def test_a_configuration_out_of_bounds_is_refused(stored: Path, key: str, value: Any) -> None:
    published = json.loads((stored / "config.json").read_text())
    (stored / "config.json").write_text(json.dumps(published | {key: value}))
    with pytest.raises(UnsupportedModel, match=r"config\.json"):
        LongformerForQuestionAnswering.from_pretrained(stored)


def test_a_configuration_may_not_claim_more_than_the_file_holds(stored: Path) -> None:
    """A table of 16 million words is refused by its shape, before memory is asked for."""
    published = json.loads((stored / "config.json").read_text())
    (stored / "config.json").write_text(json.dumps(published | {"vocab_size": 2**24}))
    with pytest.raises(UnsupportedModel, match="word_embeddings"):
        LongformerForQuestionAnswering.from_pretrained(stored)


@pytest.mark.parametrize(
    "shard", ["../../etc/passwd", "/etc/shadow", "..", "a/b.safetensors", "x.bin", ".safetensors"]
)
def test_an_index_may_name_only_files_beside_it(stored: Path, shard: str) -> None:
    index = split_into_shards(stored)
    index["weight_map"]["qa_outputs.bias"] = shard
    (stored / INDEX).write_text(json.dumps(index))
    with pytest.raises(CheckpointError, match="outside the model directory"):
        LongformerForQuestionAnswering.from_pretrained(stored)


def test_an_index_and_its_shards_agree(stored: Path) -> None:
    index = split_into_shards(stored)
    haunted = index["weight_map"] | {"ghost": "model-1.safetensors"}
    (stored / INDEX).write_text(json.dumps({"weight_map": haunted}))
    with pytest.raises(MissingWeights, match="ghost"):
        LongformerForQuestionAnswering.from_pretrained(stored)
    (stored / "model-2.safetensors").unlink()
    with pytest.raises(MissingWeights, match=r"model-2\.safetensors"):
        LongformerForQuestionAnswering.from_pretrained(stored)


def test_a_pickle_is_refused_and_never_opened(
    stored: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    canary = tmp_path / "canary"

    class Attack:
        def __reduce__(self) -> tuple[Any, ...]:
            return open, (str(canary), "w")

    (stored / WEIGHTS).unlink()
    with (stored / "pytorch_model.bin").open("wb") as file:
        pickle.dump({"w": Attack()}, file)

    def never(*_: Any, **__: Any) -> None:
        raise AssertionError("something was unpickled")

    for owner, name in ((torch, "load"), (pickle, "load"), (pickle, "loads"), (pickle, "Unpickler")):
        monkeypatch.setattr(owner, name, never)
    with pytest.raises(UnsupportedModel, match="safetensors"):
        LongformerForQuestionAnswering.from_pretrained(stored)
    assert not canary.exists()


def test_nothing_there(tmp_path: Path) -> None:
    with pytest.raises(CheckpointError, match=r"config\.json is missing"):
        LongformerModel.from_pretrained(tmp_path)
    (tmp_path / "config.json").write_text('{"model_type": "longformer"}')
    with pytest.raises(MissingWeights, match=r"model\.safetensors"):
        LongformerModel.from_pretrained(tmp_path)

"""Make a Longformer of MiniLM, as the Longformer paper made its own of RoBERTa (section 5).

The 512 learned positions are copied along the whole table, and the projections of global tokens
start as copies of the others. The files are those of sentence-transformers/all-MiniLM-L6-v2
(Apache-2.0): `model.safetensors` and `tokenizer.json` in one folder.
"""

from __future__ import annotations

from pathlib import Path

import torch
from safetensors.torch import load_file
from torch import Tensor

from engine.models.longformer import LongformerConfig, LongformerModel
from engine.tasks.features import N_FEATURES
from engine.tasks.reader import Reader, ReaderConfig
from training.special import read_special

MAX_TOKENS = 4096


def start_from_minilm(directory: Path, radius: int = 256) -> Reader:
    """A reader whose encoder computes what MiniLM does on short texts; its heads are fresh."""
    special = read_special(directory)
    stored = {
        name.removeprefix("bert."): tensor
        for name, tensor in load_file(directory / "model.safetensors").items()
    }
    position = stored["embeddings.position_embeddings.weight"]
    config = LongformerConfig(
        vocab_size=stored["embeddings.word_embeddings.weight"].shape[0],
        width=position.shape[1],
        n_heads=12,
        feed_forward_width=stored["encoder.layer.0.intermediate.dense.weight"].shape[0],
        radii=(radius,) * sum(name.endswith("attention.self.query.weight") for name in stored),
        max_positions=MAX_TOKENS + special.pad_id + 1,
        n_token_types=2,
        norm_eps=1e-12,
        pad_id=special.pad_id,
        sep_id=special.sep_id,
        dropout=0.0,
        attention_dropout=0.0,
    )
    reader = Reader(ReaderConfig(config, n_features=N_FEATURES))
    reader.longformer.load_state_dict(_widened(stored, position, reader.longformer, config.pad_id))
    return reader


def _widened(
    stored: dict[str, Tensor], position: Tensor, model: LongformerModel, pad_id: int
) -> dict[str, Tensor]:
    """The stored tensors under our names, with long positions and projections for global tokens."""
    names = LongformerModel.names()
    state = {names.to_ours(name): tensor for name, tensor in stored.items()}
    filler = torch.zeros(pad_id + 1, position.shape[1])
    n_copies = -(-MAX_TOKENS // position.shape[0])
    state["embeddings.position.weight"] = torch.cat((filler, position.repeat(n_copies, 1)[:MAX_TOKENS]))
    for name in list(state):
        for part in ("query", "key", "value"):
            if f".attention.{part}." in name:
                state[name.replace(f".{part}.", f".{part}_global.")] = state[name].clone()
    wanted = model.state_dict()
    return {name: tensor for name, tensor in state.items() if name in wanted}

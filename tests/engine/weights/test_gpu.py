"""bitsandbytes' layers: only on a graphics card, imported only there, and close to the original."""

import subprocess
import sys
from pathlib import Path

import pytest
import torch
from torch import nn

from engine.errors import UnsupportedModel
from engine.models.longformer import LongformerConfig, LongformerModel
from engine.weights.gpu import convert_, to_bitsandbytes_

ROOT = Path(__file__).parents[3]


def model() -> LongformerModel:
    torch.manual_seed(0)
    config = LongformerConfig(
        vocab_size=100, width=128, n_heads=2, feed_forward_width=128, radii=(4,), max_positions=60
    )
    return LongformerModel(config, pooler=False).eval()


def test_a_model_on_a_processor_is_refused() -> None:
    with pytest.raises(UnsupportedModel, match="CUDA"):
        to_bitsandbytes_(model(), "nf4")


def test_nothing_is_imported_before_it_is_needed() -> None:
    probe = "import sys, engine.weights.gpu; print('bitsandbytes' in sys.modules)"
    command = [sys.executable, "-c", probe]
    found = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "False"


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("scheme, most", [("int8", 0.05), ("nf4", 0.25)])
def test_how_far_the_output_is_off(scheme: str, most: float) -> None:
    pytest.importorskip("bitsandbytes", exc_type=ImportError)
    exact, small = model(), model()
    convert_(small, scheme, keep=(), least=0)
    assert type(small.layers[0].attention.key_global) is nn.Linear
    assert type(small.layers[0].widen) is not nn.Linear
    ids, valid = torch.randint(3, 100, (2, 40)), torch.ones(2, 40, dtype=torch.bool)
    with torch.no_grad():
        wanted = exact.encode(ids, valid, torch.arange(40) < 2 * valid).last_hidden_state
        got = small.encode(ids, valid, torch.arange(40) < 2 * valid).last_hidden_state
    assert 0 < float((got - wanted).norm() / wanted.norm()) <= most

"""Which device and number format to compute with, and why, in a sentence.

The reason travels with the choice: `doctor` prints it, the run record names the device, and
nobody has to guess why a machine with a graphics card computes on its processor.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    import torch

DeviceChoice = Literal["auto", "cpu", "cuda"]


@dataclass(frozen=True, slots=True)
class Device:
    """A place to compute. `dtype` is the name of the activations' format, as torch spells it."""

    name: Literal["cpu", "cuda"]
    dtype: Literal["float32", "bfloat16"]
    threads: int
    reason: str

    @property
    def torch_device(self) -> torch.device:
        """The same as torch's own value."""
        import torch

        return torch.device(self.name)

    @property
    def torch_dtype(self) -> torch.dtype:
        """The activations' format as torch's own value."""
        import torch

        return torch.float32 if self.dtype == "float32" else torch.bfloat16


def choose_device(wish: DeviceChoice = "auto", threads: int | None = None) -> Device:
    """Pick a device. A wish that this machine cannot grant falls back to the processor and says so."""
    import torch

    if threads is not None:
        torch.set_num_threads(threads)
    n_threads = torch.get_num_threads()
    on_cpu = f"on the processor with {n_threads} threads in float32"
    if wish == "cpu":
        return Device("cpu", "float32", n_threads, f"Computing {on_cpu}, as asked.")
    if not torch.cuda.is_available():
        why = "no CUDA device was found" if torch.version.cuda else "this build of torch has no CUDA"
        return Device("cpu", "float32", n_threads, f"Computing {on_cpu}: {why}.")
    card = torch.cuda.get_device_name()
    if not torch.cuda.is_bf16_supported():
        return Device("cpu", "float32", n_threads, f"Computing {on_cpu}: {card} has no bfloat16.")
    return Device("cuda", "bfloat16", n_threads, f"Computing on {card} in bfloat16.")

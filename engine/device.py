"""Which device and number format to compute with, and why, in a sentence.

The reason travels with the choice: `doctor` prints it, the run record names the device, and
nobody has to guess why a machine with a graphics card computes on its processor.
"""

from __future__ import annotations

import os
import shutil
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    import torch

NVIDIA = Path("/proc/driver/nvidia/version")
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


def describe_machine() -> str:
    """The processor, the memory and the graphics card of this computer, without loading torch."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    found = [f"{cores} processor core{'s' if cores > 1 else ''}"]
    with suppress(AttributeError, ValueError, OSError):  # Windows; a system that does not say
        n_bytes = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
        found.append(f"{n_bytes / 1e9:.0f} GB of memory")
    card = NVIDIA.exists() or shutil.which("nvidia-smi") is not None
    return ", ".join([*found, "an NVIDIA graphics card" if card else "no graphics card that models can use"])

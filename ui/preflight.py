"""What a summary will take before anything runs: pages, tokens, windows, memory, time.

The figures come from what earlier runs took on this computer. Only counts are kept of them, the
last few of each model and device; until there is one, a careful guess stands in and is called so.
"""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

from engine.tasks.scope import within
from engine.types import Document, JsonScalar, ModelInfo, Placement, Run, SummaryOptions

KEPT = 8  # runs
LEAST_TOKENS = 200  # a shorter run says little about a longer one
CHARS_PER_TOKEN, SECONDS_PER_TOKEN, BYTES_BESIDE = 4.4, 0.0015, 700_000_000
WINDOW = 480  # fresh tokens in a window of 512


@dataclass(frozen=True, slots=True)
class Measured:
    """One run: what it read, in how long, and the most memory this program ever took by its end."""

    n_chars: int
    n_tokens: int
    seconds: float
    n_bytes: int


@dataclass(frozen=True, slots=True)
class Preflight:
    """What is to come; `is_measured` says whether earlier runs on this computer stand behind it."""

    n_pages: int
    n_tokens: int
    n_windows: int
    seconds: float
    n_bytes: int
    device: str
    is_measured: bool
    placement: Placement = "first"


def estimate(
    document: Document, options: SummaryOptions, model: ModelInfo, device: str, earlier: Sequence[Measured]
) -> Preflight:
    """The figures for a document or a part of it."""
    part = within(document, options.scope)
    n_chars = n_chars_of(part)
    per_token = median([run.n_chars / run.n_tokens for run in earlier]) if earlier else CHARS_PER_TOKEN
    pace = median([run.seconds / run.n_tokens for run in earlier]) if earlier else SECONDS_PER_TOKEN
    n_tokens = math.ceil(n_chars / per_token)
    return Preflight(
        n_pages=part.n_pages_read,
        n_tokens=n_tokens,
        n_windows=math.ceil(n_tokens / WINDOW),
        seconds=n_tokens * pace,
        n_bytes=max((run.n_bytes for run in earlier), default=model.n_bytes + BYTES_BESIDE),
        device=device,
        is_measured=bool(earlier),
        placement=options.placement,
    )


def n_chars_of(part: Document) -> int:
    """Characters of all sentences that are read."""
    return sum(len(sentence.span) for sentence in part.sentences)


def pace_of(earlier: Sequence[Measured]) -> float | None:
    """Tokens a second, as the median of earlier runs; None where there is none."""
    return median(run.n_tokens / run.seconds for run in earlier) if earlier else None


def setting_name(model: str, device: str) -> str:
    """Under what the runs of a model and device are kept."""
    return f"measured:{model}:{device}"


def read_measured(value: JsonScalar) -> tuple[Measured, ...]:
    """The runs in a kept value; none where there is nothing that can be read."""
    if not isinstance(value, str):
        return ()
    try:
        return tuple(Measured(*map(float, row)) for row in json.loads(value))  # type: ignore[arg-type]
    except (TypeError, ValueError):
        return ()


def with_run(earlier: Sequence[Measured], run: Run, n_chars: int, n_bytes: int) -> str | None:
    """The value to keep after another run; None for one too short to learn from."""
    if run.tokens_read < LEAST_TOKENS or run.seconds <= 0:
        return None
    rows = [*earlier, Measured(n_chars, run.tokens_read, run.seconds, n_bytes)][-KEPT:]
    return json.dumps([[row.n_chars, row.n_tokens, row.seconds, row.n_bytes] for row in rows])


def most_memory() -> int:
    """The most memory this program took so far, in bytes; 0 where the system does not say."""
    try:
        import resource
    except ImportError:  # Windows
        return 0
    import sys

    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024

"""Which promise is measured where."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path

from tests.promises import (
    p01_network,
    p02_lasting,
    p04_documents,
    p06_framed,
    p06_visitors,
    p07_traces,
    p09_models,
    p12_exports,
)
from tests.promises.figures import Check, Figure, Setting

CHECKS: list[tuple[tuple[str, ...], Check]] = [
    (("P1",), p01_network.check),
    (("P2",), p02_lasting.check),
    (("P2",), p02_lasting.check_server),
    (("P3",), p02_lasting.check_full_disk),
    (("P4",), p04_documents.check),
    (("P5",), p04_documents.check_coverage),
    (("P6", "P8", "P13"), p06_visitors.check),
    (("P6", "P8"), p06_visitors.check_copies),
    (("P6", "P8"), p06_framed.check),
    (("P8",), p06_visitors.check_busy),
    (("P8",), p06_visitors.check_turns),
    (("P7",), p06_visitors.check_forgetting),
    (("P7",), p07_traces.check_forgetting),
    (("P13",), p07_traces.check_logs),
    (("P9", "P10"), p09_models.check),
    (("P10",), p09_models.check_changed),
    (("P11",), p01_network.check_data),
    (("P12",), p12_exports.check_exports),
    (("P14",), p12_exports.check_names),
    (("P15",), p02_lasting.check_old),
    (("P16",), p12_exports.check_again),
]


def carry_out(
    promises: tuple[str, ...],
    check: Check,
    *,
    quick: bool,
    documents: Path | None = None,
    say: Callable[[Figure], None] = lambda figure: None,
) -> list[Figure]:
    """The figures of one check; one that breaks is a figure that does not hold."""
    figures: list[Figure] = []
    with tempfile.TemporaryDirectory(prefix="precis-promise-", ignore_cleanup_errors=True) as folder:
        try:
            for figure in check(Setting(Path(folder), quick, documents)):
                figures.append(figure)
                say(figure)
        except Exception as error:  # the other promises are measured all the same
            figures.append(
                Figure(
                    promises[0], "could be measured", f"{type(error).__name__}: {error}"[:200], "yes", False
                )
            )
            say(figures[-1])
    return figures

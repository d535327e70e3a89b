"""The quick form of every promise, as part of the suite; `make promises` runs the full form."""

import sys

import pytest

from tests.promises.figures import suite
from tests.promises.table import CHECKS, carry_out

pytestmark = [pytest.mark.slow, pytest.mark.skipif(sys.platform != "linux", reason="measured through /proc")]
# What other tests of the same run hold anyway is not run a second time.
OWN = [(promises, check) for promises, check in CHECKS if promises not in (("P3",), ("P12",), ("P15",))]


@pytest.mark.timeout(600)
@pytest.mark.parametrize("promises, check", OWN, ids=["+".join(promises) for promises, _ in OWN])
def test_promise(promises, check):
    figures = carry_out(promises, check, quick=True)
    assert figures and [figure for figure in figures if not figure.passed] == []


def test_a_promise_can_be_broken(tmp_path):
    """The table tells a suite that fails from one that passes."""
    broken = tmp_path / "test_broken.py"
    broken.write_text("def test_broken():\n    assert False\n")
    assert not suite("P0", "a broken test", str(broken)).passed

"""requirements.lock holds everything that the suite installs but torch, and nothing without a digest."""

import re
import tomllib
from pathlib import Path

import pytest
from packaging.markers import default_environment
from packaging.requirements import Requirement

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
WANTED = [Requirement(line) for line in PROJECT["dependencies"] + PROJECT["optional-dependencies"]["test"]]
CI = {**default_environment(), "platform_machine": "x86_64", "sys_platform": "linux"}


def plain(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def locked() -> dict[str, str]:
    text = (ROOT / "requirements.lock").read_text("utf-8").replace("\\\n", " ")
    lines = [line for line in text.splitlines() if line and not line.startswith("#")]
    assert all(re.fullmatch(r"[a-z0-9-]+==\S+(\s+--hash=sha256:[0-9a-f]{64})+", line) for line in lines)
    return dict(line.split()[0].split("==") for line in lines)


@pytest.mark.parametrize("requirement", WANTED, ids=lambda requirement: requirement.name)
def test_every_requirement_is_locked_within_its_range(requirement):
    if requirement.marker is not None and not requirement.marker.evaluate(CI):
        pytest.skip("not installed by CI")
    name = plain(requirement.name)
    if name == "torch":  # constraints.txt names it: which build fits is the machine's affair
        assert name not in locked()
        return
    assert name in locked(), "run python tools/lock.py"
    assert requirement.specifier.contains(locked()[name]), "run python tools/lock.py"

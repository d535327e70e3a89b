"""The commands as a reader types them: the real app, the real reader, the bundled model, no network.

The document is written here, so that nothing outside the suite is needed. What the model says
is held to the contract and to easy questions, not to exact words.
"""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parent.parent

PARAGRAPHS = [
    "Lighthouse keeping on the island of Merrow began in 1847, when the first lamp was lit by "
    "Agnes Hollander. The lamp burned whale oil and was visible for eleven miles on a clear night.",
    "The tower itself was built of pale granite quarried on the mainland. It stands thirty-one metres high "
    "and was painted with two red bands in 1902 so that sailors could tell it from its neighbours.",
    "Supplies came once a month by boat. In the winter of 1911 storms kept the boat away for nine weeks, "
    "and the keepers lived on dried fish and barley. The episode led to the building of a larger store.",
    "Electricity arrived in 1936, when a diesel generator replaced the oil lamp. The change halved the work "
    "of the keepers, whose number fell from four to two.",
    "The light has worked without keepers since 1984. The cottages are now used by a bird observatory, "
    "which counts about forty thousand puffins on the northern cliffs every summer.",
]
TEXT = "\n\n".join(PARAGRAPHS)


def run(arguments: Sequence[str], data: Path, prefix: Sequence[str] = ()) -> subprocess.CompletedProcess[str]:
    environment = os.environ | {"PRECIS_DATA_DIR": str(data), "OMP_NUM_THREADS": "2"}
    command = [*prefix, sys.executable, str(ROOT / "app.py"), *arguments]
    return subprocess.run(command, cwd=data, env=environment, capture_output=True, text=True, timeout=240)


@pytest.fixture
def story(tmp_path: Path) -> Path:
    file = tmp_path / "lighthouse.txt"
    file.write_text(TEXT, encoding="utf-8")
    return file


def rows_of(done: subprocess.CompletedProcess[str]) -> list[dict[str, Any]]:
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


def test_ingest_text_is_what_offsets_refer_to(story: Path, tmp_path: Path) -> None:
    done = run(["ingest", str(story), "--text"], tmp_path)
    text, _, status = done.stdout.rstrip("\n").rpartition("\n")
    assert json.loads(status)["status"] == "ok"
    assert len(text) == json.loads(status)["chars"]
    assert "whale oil" in text


def test_a_summary_quotes_the_document(story: Path, tmp_path: Path) -> None:
    text = run(["ingest", str(story), "--text"], tmp_path).stdout
    (summary,) = rows_of(run(["summarize", str(story), "--length", "short", "--json"], tmp_path))
    assert summary["sentences"]
    for sentence in summary["sentences"]:
        assert 0 <= sentence["support"] <= 1
        for citation in sentence["citations"]:
            assert text[citation["start"] : citation["end"]] == citation["text"]
            assert citation["page"] == 1
    n_words = sum(len(sentence["text"].split()) for sentence in summary["sentences"])
    budget = min(60, len(TEXT.split()) // 4)
    assert 0.8 * budget <= n_words <= 1.2 * budget
    assert summary["run"]["placement"]


def test_same_input_same_output(story: Path, tmp_path: Path) -> None:
    first, second = (rows_of(run(["summarize", str(story), "--json"], tmp_path))[0] for _ in range(2))
    assert first["sentences"] == second["sentences"]
    assert first["run"]["key"] == second["run"]["key"]


def test_answers_and_their_absence(story: Path, tmp_path: Path) -> None:
    text = run(["ingest", str(story), "--text"], tmp_path).stdout
    questions = ["Who lit the first lamp?", "When did electricity arrive?", "What is the capital of Peru?"]
    answers = rows_of(run(["ask", str(story), *questions, "--json"], tmp_path))
    assert "Agnes Hollander" in answers[0]["answer"]
    assert "1936" in answers[1]["answer"]
    assert answers[2]["found"] is False
    for answer in answers:
        assert 0 <= answer["confidence"] <= 1
        if answer["found"]:
            assert text[answer["start"] : answer["end"]] == answer["answer"]
        else:
            assert answer["answer"] == ""
            assert answer["page"] is answer["start"] is answer["end"] is None


def test_nothing_is_kept_by_terminal_commands(story: Path, tmp_path: Path) -> None:
    data = tmp_path / "data"
    data.mkdir()
    run(["summarize", str(story)], data)
    assert list(data.iterdir()) == []


def test_doctor_knows_the_bundled_model(tmp_path: Path) -> None:
    done = run(["doctor"], tmp_path)
    assert done.returncode == 0
    assert "verified" in done.stdout
    assert "MISSING" not in done.stdout


@pytest.mark.privileged
@pytest.mark.skipif(shutil.which("unshare") is None, reason="no unshare; the egress guard's own tests hold")
def test_everything_works_without_a_network(story: Path, tmp_path: Path) -> None:
    """In a network namespace with nothing in it. Where that is not allowed, the guard's tests hold."""
    if subprocess.run(["unshare", "-n", "true"], capture_output=True).returncode != 0:
        pytest.skip("network namespaces are not allowed here; the egress guard's own tests hold")
    done = run(["ask", str(story), "Who lit the first lamp?", "--json"], tmp_path, ["unshare", "-n"])
    assert rows_of(done)[0]["found"] is True

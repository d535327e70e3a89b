"""The named endpoints as a program calls them: through gradio_client and over plain HTTP."""

import json
import time
from pathlib import Path

import pytest

from tests.ui.conftest import SENTENCES, Server
from tests.ui.test_http import ask, upload
from ui.security import ENDPOINTS


@pytest.fixture(scope="module")
def own(tmp_path_factory):
    running = Server(tmp_path_factory.mktemp("endpoints") / "library").start()
    yield running
    running.stop()


@pytest.fixture(scope="module")
def key(own) -> str:
    """The cookie, as a program of the same user finds it."""
    return "precis=" + (own.data_dir / "browser-key").read_text()


@pytest.fixture
def client(own, key):
    from gradio_client import Client

    made = Client(own.url, headers={"cookie": key}, verbose=False, analytics_enabled=False)
    yield made
    made.close()
    for pool in (made.executor, made.helper_executor, made.stream_executor):
        pool.shutdown(wait=True, cancel_futures=True)


def wait(client, job: int) -> dict:
    for _ in range(600):
        said = client.predict(job=job, api_name="/job")
        if said["state"] not in ("queued", "running"):
            return said
        time.sleep(0.05)
    raise AssertionError(said)


def call(own, key: str | None, name: str, *data: object):
    """Status and answer over plain HTTP."""
    headers = {"cookie": key} if key else {}
    body = json.dumps({"data": list(data)}).encode()
    path = f"/gradio_api/run/{name}"
    status, _, answer = ask(own, path, "POST", body, content_type="application/json", **headers)
    try:
        return status, json.loads(answer)
    except ValueError:
        return status, answer


def test_the_whole_way_with_gradio_client(client, tmp_path: Path) -> None:
    from gradio_client import handle_file

    file = tmp_path / "Lighthouse.txt"
    file.write_text("\n\n".join(SENTENCES))
    added = wait(client, client.predict(file=handle_file(str(file)), api_name="/add_document")["job"])
    assert added["state"] == "done" and len(added["document"]) == 64
    document = added["document"]
    (row,) = client.predict(api_name="/list_documents")
    assert row["document"] == document and row["title"] == "Lighthouse" and not row["has_summary"]
    (job,) = client.predict(documents=[document], length="short", api_name="/summarize")["jobs"]
    summary = wait(client, job)["result"]
    assert len(summary["sentences"]) == 3 and summary["run"]["document"] == document
    (job,) = client.predict(documents=[document], question="Who was the engineer?", api_name="/ask")["jobs"]
    answer = wait(client, job)["result"]
    assert answer["found"] and "Ada Brandt" in answer["answer"] and answer["page"] == 1
    assert client.predict(query="zebra", api_name="/search") == []
    assert client.predict(query="Brandt", api_name="/search")[0]["document"] == document
    assert client.predict(documents=[document], api_name="/delete_documents") == {"deleted": [document]}
    assert client.predict(api_name="/list_documents") == []
    back = client.predict(documents=[document], api_name="/restore_documents")
    assert back == {"documents": [document]}


def test_over_plain_http(own, key) -> None:
    status, answer = call(own, key, "add_text", "A bell.\n\n" + "The bell rings at noon every day. " * 9)
    assert status == 200
    job, said = answer["data"][0]["job"], {"state": "queued"}
    for _ in range(600):
        said = call(own, key, "job", job)[1]["data"][0]
        if said["state"] == "done":
            break
        time.sleep(0.05)
    document = said["document"]
    jobs = call(own, key, "summarize", [document], "long", "")[1]["data"][0]["jobs"]
    assert call(own, key, "stop_job", jobs[0])[0] == 200
    assert call(own, key, "resume_job", jobs[0])[0] == 200
    listed = call(own, key, "list_jobs")[1]["data"][0]
    assert {row["kind"] for row in listed} >= {"ingest", "summarize"}


def test_what_is_refused_comes_with_its_code(own, key) -> None:
    for name, data in {
        "job": [10**9],
        "summarize": [["0" * 64], "short", ""],
        "ask": [["0" * 64], "Why?"],
        "delete_documents": ["x"],
        "unlock": ["one", "secret"],
        "recognise": ["0" * 64, 0],
        "add_text": [7],
        "stop_job": [True],
    }.items():
        status, answer = call(own, key, name, *data)
        assert status == 500 and "Traceback" not in str(answer), name
        assert "(not-found)" in answer["error"] or "(bad-request)" in answer["error"], name


@pytest.mark.parametrize("path", ["/etc/passwd", "http://192.0.2.1/x.pdf", "../../etc/passwd", "KEY", ""])
def test_only_an_upload_can_be_added(own, key, path: str) -> None:
    path = str(own.data_dir / "browser-key") if path == "KEY" else path
    before = sorted((own.data_dir / "originals").rglob("*"))
    for file in ({"path": path, "meta": {"_type": "gradio.FileData"}}, {"path": path}, path, None):
        assert call(own, key, "add_document", file)[0] == 500
    assert sorted((own.data_dir / "originals").rglob("*")) == before


def test_an_upload_is_used_once(own, key) -> None:
    path = json.loads(upload(own, key, "once.txt", b"One sentence. " * 20)[2])[0]
    assert call(own, key, "add_document", {"path": path})[0] == 200
    assert call(own, key, "add_document", {"path": path})[0] == 500


def test_a_stranger_calls_nothing(own) -> None:
    for name in ENDPOINTS:
        assert call(own, None, name)[0] == 403
        assert call(own, "precis=" + "0" * 32, name)[0] == 403


def test_nothing_unnamed_is_public(own, key) -> None:
    status, _, body = ask(own, "/gradio_api/info?all_endpoints=true", cookie=key)
    info = json.loads(body)
    assert status == 200 and info["unnamed_endpoints"] == {}
    assert set(info["named_endpoints"]) == {f"/{name}" for name in ENDPOINTS}
    config = json.loads(ask(own, "/config", cookie=key)[2])
    public = {d["api_name"] for d in config["dependencies"] if d["api_visibility"] != "private"}
    assert public == set(ENDPOINTS)
    for handler in ("load", "add", "ask_1", "delete", "watch", "lambda", "forget"):
        assert ask(own, f"/gradio_api/run/{handler}", "POST", b"{}", cookie=key)[0] == 404


def test_a_handler_of_the_page_cannot_be_run_directly(own, key) -> None:
    """Whatever number is sent with the name of an endpoint."""
    config = json.loads(ask(own, "/config", cookie=key)[2])
    private = [d["id"] for d in config["dependencies"] if d["api_visibility"] == "private"]
    for number in private:
        body = json.dumps({"data": [], "fn_index": number}).encode()
        path = "/gradio_api/run/list_documents"
        status, _, _ = ask(own, path, "POST", body, content_type="application/json", cookie=key)
        assert status == 404, number


def test_every_endpoint_is_described() -> None:
    page = (Path(__file__).parents[2] / "docs" / "API.md").read_text("utf-8")
    assert [name for name in ENDPOINTS if f"`{name}`" not in page] == []


def test_without_the_flag_there_is_no_mcp(own, key) -> None:
    for path in ("/gradio_api/mcp", "/gradio_api/mcp/", "/gradio_api/mcp/sse", "/gradio_api/mcp/schema"):
        assert ask(own, path, cookie=key)[0] == 404
        assert ask(own, path, "POST", b"{}", cookie=key, content_type="application/json")[0] == 404


def test_the_text_of_pictures_by_endpoint(own, key, tmp_path) -> None:
    from tests.ui.test_scans import make_pdf

    def ended(job: int) -> dict:
        for _ in range(1200):
            said = call(own, key, "job", job)[1]["data"][0]
            if said["state"] not in ("queued", "running"):
                return said
            time.sleep(0.05)
        raise AssertionError("the job does not end")

    data = make_pdf(tmp_path / "endpoint.pdf", 5, 2).read_bytes()
    path = json.loads(upload(own, key, "endpoint.pdf", data)[2])[0]
    refused = call(own, key, "add_document", {"path": path})[1]["data"][0]["job"]
    assert ended(refused)["state"] == "failed"
    status, answer = call(own, key, "recognise", "", refused)
    assert status == 200 and answer["data"][0]["seconds"] > 0
    said = ended(answer["data"][0]["job"])
    assert said["state"] == "done" and said["document"]
    assert call(own, key, "recognise", said["document"], 0)[0] == 500, "nothing is left to recognise"
    assert call(own, key, "recognise", "", refused)[0] == 500


def test_visitors_of_a_hosted_demo_see_nothing_of_each_other(tmp_path: Path) -> None:
    server = Server(tmp_path / "library", more=("--hosted",)).start()
    first, second = "precis=" + "1" * 32, "precis=" + "2" * 32
    try:
        text = "A bell.\n\n" + "The secret bell FACT77 rings at noon. " * 9
        job = call(server, first, "add_text", text)[1]["data"][0]["job"]
        said = {"state": "queued"}
        for _ in range(1200):
            said = call(server, first, "job", job)[1]["data"][0]
            if said["state"] == "done":
                break
            time.sleep(0.05)
        document = said["document"]
        calls = [
            ("job", [job]), ("stop_job", [job]), ("resume_job", [job]), ("unlock", [job, "x"]),
            ("summarize", [[document], "short", ""]), ("ask", [[document], "Why?"]),
        ]
        for name, data in calls:
            status, answer = call(server, second, name, *data)
            assert status == 500 and "(not-found)" in answer["error"], name
            unknown = [10**8 if one == job else ["0" * 64] if one == [document] else one for one in data]
            assert call(server, second, name, *unknown)[1] == answer, "what is another's is as what is not"
        assert call(server, second, "delete_documents", [document])[1]["data"] == [{"deleted": []}]
        assert call(server, second, "restore_documents", [document])[1]["data"] == [{"documents": []}]
        for name, data in (("list_documents", []), ("list_jobs", []), ("search", ["FACT77"])):
            assert call(server, second, name, *data)[1]["data"] == [[]]
        assert len(call(server, first, "list_documents")[1]["data"][0]) == 1
        assert ask(server, "/gradio_api/mcp/", cookie=first)[0] == 404
    finally:
        server.stop()

"""`--mcp`: the endpoints for programs that speak the Model Context Protocol, and only with the cookie."""

import asyncio
import time
from ast import literal_eval

import pytest

from tests.ui.conftest import Server
from tests.ui.test_http import ask
from ui.security import ENDPOINTS

pytest.importorskip("mcp", reason="the extra [mcp] is not installed")


@pytest.fixture(scope="module")
def own(tmp_path_factory):
    running = Server(tmp_path_factory.mktemp("mcp") / "library", more=("--mcp",)).start()
    yield running
    running.stop()


async def talk(own, calls):
    """The tools, and what came of calling some with what the earlier calls gave."""
    import httpx
    from mcp import ClientSession
    from mcp.client.streamable_http import streamable_http_client

    key = (own.data_dir / "browser-key").read_text()
    http = httpx.AsyncClient(headers={"cookie": f"precis={key}"})
    where = streamable_http_client(f"{own.url}/gradio_api/mcp/", http_client=http)
    async with http, where as (read, write, _), ClientSession(read, write) as session:
        await session.initialize()
        tools = (await session.list_tools()).tools
        said = [literal_eval((await session.call_tool(n, a)).content[0].text) for n, a in calls]
        return tools, said


def test_tools_and_a_call(own) -> None:
    text = "A bell.\n\n" + "The bell rings at noon every day. " * 9
    tools, said = asyncio.run(talk(own, [("add_text", {"text": text})]))
    assert {tool.name for tool in tools} == set(ENDPOINTS)
    assert all(tool.description for tool in tools)
    for _ in range(600):
        _, (job,) = asyncio.run(talk(own, [("job", said[0])]))
        if job["state"] == "done":
            break
        time.sleep(0.05)
    assert len(job["document"]) == 64


def test_only_with_the_cookie(own) -> None:
    body = b'{"jsonrpc":"2.0","id":1,"method":"tools/list"}'
    headers = {"content_type": "application/json", "accept": "application/json, text/event-stream"}
    assert ask(own, "/gradio_api/mcp", "POST", body, **headers)[0] == 403
    assert ask(own, "/gradio_api/mcp", "POST", body, cookie="precis=" + "0" * 32, **headers)[0] == 403
    for path in ("/gradio_api/mcp/sse", "/gradio_api/mcp/messages/", "/gradio_api/mcp/schema"):
        assert ask(own, path, cookie="precis=" + (own.data_dir / "browser-key").read_text())[0] == 404

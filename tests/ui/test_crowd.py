"""More pages than the server works on at once: every open page is watched, and none keeps another waiting."""

import json

import pytest

from tests.promises.files import ordinary
from tests.promises.server import Visitor
from tests.ui.conftest import add


def test_open_pages_do_not_block_each_other(server) -> None:
    """Gradio runs so many events at once and no more, and a watch is one until its page is closed."""
    crowd = [Visitor(server.port) for _ in range(12)]
    for number, visitor in enumerate(crowd):
        visitor.session = f"crowd{number}"
        assert visitor.watch() == 200
    late = Visitor(server.port)
    data = ordinary("Whoever comes thirteenth is served as well.")
    late.add("thirteenth.pdf", data)
    text = json.loads(late.read_until_there(data, 40))["text"]
    for visitor in [*crowd, late]:
        visitor.close()
    assert "thirteenth is served" in text


@pytest.mark.browser
def test_a_busy_server_says_so_and_the_next_try_works(open_page, server, sample_pdf) -> None:
    """Gradio answers 503 when its queue is full; the reader reads why, and loses nothing."""
    page = open_page(server.url)
    add(page, sample_pdf)
    full = {"status": 503, "content_type": "application/json", "body": '{"detail": "Queue is full."}'}
    page.route("**/gradio_api/queue/join*", lambda route: route.fulfill(**full))
    page.click("#summarize")
    page.wait_for_selector(".toast-body:has-text('currently busy. Please try again') >> nth=0")
    page.unroute("**/gradio_api/queue/join*")
    page.click("#summarize")
    page.wait_for_selector("#summary .result .chip")

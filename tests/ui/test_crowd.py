"""More pages than the server works on at once: every open page is watched, and none keeps another waiting."""

import json

from tests.promises.files import ordinary
from tests.promises.server import Visitor


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

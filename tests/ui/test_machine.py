"""Models and Settings: what they say, what they change, and that a hosted demo has neither."""

import json
from dataclasses import replace

import pytest

from tests.ui.conftest import SLOW, Server
from tests.ui.test_actions import actions, reader  # noqa: F401  (fixtures)
from tests.ui.test_http import ask
from ui.about import models_view
from ui.tabs.shell import shell

SIDEWAYS = "document.documentElement.scrollWidth - window.innerWidth"


def test_a_model_says_what_it_is(actions) -> None:  # noqa: F811
    (model,) = actions.models()
    view = models_view([model], {}, "On the processor.")
    said = ("fake-longformer", "verified", "English", "4,096 tokens", "CC0-1.0", "not measured yet", "0" * 64)
    assert [words for words in said if words not in view] == []
    assert "1,234 tokens a second" in models_view([model], {model.name: 1234.4}, "")
    assert "missing or changed" in models_view([replace(model, verified=False)], {}, "")


def test_the_speed_is_measured_here(actions) -> None:  # noqa: F811
    (model,) = actions.models()
    assert actions.speed(model) is None
    actions._store().set_setting("machine", "measured:fake-longformer:cpu", "[[9000, 2000, 4.0, 1]]")
    assert actions.speed(model) == 500.0


def test_start_up_is_remembered(actions) -> None:  # noqa: F811
    assert not actions.opens_browser()
    actions.set_opens_browser(True)
    assert actions.opens_browser()


def test_a_hosted_demo_has_neither(tmp_path) -> None:
    assert "Settings" in shell() and "Models" in shell()
    assert "Settings" not in shell(hosted=True) and "Models" not in shell(hosted=True)
    server = Server(tmp_path / "library", more=("--hosted",)).start()
    try:
        config = json.loads(ask(server, "/config", cookie="precis=" + "0" * 32)[2])
    finally:
        server.stop()
    ids = {component["props"].get("elem_id") for component in config["components"]}
    assert "screen-library" in ids and not ids & {"screen-models", "screen-settings", "diagnostics"}


@pytest.mark.browser
def test_in_the_browser(open_page, make_server) -> None:
    page = open_page(make_server().start().url, color_scheme="light")
    page.click(".nav-link[data-screen=models]")
    page.wait_for_selector("#models .badge:has-text('verified')")
    page.click(".nav-link[data-screen=settings]")
    page.click("#settings [data-theme=dark]")
    assert page.evaluate("document.body.classList.contains('dark')")
    page.reload()
    page.wait_for_selector("#settings [data-theme=dark][aria-pressed=true]", timeout=SLOW)
    assert page.evaluate("document.body.classList.contains('dark')")
    page.click("#settings [data-theme=system]")
    assert not page.evaluate("document.body.classList.contains('dark')")
    page.click("#settings [role=switch]")
    page.wait_for_selector("#settings [role=switch][aria-checked=true]")
    page.click("#settings [data-act=diagnose]")
    page.wait_for_selector("#diagnostics-text:has-text('0.0-test')")
    page.click(".nav-link[data-screen=library]")
    file = {"name": "A.txt", "mimeType": "text/plain", "buffer": b"One sentence. " * 30}
    page.set_input_files("#upload input[type=file]", file)
    page.wait_for_selector("body[data-screen=document] #document-header h2:visible")
    page.click(".nav-link[data-screen=settings]")
    page.click("#settings summary:has-text('Delete everything')")
    page.click("#settings [data-act=forget]")
    page.wait_for_selector("#message:has-text('Everything was deleted')")
    page.wait_for_selector("#library .note:has-text('empty')")

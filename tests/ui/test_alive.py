"""A page notices whatever happens to its server, and loads itself anew where that helps."""

import pytest

from tests.ui.conftest import SLOW

pytestmark = pytest.mark.browser

ALIVE = "**/precis/alive"


def answers(page, status: int, run: str = "") -> None:
    """What the server says from now on when it is asked whether it is there."""
    page.unroute(ALIVE)
    page.route(ALIVE, lambda route: route.fulfill(status=status, headers={"X-Precis-Run": run}))


def loaded_anew(page) -> None:
    page.wait_for_function("window.before === undefined && document.body.dataset.screen", timeout=SLOW)
    page.evaluate("window.before = 1")


@pytest.fixture
def page(open_page, server):
    page = open_page(server.url)
    answers(page, 204, "first")
    page.wait_for_timeout(4500)  # the next question after this one
    loaded_anew(page)
    return page


def test_a_start_that_fell_between_two_questions(page) -> None:
    answers(page, 204, "second")
    loaded_anew(page)


def test_a_server_that_is_starting_counts_as_lost(page) -> None:
    answers(page, 503)
    page.wait_for_selector(".lost:has-text('not running')")
    answers(page, 204, "first")
    loaded_anew(page)
    assert page.locator(".lost").count() == 0


def test_a_new_cookie_is_fetched_once(page) -> None:
    """The browser is a stranger to a library with another key: a new page brings the new cookie. Where
    cookies are not kept at all, nothing is loaded again and again."""
    answers(page, 403)
    loaded_anew(page)
    page.wait_for_selector(".lost:has-text('Allow cookies')")
    page.wait_for_timeout(9000)
    assert page.evaluate("window.before") == 1

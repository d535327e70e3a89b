"""The pictures of docs/MODELS.md are what tools/pictures.py draws from the definitions."""

from tools.pictures import FENCE, PAGE, redraw


def test_the_page_is_drawn_from_the_definitions() -> None:
    page = PAGE.read_text("utf-8")
    assert redraw(page) == page
    assert {kind for kind, _ in FENCE.findall(page)} == {"window", "blocks"}


def test_a_wrong_picture_would_be_seen() -> None:
    page = PAGE.read_text("utf-8")
    spoilt = page.replace("1 1 .", "1 . .", 1)
    assert spoilt != page and redraw(spoilt) == page

"""Escaping: what is not Html already cannot become markup."""

from html.parser import HTMLParser

import pytest

from ui.html import Html, element, escape, join

HOSTILE = [
    "<script>fetch('http://evil.example')</script>",
    "<img src=x onerror=alert(1)>",
    '"><svg/onload=alert(1)>',
    "' onmouseover='alert(1)",
    "</style><style>body{background:url(http://evil.example)}</style>",
    "<iframe srcdoc='<script>1</script>'></iframe>",
    "<link rel=stylesheet href=//evil.example/x.css>",
    "![beacon](http://evil.example/b.png)",
    "${alert(1)} {{constructor.constructor('alert(1)')()}} `${1}`",
    "javascript:alert(1)",
    "&lt;script&gt;alert(1)&lt;/script&gt;",
    "\u202egpj.exe\u2066 \x00\x1b[31m\ufeff",
    "<!--",
    "]]>",
    "</p></div></body>",
]


class Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.text = ""

    def handle_starttag(self, tag, attrs) -> None:
        self.tags.append(tag)
        self.attributes += attrs

    def handle_data(self, data) -> None:
        self.text += data


def read(markup: str) -> Reader:
    reader = Reader()
    reader.feed(markup)
    reader.close()
    return reader


@pytest.mark.parametrize("text", HOSTILE)
def test_text_and_attributes_stay_text(text: str) -> None:
    reader = read(element("p", text, title=text, data_name=text, aria_label=text))
    assert reader.tags == ["p"]
    assert {name for name, _ in reader.attributes} == {"title", "data-name", "aria-label"}
    visible = "".join(c for c in text if c.isprintable() or c in "\t\n ")
    assert [c for c in reader.text if c.isprintable() and c != "\ufffd"] == [
        c for c in visible if c != "\ufffd"
    ]


def test_html_is_not_escaped_twice_and_join_escapes_the_rest() -> None:
    inner = element("em", "a<b")
    assert element("p", inner, "<") == "<p><em>a&lt;b</em>&lt;</p>"
    assert join([inner, "<", None]) == "<em>a&lt;b</em>&lt;"


def test_a_plain_string_method_loses_the_type() -> None:
    """Whatever is built by string surgery is text again, and escaped when it comes back."""
    assert not isinstance(element("p", "x").replace("x", "<b>"), Html)
    assert not isinstance(element("p", "x") + "<b>", Html)


@pytest.mark.parametrize(
    "tag", ["script", "style", "iframe", "object", "embed", "link", "base", "form", "meta"]
)
def test_no_view_can_make_an_active_tag(tag: str) -> None:
    with pytest.raises(ValueError, match="no view uses"):
        element(tag, "x")


@pytest.mark.parametrize(
    "attributes",
    [
        {"onclick": "x"},
        {"srcdoc": "x"},
        {"href": "http://evil.example"},
        {"src": "//evil.example/x.png"},
        {"href": "javascript:alert(1)"},
        {"src": "data:text/html,x"},
        {"style": "background:url(x)"},
    ],
)
def test_no_view_can_run_script_or_leave_the_server(attributes: dict[str, str]) -> None:
    with pytest.raises(ValueError):
        element("a", "x", **attributes)


def test_boolean_and_absent_attributes() -> None:
    assert element("input", disabled=True, hidden=False, value=None, max=3) == '<input disabled max="3">'


def test_invisible_characters_are_shown_as_replaced() -> None:
    assert escape("a\u202eb\x00c") == "a\ufffdb\ufffdc"

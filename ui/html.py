"""Escaped HTML as a type: whatever is not already `Html` is escaped on its way in.

    element("p", "1 < 2", class_="note")   ->   <p class="note">1 &lt; 2</p>

Document text, file names and titles come in as plain `str`, so they cannot become markup.
The result never holds a `<script>`, an event-handler attribute or a remote address: tags and
attribute names come from a short list, and addresses must stay on this server.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterable

TAG_NAMES = """a article bdi button dd details div dl dt em h1 h2 h3 h4 header img input label li mark nav ol
    option p path progress q section select small span strong summary svg table tbody td th thead time tr
    ul"""
TAGS = frozenset(TAG_NAMES.split())
VOID = frozenset({"img", "input"})
ATTRIBUTE_NAMES = """alt autocomplete class d datetime decoding dir disabled download for height hidden href
    id lang loading max min name open placeholder role scope src style tabindex title type value viewBox
    width"""
ATTRIBUTES = frozenset(ATTRIBUTE_NAMES.split())
# Characters that no page needs and that change how the rest is shown: C0/C1 controls (except
# tab and newline), bidirectional overrides, and what Unicode says is not a character.
INVISIBLE = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff\ufffe\uffff\ud800-\udfff]"
)
STYLE = re.compile(r"[a-z-]+:-?[0-9.]+(%|px)?(;[a-z-]+:-?[0-9.]+(%|px)?)*")

Attribute = str | int | float | bool | None


class Html(str):
    """Text that is markup already. Only `element` and `join` make it."""

    __slots__ = ()


def escape(text: str) -> Html:
    """Plain text as it may stand between tags or in a quoted attribute."""
    return Html(html.escape(INVISIBLE.sub("\ufffd", text), quote=True))


def join(parts: Iterable[str | None]) -> Html:
    """The parts one after the other, each escaped unless it is `Html`."""
    return Html(
        "".join(part if isinstance(part, Html) else escape(part) for part in parts if part is not None)
    )


def element(tag: str, *children: str | None, **attributes: Attribute) -> Html:
    """One element. `class_` means `class`, `data_page` means `data-page`, False and None leave the
    attribute out, True writes it bare. Raises ValueError on a tag, attribute or address that no
    view of ours has a use for."""
    if tag not in TAGS:
        raise ValueError(f"no view uses <{tag}>")
    opening = tag + "".join(_attribute(name, value) for name, value in attributes.items())
    return Html(f"<{opening}>") if tag in VOID else Html(f"<{opening}>{join(children)}</{tag}>")


def _attribute(keyword: str, value: Attribute) -> str:
    name = keyword.rstrip("_").replace("_", "-")
    if name not in ATTRIBUTES and not name.startswith(("data-", "aria-")):
        raise ValueError(f"no view uses the attribute {name}")
    if value is None or value is False:
        return ""
    if value is True:
        return f" {name}"
    if name in ("href", "src") and not re.match(r"/(?!/)|#", str(value)):
        raise ValueError("an address in a view starts with a single slash or is a fragment")
    if name == "style" and not STYLE.fullmatch(str(value)):
        raise ValueError("a style in a view holds numbers only")
    return f' {name}="{escape(str(value))}"'

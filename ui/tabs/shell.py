"""What stands above every screen: name, navigation, and what happens to what is read here."""

from __future__ import annotations

import gradio as gr

from ui.html import Html, element
from ui.pieces import link
from ui.tabs.regions import sends

SCREENS = {
    "library": "Library", "jobs": "Jobs", "models": "Models", "settings": "Settings", "about": "About",
}
OWN = ("models", "settings")  # not where strangers share one server


def shell(*, hosted: bool = False) -> Html:
    """Name, screens, what happens to what is read here, light or dark."""
    logo = element("img", src="/precis/assets/logo.svg", alt="", width=28, height=28)
    fact, more = (
        ("Shared", "deleted after an hour") if hosted else ("Offline", "nothing leaves this computer")
    )
    promise = [element("span", class_="dot"), fact, element("span", f" \N{EM DASH} {more}", class_="wide")]
    screens = {name: words for name, words in SCREENS.items() if not (hosted and name in OWN)}
    links = [link(name, words, class_="nav-link") for name, words in screens.items()]
    return element(
        "header",
        element("h1", link("library", logo, "Precis", class_="brand", label="Precis, library")),
        element("nav", *links, aria_label="Screens"),
        link("about", *promise, class_="badge-offline"),
        element(
            "button",
            element("span", class_="moon"),
            type="button",
            class_="button bare theme",
            data_go="theme",
            aria_label="Light or dark",
            title="Light or dark",
        ),
        class_="shell",
    )


def build_shell(*, hosted: bool = False) -> gr.HTML:
    """The shell as a component that sends the verbs of its links."""
    return gr.HTML(
        shell(hosted=hosted),
        elem_id="shell",
        js_on_load=sends(*SCREENS),
        padding=False,
        apply_default_css=False,
    )

"""What stands above every screen: name, navigation, and the promise that nothing leaves this computer."""

from __future__ import annotations

import gradio as gr

from ui.html import Html, element
from ui.tabs.regions import sends

SCREENS = {"library": "Library", "jobs": "Jobs", "about": "About"}


def shell() -> Html:
    """Name, navigation, and the promise that nothing leaves this computer."""
    links = [
        element(
            "button",
            label,
            type="button",
            class_="nav-link",
            data_go="screen",
            data_screen=name,
            data_act=name,
        )
        for name, label in SCREENS.items()
    ]
    return element(
        "header",
        element(
            "h1",
            element(
                "button",
                element("img", src="/precis/assets/logo.svg", alt="", width=28, height=28),
                "Precis",
                type="button",
                class_="brand",
                data_go="screen",
                data_screen="library",
                data_act="library",
                aria_label="Precis, library",
            ),
        ),
        element("nav", *links, aria_label="Screens"),
        element(
            "button",
            element("span", class_="dot"),
            "Offline",
            element("span", " \N{EM DASH} nothing leaves this computer", class_="wide"),
            type="button",
            class_="badge-offline",
            data_go="screen",
            data_screen="about",
            data_act="about",
        ),
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


def build_shell() -> gr.HTML:
    """The shell; a screen's link also brings its lists up to date."""
    return gr.HTML(
        shell(), elem_id="shell", js_on_load=sends(*SCREENS), padding=False, apply_default_css=False
    )

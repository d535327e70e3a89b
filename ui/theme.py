"""The look: Gradio's base theme in the colours of assets/precis.css; the styles and scripts of assets/
are served with it.

Fonts are the system's own; nothing is fetched.
"""

from __future__ import annotations

from pathlib import Path

import gradio as gr
from gradio.themes.utils.fonts import Font

ASSETS = Path(__file__).resolve().parent.parent / "assets"
STYLES = ("precis.css", "library.css", "attention.css")
SCRIPTS = (
    "viewer.js", "precis.js",  # the others need these two
    "quote.js", "dropping.js", "message.js", "alive.js", "kept.js", "sections.js", "library.js", "copying.js",
    "saving.js", "passages.js",
)
SANS = [Font("ui-sans-serif"), Font("system-ui"), Font("Segoe UI"), Font("Noto Sans"), Font("sans-serif")]
MONO = [Font("ui-monospace"), Font("Cascadia Mono"), Font("DejaVu Sans Mono"), Font("monospace")]


def build_theme() -> gr.themes.Base:
    """The theme; its colours are the variables that precis.css defines for light and dark."""
    theme = gr.themes.Base(font=SANS, font_mono=MONO, radius_size=gr.themes.sizes.radius_md)
    both = {
        "body_background_fill": "var(--paper)",
        "body_text_color": "var(--ink)",
        "body_text_color_subdued": "var(--faint)",
        "background_fill_primary": "var(--card)",
        "background_fill_secondary": "var(--paper)",
        "block_background_fill": "transparent",
        "border_color_primary": "var(--line)",
        "border_color_accent": "var(--accent)",
        "input_background_fill": "var(--card)",
        "input_border_color": "var(--line-strong)",
        "input_border_color_focus": "var(--accent)",
        "input_placeholder_color": "var(--faint)",
        "block_label_text_color": "var(--ink)",
        "block_title_text_color": "var(--ink)",
        "block_info_text_color": "var(--faint)",
        "color_accent_soft": "var(--accent-soft)",
        "link_text_color": "var(--accent)",
        "button_primary_background_fill": "var(--accent)",
        "button_primary_text_color": "var(--on-accent)",
        "button_primary_background_fill_hover": "var(--accent-strong)",
        "button_secondary_background_fill": "var(--card)",
        "button_secondary_background_fill_hover": "var(--accent-soft)",
        "button_secondary_text_color": "var(--ink)",
        "button_secondary_border_color": "var(--line-strong)",
        "checkbox_background_color": "var(--card)",
        "checkbox_background_color_selected": "var(--accent)",
        "checkbox_border_color": "var(--line-strong)",
        "checkbox_label_background_fill": "var(--card)",
        "checkbox_label_background_fill_selected": "var(--accent-soft)",
        "checkbox_label_text_color_selected": "var(--ink)",
        "checkbox_label_border_color": "var(--line)",
    }
    theme.set(
        color_accent="var(--accent)",
        **both,
        **{f"{name}_dark": value for name, value in both.items()},
        block_border_width="0px",
        block_shadow="none",
        block_padding="0px",
        layout_gap="14px",
    )
    theme.custom_css = "".join((ASSETS / name).read_text("utf-8") for name in STYLES)
    return theme


def build_script() -> str:
    """What runs once when the page loads; each of the files is a function."""
    functions = [(ASSETS / name).read_text("utf-8") for name in SCRIPTS]
    return "() => {\n" + "\n".join(f"({function})();" for function in functions) + "\n}"


def build_head() -> str:
    """What runs before Gradio's page is built."""
    return f"<script>{(ASSETS / 'storage.js').read_text('utf-8')}</script>"

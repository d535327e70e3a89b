"""What is a reference, in printed pages and in files without them."""

import pytest

from engine.ingest.limits import LOCAL
from engine.ingest.markdown import read_markdown
from engine.ingest.markup import read_html
from engine.ingest.paragraphs import Block
from engine.ingest.pieces import lay_out
from engine.ingest.references import looks_like_entry
from engine.ingest.roles import assign_roles
from engine.ingest.strips import Strip

ENTRIES = ["Keeper, A. On Lamps. Harbour Press, 1901.", "[2] B. Keeper. On oil. J. Wicks, 3(2):1-9, 1902."]
PROSE = [
    "The lamps of the harbour were lit every evening by a keeper who had done so for forty years on end.",
    "In 1901 the writer H. G. Keeper came to live there, and wrote about the storms that he saw from it.",
]


def line(text: str, y: float, size: float = 10.0, *, bold: bool = False) -> Strip:
    box = (60.0, y - 8, 60.0 + 5 * len(text), y + 2)
    return Strip(text, *box, y, size, 1, box, bold=bold)


def printed(*texts: str) -> list[tuple[str, str]]:
    """Paragraphs of one printed page, headings after a #; ## are set as the text is, but in bold."""
    blocks = []
    for i, text in enumerate(texts):
        size = 12.0 if text.startswith("# ") else 10.0
        strip = line(text.lstrip("# "), 50 + 20 * i, size, bold=text.startswith("#"))
        blocks.append(Block([strip], i, 60, 560))
    assign_roles(blocks, {1: 1000.0})
    return [(block.kind, block.text) for block in blocks]


def unprinted(text: str) -> dict[str, str]:
    _, blocks = lay_out(read_markdown(text.encode(), LOCAL), LOCAL)
    return {block.text: block.kind for block in blocks}


@pytest.mark.parametrize("entry", [
    *ENTRIES,
    "3. Smith J, Lee K. The growth of cells. Nature. 2004;12:3-9.",
    "Smith, John (2004). Lamps and Lives. London: Harbour. ISBN 978-0-00-000000-2.",
    '^ "The lamps are lit". The Daily Wick. Retrieved 3 May 2012.',
    "Smith 2004, pp. 12-14; Lee 2005.",
    "Ashish Vaswani et al. Attention is all you need. In NeurIPS, 2017.",
])
def test_entries(entry):
    assert looks_like_entry(entry)


@pytest.mark.parametrize("text", [
    *PROSE, "Europe after 1945", "Approve the minutes of 12 May 2004.", "1. Approve the budget of 2004.",
    "2. Approve the minutes of 12 May, 2004.",
    "Medieval literature flourished in the towns, and by 1450 it was printed.",
    "Bring a lamp, a rope and oil.", "",
])
def test_what_is_no_entry(text):
    assert not looks_like_entry(text)


@pytest.mark.parametrize("name", [
    "Further reading", "External links", "Sources", "Citations", "Endnotes", "Reference list", "Works cited",
    "Notes", "Literature"])
def test_names_of_references(name):
    kinds = printed("# Lamps", *PROSE, f"# {name}", *ENTRIES)
    assert [kind for kind, _ in kinds[1:]] == ["body", "body", "heading", "reference", "reference"]
    found = unprinted(f"# Lamps\n\n{PROSE[0]}\n\n## {name}\n\n{ENTRIES[0]}\n\n{ENTRIES[1]}\n")
    kinds_of = [found[text] for text in (PROSE[0], name, *ENTRIES)]
    assert kinds_of == ["body", "heading", "reference", "reference"]


@pytest.mark.parametrize("name", ["Further reading", "Notes"])
def test_a_second_list_after_the_references(name):
    kinds = printed("# References", *ENTRIES, f"# {name}", *ENTRIES, "# Appendix", *PROSE)
    assert [kind for kind, _ in kinds] == [
        "heading", "reference", "reference", "heading", "reference", "reference", "heading", "body", "body"]


@pytest.mark.parametrize("name", ["Literature", "Sources", "Notes"])
def test_a_section_that_is_read(name):
    kinds = printed("# Culture", PROSE[0], f"# {name}", *PROSE, "# Music", PROSE[1])
    assert "reference" not in [kind for kind, _ in kinds]
    text = f"## Culture\n\n{PROSE[0]}\n\n## {name}\n\n{PROSE[1]}\n\n## Music\n\nA song.\n"
    assert "reference" not in unprinted(text).values()


def test_a_chapter_with_a_year_ends_the_references():
    kinds = printed("# References", *ENTRIES, "# Europe after 1945", *PROSE)
    assert [kind for kind, _ in kinds[3:]] == ["heading", "body", "body"]


def test_an_entry_in_bold_does_not_end_them():
    kinds = printed("## References", "## Keeper A, Smith B. (1999)", *ENTRIES)
    assert [kind for kind, _ in kinds] == ["heading", "reference", "reference", "reference"]


def test_headings_below_the_references_belong_to_them():
    text = f"# Book\n\n## References\n\n### Primary\n\n{ENTRIES[0]}\n\n## Colophon\n\n{PROSE[0]}\n"
    found = unprinted(text)
    assert (found["Primary"], found[ENTRIES[0]], found[PROSE[0]]) == ("heading", "reference", "body")


def test_a_line_of_text_announces_them_as_well():
    """As in a file of plain text, or a Word file whose headings are mere bold."""
    found = unprinted(f"{PROSE[0]}\n\nReferences\n\n{ENTRIES[0]}\n\nAn odd one.\n\n{ENTRIES[1]}\n\n"
                      f"{PROSE[1]}\n\n{PROSE[0]} Again.\n\nSources\n\n{PROSE[1]} Again.")
    assert [found[text] for text in (PROSE[0], "References", "An odd one.", PROSE[1], "Sources")] == [
        "body", "heading", "reference", "body", "body"]


def test_references_of_a_page():
    page = (f"<h2>Lamps</h2><p>{PROSE[0]}</p><h2>References</h2>"
            f"<ol><li>^ {ENTRIES[0]}<li>Untitled leaflet</ol>"
            f"<h2>External links</h2><ul><li>Official site</ul>")
    _, blocks = lay_out(read_html(page.encode(), LOCAL), LOCAL)
    assert [block.kind for block in blocks] == [
        "heading", "body", "heading", "reference", "reference", "heading", "reference"]

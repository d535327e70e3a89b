"""Which characters enter a text, and that offsets and edges stay true."""

import unicodedata

import pytest

from engine.ingest.clean import SOFT_HYPHEN, clean, clean_piece, clean_strip
from engine.ingest.glyphs import Glyph, mend


@pytest.mark.parametrize("raw, wanted", [
    ("plain", "plain"),
    ("  a   b\t c\u00a0d\u2003e\n", "a b c d e"),
    ("a\0b\x07c\x1fd\x7fe\x85f\x9fg", "abcde fg"),
    ("a\u202eb\u202cc\u2066d\u2069e\u200ff\u061cg", "abcdefg"),
    ("a\u200bb\u200cc\u200dd\ufeffe\u2060f", "abcdef"),
    ("a\ufffeb\uffffc\ufdd0d\U0001fffee", "abcde"),
    ("a\ud800b\udfffc", "abc"),
    ("\U000e0041\U000e0042hidden tags", "hidden tags"),
    ("heart \u2764\ufe0f", "heart \u2764"),
    ("e\ufb03cient o\ufb04ine \ufb01nal \ufb05", "efficient offline final st"),
    ("e\u0301 A\u030a", "\u00e9 \u00c5"),
    ("\ufefb\ufe91", "\u0644\u0627\u0628"),
    ("co\u00adoperate", "cooperate"),
    ("\uf0b7 item", "\u2022 item"),
    ("\U0001f4d6 \U00020000 \U0001d54f", "\U0001f4d6 \U00020000 \U0001d54f"),
    ("\u0600\u0661", "\u0600\u0661"),
])
def test_clean(raw, wanted):
    assert clean(raw) == wanted
    assert clean(clean(raw)) == clean(raw)


def test_every_code_point_comes_out_clean():
    for code in (*range(0x3100), *range(0xD7F0, 0x10400), *range(0xE0000, 0xE0200), 0x10FFFF):
        for character in clean(f"a{chr(code)}b"):
            assert unicodedata.category(character) not in ("Cc", "Cs", "Zl", "Zp")
            assert character not in "\u200b\u200e\u200f\u202a\u202b\u202c\u202d\u202e\ufeff\u00ad"


def strip(text, width=5.0):
    return clean_strip(list(text), [width * i for i in range(len(text))], width * len(text))


@pytest.mark.parametrize("raw, wanted", [
    ("two words", "two words"), ("  in  side ", "in side"),
    ("e\u0301te\u0301", "\u00e9t\u00e9"), ("a\0b", "ab"),
    ("\ufb03x", "ffix"), ("\0\0", ""), ("", ""), ("\u0301a", "\u0301a"), ("\U0001f4d6a", "\U0001f4d6a"),
])
def test_edges_belong_to_letters(raw, wanted):
    text, edges = strip(raw)
    assert text == wanted
    if text:
        assert len(edges) == len(text) + 1 and list(edges) == sorted(edges)


def test_a_ligature_shares_its_width():
    assert list(strip("\ufb03x")[1]) == pytest.approx([0, 5 / 3, 10 / 3, 5, 10])


def test_accents_keep_the_edges_of_their_letter():
    assert list(strip("ae\u0301b")[1]) == [0, 5, 15, 20]


def test_a_soft_hyphen_counts_at_the_end_of_a_line_only():
    assert strip(f"inter{SOFT_HYPHEN}")[0] == f"inter{SOFT_HYPHEN}"
    assert strip(f"well{SOFT_HYPHEN}known")[0] == "well-known"
    assert clean_piece(f"inter{SOFT_HYPHEN}") == f"inter{SOFT_HYPHEN}"


def glyphs(*rows):
    return [Glyph(*row) for row in rows]


def letters(row):
    return "".join(glyph.letter for glyph in mend(row))


def test_an_accent_printed_over_the_next_letter():
    row = glyphs(("r", 162.1, 167.4), ("\u00b4", 168.1, 172.1), ("e", 167.4, 172.7), ("v", 172.7, 178.7))
    assert letters(row) == "r\u00e9v"


def test_an_accent_that_stands_alone_stays():
    assert letters(glyphs(("\u00b4", 10, 14), ("e", 14, 20))) == "\u00b4e"


def test_spaced_letters_close_up_but_words_stay_apart():
    row, x = [], 0.0
    for i, word in enumerate(("United", "States")):
        if i:
            row.append(Glyph(" ", x, x + 5, True))
            x += 5
        for j, letter in enumerate(word):
            if j:
                row.append(Glyph(" ", x, x + 1.5, True))
                x += 1.5
            row.append(Glyph(letter, x, x + 5))
            x += 5
    assert letters(row) == "United States"


def test_numbers_in_arabic_run_from_left_to_right():
    row = glyphs(("\u0664", 30, 35), ("\u0663", 25, 30), ("\u0661", 20, 25))
    assert letters(row) == "\u0661\u0663\u0664"

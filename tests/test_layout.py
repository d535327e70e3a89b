"""Who may import whom (docs/ARCHITECTURE.md): the rule is stated in the packages, and held here."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
OURS = {"app", "ui", "engine", "storage"}


def python_files(*folders: str) -> list[Path]:
    return sorted(path for folder in folders for path in (ROOT / folder).rglob("*.py"))


def imported_modules(path: Path) -> set[str]:
    """Dotted names of every module that the file imports, wherever the import stands."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import; write the whole name"
            names |= {node.module or ""} | {f"{node.module}.{alias.name}" for alias in node.names}
    return names


def roots(path: Path) -> set[str]:
    return {name.split(".")[0] for name in imported_modules(path)}


def name_of(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


@pytest.mark.parametrize("path", python_files("engine"), ids=name_of)
def test_engine_imports_nothing_of_ours(path: Path) -> None:
    assert roots(path) & OURS <= {"engine"}


@pytest.mark.parametrize("path", python_files("storage"), ids=name_of)
def test_storage_knows_only_types_and_errors(path: Path) -> None:
    ours = {name for name in imported_modules(path) if name.split(".")[0] in OURS - {"storage"}}
    assert all(name.startswith(("engine.types", "engine.errors")) or name == "engine" for name in ours), ours


@pytest.mark.parametrize("path", python_files("ui"), ids=name_of)
def test_ui_does_not_import_the_composition_root(path: Path) -> None:
    assert "app" not in roots(path)


LIBRARIES = {
    "gradio": ("ui/layout.py", "ui/theme.py", "ui/tabs/", "ui/viewer.py"),
    "torch": ("engine/",),
    "sqlalchemy": ("storage/",),
    "alembic": ("storage/",),
    "pymupdf": ("engine/ingest/",),
    "huggingface_hub": ("engine/weights/hub.py",),
}


@pytest.mark.parametrize("path", python_files("engine", "storage", "ui"), ids=name_of)
def test_libraries_stay_in_their_folders(path: Path) -> None:
    for library in roots(path) & LIBRARIES.keys():
        assert name_of(path).startswith(LIBRARIES[library]), f"{library} in {name_of(path)}"


ENGINE_LAYERS = [
    {"document"},  # a part of types, in a file of its own
    {"options"},  # another
    {"types"},
    {"errors"},
    {"attention", "weights", "device", "resident"},
    {"decode", "models", "text", "ingest"},
    {"tasks"},
    {"runtime"},
]


@pytest.mark.parametrize("path", python_files("engine"), ids=name_of)
def test_engine_layers_point_down(path: Path) -> None:
    part = path.relative_to(ROOT / "engine").parts[0].removesuffix(".py")
    if part == "__init__":
        return
    level = next(i for i, layer in enumerate(ENGINE_LAYERS) if part in layer)
    for name in imported_modules(path):
        below = name.split(".")[1] if name.startswith("engine.") else None
        if below is None or below == part:
            continue
        assert next(i for i, layer in enumerate(ENGINE_LAYERS) if below in layer) < level, f"{name}"


def test_models_never_import_one_another() -> None:
    for path in python_files("engine/models"):
        other = {name for name in imported_modules(path) if name.startswith("engine.models.")}
        assert not other, f"{name_of(path)} imports {other}"


@pytest.mark.parametrize(
    "module, forbidden",
    [
        ("engine", {"torch", "gradio", "pymupdf"}),
        ("engine.types", {"torch"}),
        ("engine.errors", {"torch"}),
        ("app", {"torch", "gradio", "transformers", "sqlalchemy"}),
        ("ui.cli", {"gradio", "transformers"}),
    ],
)
def test_what_an_import_drags_in(module: str, forbidden: set[str]) -> None:
    """A fresh interpreter, because this one has imported everything already."""
    probe = f"import sys, {module}; print('\\n'.join(m for m in sys.modules if '.' not in m))"
    loaded = subprocess.run(
        [sys.executable, "-c", probe], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout.split()
    assert not forbidden & set(loaded)


@pytest.mark.parametrize("path", python_files("engine", "storage", "ui"), ids=name_of)
def test_files_are_short_and_say_what_they_are(path: Path) -> None:
    source = path.read_text("utf-8")
    limit = 600 if name_of(path).startswith("engine/models/") else 350
    assert len(source.splitlines()) <= limit
    if source.strip():
        assert ast.get_docstring(ast.parse(source)), f"{name_of(path)} has no module docstring"

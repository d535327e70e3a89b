"""Settings are read once, from a mapping, and a wrong one is named."""

from pathlib import Path

import pytest

from ui.settings import BadSetting, read_settings

ROOT = Path(__file__).parent.parent.parent


def test_defaults_follow_the_platform() -> None:
    settings = read_settings(ROOT, {})
    assert settings.data_dir.is_absolute()
    assert settings.data_dir.name == "precis"
    assert not settings.hosted
    assert settings.models == ROOT / "assets" / "models"
    assert settings.app_version[0].isdigit()


def test_the_environment_wins(tmp_path: Path) -> None:
    settings = read_settings(
        ROOT,
        {
            "PRECIS_DATA_DIR": str(tmp_path),
            "PRECIS_HOSTED": "1",
            "PRECIS_DEVICE": "cpu",
            "PRECIS_THREADS": "2",
        },
    )
    assert (settings.data_dir, settings.hosted, settings.device, settings.threads) == (
        tmp_path,
        True,
        "cpu",
        2,
    )


@pytest.mark.parametrize(
    "name, value",
    [
        ("PRECIS_DEVICE", "tpu"), ("PRECIS_THREADS", "0"), ("PRECIS_THREADS", "two"),
        ("PRECIS_NAMES", "https://reader.example"), ("PRECIS_NAMES", "reader.example:80"),
    ],
)
def test_a_wrong_value_is_named(name: str, value: str) -> None:
    with pytest.raises(BadSetting, match=name):
        read_settings(ROOT, {name: value})


def test_a_server_behind_a_proxy_is_told_its_names(monkeypatch, tmp_path) -> None:
    """From the environment to what stands before every request; a Space says its own name."""
    import ui.server
    from ui.arguments import build_parser
    from ui.cli import serve
    from ui.security import TrustedHost
    from ui.services import Services

    given = {"PRECIS_NAMES": " reader.example, Other.example ,", "SPACE_HOST": "me-precis.hf.space"}
    alone = read_settings(ROOT, given)
    hosted = read_settings(ROOT, given | {"PRECIS_HOSTED": "1"})
    assert alone.names == ("reader.example", "Other.example")
    assert hosted.names == (*alone.names, "me-precis.hf.space")
    seen = []
    monkeypatch.setattr(ui.server, "serve", lambda settings, **parts: seen.append(settings) or 0)
    options = build_parser().parse_args(["serve"])
    assert serve(options, Services(hosted, None, None, None, None)) == 0
    front = TrustedHost(None, seen[0].names)
    assert front.knows("me-precis.hf.space") and front.knows("other.example:443")
    assert not front.knows("evil.example")

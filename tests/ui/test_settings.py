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
    "name, value", [("PRECIS_DEVICE", "tpu"), ("PRECIS_THREADS", "0"), ("PRECIS_THREADS", "two")]
)
def test_a_wrong_value_is_named(name: str, value: str) -> None:
    with pytest.raises(BadSetting, match=name):
        read_settings(ROOT, {name: value})

"""`midthought config show`: every setting with its origin, no secret, and all that is wrong at once."""

from dataclasses import fields
from pathlib import Path

import pytest

from midthought.api.settings import MASK, Settings
from midthought.api.settings_shown import ShownSetting, show_settings
from midthought.api.settings_sources import SettingOrigin

from ..conftest import Cli

FILE = """
port = 9000
k = 3
upstream = "http://localhost:8000"

[model]
name = "m"
url = "http://me:hunter2hunter2@models.example/v1"

[api_keys]
"a-long-random-secret" = ["alice"]
"""


def shown(place: Path, **environment: str) -> dict[str, ShownSetting]:
    """The settings by name, of a file and an environment."""
    (place / "midthought.toml").write_text(FILE)
    return {one.name: one for one in show_settings({"home": "x"}, environment=environment, folder=place).settings}


def test_each_setting_has_its_value_and_origin(tmp_path: Path) -> None:
    """All of them, in their order; the flag before the environment, that before the file, that before the default."""
    found = shown(tmp_path, MIDTHOUGHT_PORT="9001")
    assert list(found) == [one.name for one in fields(Settings)]
    told = {name: (found[name].value, found[name].origin) for name in ("home", "port", "upstream", "model", "host")}
    assert told == {
        "home": ("x", SettingOrigin.FLAG),
        "port": (9001, SettingOrigin.ENVIRONMENT),
        "upstream": ("http://localhost:8000", SettingOrigin.FILE),
        "model": ("m", SettingOrigin.FILE),
        "host": ("127.0.0.1", SettingOrigin.DEFAULT),
    }
    assert found["port"].place == "the environment (MIDTHOUGHT_PORT)"
    assert found["model"].place == str(tmp_path / "midthought.toml")


def test_no_secret_is_shown(tmp_path: Path) -> None:
    """Of every secret only that it is set; no password of a URL either."""
    found = shown(tmp_path, MIDTHOUGHT_ENCODER_KEY="s3cret-of-the-encoder")
    assert (found["api_keys"].value, found["encoder_key"].value, found["upstream_key"].value) == (MASK, MASK, "")
    whole = repr(found)
    assert [one for one in ("a-long-random", "s3cret", "hunter2") if one in whole] == []


def test_all_that_is_wrong_is_told_at_once(tmp_path: Path) -> None:
    """A name of the file, one of the environment, and a value; the other settings are shown."""
    (tmp_path / "midthought.toml").write_text(FILE)
    found = show_settings(environment={"MIDTHOUGHT_PORTT": "1", "MIDTHOUGHT_KEEP": "many"}, folder=tmp_path)
    assert any("unknown setting 'k'" in one for one in found.problems)
    assert any(
        "'MIDTHOUGHT_PORTT' in the environment: did you mean 'MIDTHOUGHT_PORT'?" in one for one in found.problems
    )
    assert any("setting 'keep' in the environment (MIDTHOUGHT_KEEP)" in one for one in found.problems)
    assert {one.name: one.value for one in found.settings}["upstream"] == "http://localhost:8000"


def test_the_command_shows_them(cli: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As text and as one JSON object a line; exit code 2 with what is wrong behind the list."""
    ran = cli("config", "show", "-o", "json")
    assert (ran.code, ran.err) == (0, "")
    assert {"name": "encoder", "value": "hashing", "origin": "environment"}.items() <= ran.lines[
        [one["name"] for one in ran.lines].index("encoder")
    ].items()
    (tmp_path / "midthought.toml").write_text(FILE)
    ran = cli("config", "show")
    assert (ran.code, "unknown setting 'k'" in ran.err, "port " in ran.out) == (2, True, True)
    assert "hunter2" not in ran.out

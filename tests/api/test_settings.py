"""Settings: who wins, what is refused, what is never shown."""

import importlib.util
from pathlib import Path

import pytest

from midthought.api.keyring import ApiKey
from midthought.api.opening import make_language_model
from midthought.api.settings import Settings
from midthought.api.settings_sources import load_settings
from midthought.memory.errors import BadSettings
from midthought.memory.indexes.vectors.kinds import IndexKind


def write(folder: Path, text: str) -> Path:
    """A settings file in a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / "midthought.toml"
    file.write_text(text)
    return file


def test_every_index_kind_has_a_name() -> None:
    """The setting names the kinds there are, and auto."""
    for name in ("auto", *IndexKind):
        assert load_settings(environment={"MIDTHOUGHT_INDEX": name}).index == name
    with pytest.raises(BadSettings, match="expected one of auto, exact, hnsw"):
        load_settings(environment={"MIDTHOUGHT_INDEX": "tree"})


def test_a_flag_beats_the_environment_beats_the_file_beats_the_default(tmp_path: Path) -> None:
    """Each source covers the one below it, key by key."""
    file = write(tmp_path, "port = 1\nhost = 'file'\nnamespace = 'file'\n")
    found = load_settings(
        {"port": 3, "host": None}, environment={"MIDTHOUGHT_PORT": "2", "MIDTHOUGHT_HOST": "env"}, config=file
    )
    assert (found.port, found.host, found.namespace, found.engine) == (3, "env", "file", "auto")


def test_the_file_is_looked_for_in_three_places(tmp_path: Path) -> None:
    """--config, else ./midthought.toml, else ~/.config/midthought/midthought.toml."""
    user = write(tmp_path / "user" / ".config" / "midthought", "port = 1")
    assert load_settings(environment={}).port == 1
    write(tmp_path, "port = 2")
    assert load_settings(environment={}).port == 2
    assert load_settings(environment={}, config=user).port == 1
    assert load_settings(environment={"MIDTHOUGHT_CONFIG": str(user)}).port == 1


@pytest.mark.parametrize(
    ("environment", "text", "words"),
    [
        ({"MIDTHOUGHT_HOEM": "x"}, "", ["MIDTHOUGHT_HOEM", "environment", "MIDTHOUGHT_HOME"]),
        ({}, "hoem = 'x'", ["'hoem'", "midthought.toml", "'home'"]),
        ({}, "port = 'many'", ["'port'", "midthought.toml", "whole number"]),
        ({"MIDTHOUGHT_PORT": "99999"}, "", ["'port'", "65535"]),
        ({"MIDTHOUGHT_ENGINE": "steam"}, "", ["'engine'", "scripted"]),
        ({"MIDTHOUGHT_THINKING": "aloud"}, "", ["'thinking'", "auto", "channels", "'aloud'"]),
        ({"MIDTHOUGHT_NAMESPACE": "No!"}, "", ["'namespace'"]),
        ({}, "branches = 0", ["'branches'", "1..10000", "got 0"]),
        ({}, "procedures = 0", ["'procedures'", "1..10000", "got 0"]),
        ({}, "keep = -1", ["'keep'", "1..10000", "got -1"]),
        ({}, "max_tokens = 0", ["'max_tokens'", "1..10000000", "got 0"]),
        ({}, "query_reasoner_timeout = 0", ["'query_reasoner_timeout'", "0.1..3600", "got 0"]),
        ({}, "encoder_url = 'localhost:8000'", ["'encoder_url'", "http://", "localhost:8000"]),
        ({}, "query_reasoner_url = 'localhost'", ["'query_reasoner_url'", "http://"]),
        ({"MIDTHOUGHT_URL": "localhost"}, "", ["'url'", "http://"]),
        ({"MIDTHOUGHT_URL": "http://[::1"}, "", ["'url'", "Invalid IPv6"]),
        ({"MIDTHOUGHT_URL": "http://a..b"}, "", ["'url'", "must be a host"]),
        ({"MIDTHOUGHT_URL": "http://"}, "", ["'url'", "must be a host"]),
        ({"MIDTHOUGHT_API_KEY": "\u00e9"}, "", ["'api_key'", "ASCII"]),
        ({"MIDTHOUGHT_TEMPERATURE": "nan"}, "", ["'temperature'", "0.001..100"]),
        ({}, "port = ", ["midthought.toml", "not TOML"]),
    ],
)
def test_what_cannot_be_is_refused_by_name_and_place(
    tmp_path: Path, environment: dict[str, str], text: str, words: list[str]
) -> None:
    """An unknown key or an impossible value names itself, its place and what was meant."""
    with pytest.raises(BadSettings) as caught:
        load_settings(environment=environment, config=write(tmp_path, text))
    assert [word for word in words if word not in str(caught.value)] == []


def test_a_missing_config_file_is_refused() -> None:
    """A file that was asked for by name must be there."""
    with pytest.raises(BadSettings, match=r"nowhere\.toml cannot be read"):
        load_settings(environment={}, config="nowhere.toml")


def test_the_tests_variable_is_left_alone() -> None:
    """MIDTHOUGHT_DATA belongs to the tests and is no setting."""
    assert load_settings(environment={"MIDTHOUGHT_DATA": "/data"}) == Settings()


def test_a_relative_home_in_a_file_is_beside_the_file(tmp_path: Path) -> None:
    """Where the command is run from does not matter."""
    assert load_settings(environment={}, config=write(tmp_path / "a", "home = 'm'")).home == tmp_path / "a" / "m"


@pytest.mark.parametrize(
    ("environment", "text"),
    [
        ({"MIDTHOUGHT_API_KEYS": "one=alice+bob,two"}, ""),
        ({}, "[api_keys]\none = ['alice', 'bob']\ntwo = '*'\n"),
    ],
)
def test_keys_are_bound_to_namespaces(tmp_path: Path, environment: dict[str, str], text: str) -> None:
    """The environment and the file say the same."""
    found = load_settings(environment=environment, config=write(tmp_path, text)).api_keys
    assert found.keys == (ApiKey("one", ("alice", "bob")), ApiKey("two"))


def test_secrets_are_masked() -> None:
    """Neither the settings nor the keys show a secret when printed."""
    found = load_settings(environment={"MIDTHOUGHT_API_KEY": "s3cret", "MIDTHOUGHT_API_KEYS": "s3cret=alice"})
    assert "s3cret" not in f"{found} {found!r} {found.api_keys!r} {found.api_keys.keys!r}"
    assert found.api_key == "s3cret"


def test_a_wrong_key_list_does_not_repeat_it(tmp_path: Path) -> None:
    """An error about keys shows none."""
    with pytest.raises(BadSettings) as caught:
        load_settings(environment={}, config=write(tmp_path, "[api_keys]\ns3cret = 5"))
    assert "s3cret" not in str(caught.value)


def test_settings_made_in_python_name_what_may_be_chosen() -> None:
    """A name that is no row of its registry is refused as in a file."""
    with pytest.raises(BadSettings, match="setting 'fusion' must be one of convex, rrf, dense, words, got 'foo'"):
        Settings(fusion="foo")


def test_the_section_of_the_model_is_the_settings_of_its_name(tmp_path: Path) -> None:
    """``name`` and ``engine`` are the settings of the model; the other keys lose their ``model_``; others are told."""
    file = tmp_path / "midthought.toml"
    file.write_text('port = 9000\n[model]\nname = "big"\nurl = "http://localhost:1"\nconcurrency = 3\n')
    found = load_settings(config=file, environment={"MIDTHOUGHT_MODEL_KEY": "secret"})
    assert (found.model, found.model_url, found.model_concurrency, found.port) == ("big", "http://localhost:1", 3, 9000)
    assert (found.engine_name, found.model_key) == ("openai", "secret")
    assert "secret" not in repr(found)
    file.write_text("[model]\nbudget_token = 3\n")
    with pytest.raises(BadSettings, match=r"'model_budget_token'.*did you mean 'model_budget_tokens'"):
        load_settings(config=file, environment={})


def test_a_served_model_needs_its_name() -> None:
    """A URL alone names no model; without a URL the model runs in this process."""
    with pytest.raises(BadSettings, match="'model_url' needs 'model'"):
        Settings(model_url="http://localhost:1")
    assert Settings(model="big").engine_name == "transformers"


def test_the_model_of_ingestion_is_the_one_that_is_named(tmp_path: Path) -> None:
    """`engine` says how it is run, and `model_context` reaches it. Nothing is loaded."""
    served = make_language_model(Settings(model="big", model_url="http://localhost:1", model_context=4096))
    assert (served.name, served.context_tokens) == ("openai:big", 4096)
    named = {"transformers": f"transformers:{tmp_path.name}", "scripted": "scripted"}
    if importlib.util.find_spec("vllm"):
        named["vllm"] = f"vllm:{tmp_path.name}"
    made = {engine: make_language_model(Settings(model=str(tmp_path), engine=engine)) for engine in named}
    assert {engine: model.name for engine, model in made.items()} == named


def test_a_setting_of_the_model_is_given_once(tmp_path: Path) -> None:
    """In the table or outside of it: which of two would count cannot be seen in the file."""
    file = tmp_path / "midthought.toml"
    file.write_text('model_url = "http://localhost:1"\n[model]\nname = "big"\nurl = "http://localhost:2"\n')
    with pytest.raises(BadSettings, match=r"'model_url' is given twice in .*: as 'model_url', and as 'url' under"):
        load_settings(config=file, environment={})


@pytest.mark.parametrize("name", ["url", "model_url", "encoder_url", "query_reasoner_url"])
def test_a_port_is_one(name: str) -> None:
    """The error names the setting."""
    with pytest.raises(BadSettings, match=f"'{name}' is no URL .*99999"):
        Settings(model="big", **{name: "http://localhost:99999"})

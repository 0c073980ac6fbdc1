"""How a setting names the namespaces that learn from their traffic."""

from pathlib import Path

import pytest

from midthought.api.proxy.traffic.policies import TrafficPolicy, read_policies
from midthought.api.settings import Settings
from midthought.api.settings_sources import load_settings
from midthought.memory.errors import BadSettings
from midthought.memory.records.namespace import Namespace

ALICE, BOB = Namespace("alice"), Namespace("bob")


def test_a_table_and_a_text_say_the_same(tmp_path: Path) -> None:
    """In the file and in the environment; nobody else opted in, and nobody does without the setting."""
    file = tmp_path / "midthought.toml"
    file.write_text('[traffic]\nalice = "feedback"\nbob = "unjudged"\n')
    table = load_settings(config=file, environment={}).traffic
    text = load_settings(environment={"MIDTHOUGHT_TRAFFIC": "alice=feedback, bob=unjudged"}, folder=tmp_path / "none")
    assert table == text.traffic
    assert (table.find(ALICE), table.find(BOB)) == (TrafficPolicy.FEEDBACK, TrafficPolicy.UNJUDGED)
    assert table.find(Namespace("carol")) is None
    assert not Settings().traffic


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ("alice", "expected one of feedback, checker, unjudged for the namespace alice, got ''"),
        ("alice=always", "got 'always'"),
        ("No Way=feedback", "namespace"),
        ("alice=feedback,alice=unjudged", "one policy for each namespace"),
        ({"alice": 3}, "got 3"),
        (["alice"], "expected namespaces with their policies"),
    ],
)
def test_what_is_no_policy_is_refused(given: object, message: str) -> None:
    """With what was expected."""
    with pytest.raises(ValueError, match=message):
        read_policies(given)


def test_an_error_names_the_setting_and_its_place() -> None:
    """As for every setting."""
    with pytest.raises(
        BadSettings, match=r"setting 'traffic' in the environment \(MIDTHOUGHT_TRAFFIC\): expected one of"
    ):
        load_settings(environment={"MIDTHOUGHT_TRAFFIC": "alice=on"})

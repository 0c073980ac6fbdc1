"""The files of docs/deploy name what there is: metrics, settings, and folders of the package."""

import re
import subprocess
import tomllib
from dataclasses import fields
from pathlib import Path
from shutil import which

import pytest
import yaml

from midthought.api.settings import Settings
from midthought.api.watch.metric_table import METRICS, MetricKind

OTHERS = {"up", "process_open_fds", "process_max_fds"}
"""Metrics that are not of the table: of Prometheus itself, and of the process."""
SETTINGS = {f"MIDTHOUGHT_{one.name.upper()}" for one in fields(Settings)}


def named_variables(text: str) -> set[str]:
    """The settings that a file sets in the environment."""
    return set(re.findall(r"\bMIDTHOUGHT_[A-Z_]+(?==)", text))


def test_every_alert_asks_for_metrics_that_there_are(root: Path) -> None:
    """By name, and with the suffix that the parts of a histogram have; each says what is wrong."""
    (group,) = yaml.safe_load((root / "docs" / "deploy" / "alerts.yml").read_text())["groups"]
    known = {row.name for row in METRICS} | OTHERS
    known |= {f"{row.name}_bucket" for row in METRICS if row.kind is MetricKind.HISTOGRAM}
    for rule in group["rules"]:
        names = set(re.findall(r"\b(?:midthought|process)_\w+|\bup\b", rule["expr"]))
        assert names, rule["alert"]
        assert names <= known, rule["alert"]
        assert rule["annotations"]["summary"].endswith("."), rule["alert"]


def test_the_unit_gives_the_service_the_time_that_it_takes(root: Path) -> None:
    """Its variables are settings, and systemd waits longer for its end than the default settings allow."""
    unit = (root / "docs" / "deploy" / "midthought.service").read_text()
    assert named_variables(unit)
    assert named_variables(unit) <= SETTINGS
    stop = re.search(r"^TimeoutStopSec=(\d+)min$", unit, re.MULTILINE)
    assert stop
    assert 60 * int(stop[1]) > Settings().drain_seconds + Settings().drain_delay + 60


def test_the_image_has_all_that_the_package_is_made_of(root: Path) -> None:
    """Each folder that the wheel takes, extras that exist, settings that exist, and a user who is not root."""
    text = (root / "docs" / "deploy" / "Containerfile").read_text()
    project = tomllib.loads((root / "pyproject.toml").read_text())
    copied = set(re.findall(r"^COPY (\w+) ", text, re.MULTILINE))
    folders = {one.split(".")[1] for one in project["tool"]["setuptools"]["packages"] if "." in one}
    assert folders | {"src", "data"} == copied
    extras = re.search(r"'\.\[([\w,-]+)\]'", text)
    assert extras
    assert set(extras[1].split(",")) <= project["project"]["optional-dependencies"].keys()
    assert named_variables(text) <= SETTINGS
    stages = text.split("\nFROM ")
    assert len(stages) == 3
    assert re.findall(r"^(USER|VOLUME|HEALTHCHECK|STOPSIGNAL) ", stages[-1], re.MULTILINE) == [
        "USER",
        "VOLUME",
        "STOPSIGNAL",
        "HEALTHCHECK",
    ]
    assert "USER 10001" in stages[-1]


@pytest.mark.heavy
@pytest.mark.skipif(which("promtool") is None, reason="promtool comes with the package prometheus")
def test_promtool_takes_the_rules_and_the_configuration(root: Path) -> None:
    """Both are checked as Prometheus would read them."""
    for command in (["rules", "alerts.yml"], ["config", "--syntax-only", "prometheus.yml"]):
        subprocess.run(["promtool", "check", *command], cwd=root / "docs" / "deploy", check=True, capture_output=True)


@pytest.mark.heavy
@pytest.mark.skipif(which("systemd-analyze") is None, reason="systemd-analyze comes with systemd")
def test_systemd_takes_the_unit(root: Path, tmp_path: Path) -> None:
    """It finds nothing to say about it, and calls what is left open to it little."""
    unit = (root / "docs" / "deploy" / "midthought.service").read_text()
    place = tmp_path / "midthought.service"
    place.write_text(unit.replace("/opt/midthought/bin/midthought", "/bin/true"))
    done = subprocess.run(["systemd-analyze", "verify", str(place)], capture_output=True, text=True, check=True)
    assert done.stderr + done.stdout == ""
    judged = ["systemd-analyze", "security", "--offline=true", "--threshold=20", "--no-pager", str(place)]
    subprocess.run(judged, capture_output=True, check=True)

"""``midthought zoom show``."""

from dataclasses import fields, replace
from pathlib import Path

import pytest

from midthought.api.python.memory import open_memory
from midthought.api.receipts import run_rows
from midthought.api.setting_values import read_value
from midthought.api.settings import Settings
from midthought.ingest.formats.registry import JSON_FORMATS
from midthought.memory.records.namespace import Namespace
from midthought.reasoner.thought.receipts import Run, ZoomRecord, read_zoom_record
from midthought.reasoner.zoom.registry import POLICIES
from midthought.reasoner.zoom.zoom_step import OpenPart, ZoomStep
from midthought.retrieval.encoders.hashing import HashingEncoder

from .conftest import Cli

RECORD = ZoomRecord(
    "I count the ways.", (ZoomStep(90, 18.0, 0.4, 1000, 0, (OpenPart(0, 17, 0.5),)), ZoomStep(106, 21.0, 0.5, 1, 0, ()))
)
RUN = Run("How many?", "transformers:tiny", (), "", (), (), "text", "42", (), 1.0, zoom=RECORD)


def keep(home: Path, run: Run) -> str:
    """Write a run into the memory; return its id."""
    with open_memory(home, encoder=HashingEncoder(), starter=False) as memory:
        row, receipts = run_rows(run)
        memory.store.writer.record_run(Namespace("default"), row, receipts)
    return run.id


def test_a_record_is_the_same_when_it_is_read_back() -> None:
    """JSON keeps all of it."""
    assert read_zoom_record(RUN.to_json()) == RECORD
    assert read_zoom_record(replace(RUN, zoom=None).to_json()) is None


def test_a_run_is_shown_and_drawn(cli: Cli, home: Path, tmp_path: Path) -> None:
    """Its parts with their shades, and an SVG file."""
    ran = cli("zoom", "show", keep(home, RUN), "--picture", str(tmp_path / "zoom.svg"))
    assert ran.code == 0
    assert ran.out.splitlines()[0].startswith("I count the ways.")
    assert "at token 106: 21 visible (20%), heads agree 0.50" in ran.out
    assert (tmp_path / "zoom.svg").read_text(encoding="utf-8").startswith("<svg")


@pytest.mark.slow
def test_what_cannot_be_shown_is_told(cli: Cli, home: Path) -> None:
    """A run that is not there, one that was not zoomed, and a folder that does not exist."""
    plain = keep(home, replace(RUN, zoom=None))
    assert "no run 'nothing' in namespace default" in cli("zoom", "show", "nothing").err
    assert "the cache was not zoomed in this run: reason with --kv zoom" in cli("zoom", "show", plain).err
    zoomed = keep(home, RUN)
    assert "cannot be written: No such file" in cli("zoom", "show", zoomed, "--picture", "no/such/folder.svg").err


def test_the_option_reaches_the_settings(cli: Cli) -> None:
    """``--kv`` takes its two words and no other; an engine that cannot zoom is named, and no memory is made."""
    arguments = ["reason", "How many?", "--engine", "scripted", "--branches", "1", "--procedures", "1"]
    assert cli(*arguments, "--kv", "full").code == 0
    refused = cli(*arguments, "--kv", "zoom")
    assert (refused.code, refused.out) == (2, "")
    assert "engine 'scripted' cannot zoom, and kv is 'zoom'" in refused.err
    assert "sometimes" in cli(*arguments, "--kv", "sometimes").err


def test_every_setting_can_be_given_as_text() -> None:
    """Each has a reader of its type: the word that writes its default reads as the default."""
    for one in fields(Settings):
        if isinstance(one.default, str | int | float):
            assert read_value(one, str(one.default)) == one.default


@pytest.mark.slow
def test_every_policy_reaches_the_settings_and_doctor_lists_them(cli: Cli) -> None:
    """``--zoom-policy`` takes each registered name and no other; ``doctor`` lists engines and policies."""
    arguments = ["reason", "How many?", "--engine", "scripted", "--branches", "1", "--procedures", "1"]
    for name in POLICIES:
        assert cli(*arguments, "--zoom-policy", name).code == 0
    refused = cli(*arguments, "--zoom-policy", "half")
    assert refused.code == 2
    assert "expected one of pages, published, paragraphs, entries, got 'half'" in refused.err
    listed = {one["name"]: one["detail"] for one in cli("doctor", "-o", "json").json["findings"]}
    assert listed["engines"] == "auto (chosen), transformers, openai, vllm, scripted"
    assert listed["zoom policies"] == "pages (chosen), published, paragraphs, entries"
    assert listed["trace formats"].split(", ") == list(JSON_FORMATS)
    assert listed["import formats"] == "mem0, ace, skill"

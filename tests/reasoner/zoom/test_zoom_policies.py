"""What every zoom policy and every part of one promises; the rows come from the registries themselves."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from midthought.memory.errors import BadSettings
from midthought.memory.records.entry import Procedure, StoredEntry
from midthought.reasoner.engines.base import Token
from midthought.reasoner.engines.transformers import EngineOptions, TransformersEngine
from midthought.reasoner.recalled_entries import RecalledEntries
from midthought.reasoner.spans.span_settings import SpanMode, SpanSettings
from midthought.reasoner.thought.events import EntriesPlaced, HintInjected
from midthought.reasoner.thought.in_thought import InThoughtRecall, ThinkSettings, last_run
from midthought.reasoner.thought.receipts import ReceiptKind
from midthought.reasoner.zoom.registry import PARTS, POLICIES
from midthought.reasoner.zoom.zoom_settings import KvMode, ZoomSettings

PAGES_HAVE = ("index", "schedule")
POLICIES_OF = {part: "pages" if part in PAGES_HAVE else "published" for part in PARTS}
ROWS = [
    *(pytest.param(ZoomSettings(name), id=name) for name in POLICIES),
    *(
        pytest.param(ZoomSettings(POLICIES_OF[part], **{part: name}), id=f"{part}-{name}")
        for part, choices in PARTS.items()
        for name in choices
    ),
    *(pytest.param(ZoomSettings("paragraphs", index=name), id=f"paragraphs-{name}") for name in PARTS["index"]),
]
"""Every policy as it is, every part of a policy, and every index among thoughts as well as among pages."""

ENTRIES = tuple(
    StoredEntry(number, Procedure(f"How do I count way {number}?", "Multiply the choices, then divide."), 1, ())
    for number in (1, 2, 3)
)
TEXT = "First I list them.\n\nThen I count each of them twice, and divide. So it is half!\n\n" * 9


@pytest.fixture(scope="module")
def longer_model(tiny_model: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The tiny model with a window of 2,048 tokens, in which there is something to hide, and no end-of-text token."""
    longer = shutil.copytree(tiny_model, tmp_path_factory.mktemp("models") / "longer")
    change_json(longer / "config.json", max_position_embeddings=2048, eos_token_id=None)
    change_json(longer / "generation_config.json", eos_token_id=None)
    change_json(longer / "tokenizer_config.json", eos_token=None)
    return longer


def change_json(file: Path, **values: object) -> None:
    """Replace values in a JSON file."""
    content = json.loads(file.read_text(encoding="utf-8")) | values
    file.write_text(json.dumps(content), encoding="utf-8")


def make_engine(model: Path, zoom: ZoomSettings, *, visible: float = 0.2) -> TransformersEngine:
    """An engine of the tiny model under a policy."""
    options = EngineOptions(dtype="float32", device="cpu", kv=KvMode.ZOOM, visible=visible, zoom=zoom)
    return TransformersEngine(model, options=options)


def write(engine: TransformersEngine, prompt: str = TEXT, **arguments: Any) -> list[Token]:
    """A continuation of 40 tokens, drawn with one seed."""
    return list(engine.generate(prompt, max_tokens=40, temperature=1.5, seed=3, **arguments))


@pytest.mark.slow
@pytest.mark.parametrize("zoom", ROWS)
def test_the_same_arguments_give_the_same_tokens(longer_model: Path, zoom: ZoomSettings) -> None:
    """Under every policy and part a text is written, twice the same, and its record tells what was visible."""
    engine = make_engine(longer_model, zoom)
    entries = RecalledEntries(ENTRIES, 20) if engine.capabilities.entries else None
    one, other = (write(engine, entries=entries) for _ in range(2))
    assert one == other
    steps = [token.zoom for token in one if token.zoom]
    assert (len(one), len(steps)) == (40, 3)
    assert all(0 < step.visible <= step.length for step in steps)


@pytest.mark.parametrize("zoom", ROWS)
def test_the_record_of_a_run_names_what_was_chosen(longer_model: Path, zoom: ZoomSettings) -> None:
    """Whatever differs from the default policy is among the engine's settings."""
    recorded = dict(make_engine(longer_model, zoom).settings)
    for part in ("policy", *PARTS):
        chosen = getattr(zoom, part)
        if chosen != getattr(ZoomSettings(), part):
            assert recorded[f"engine.zoom.{part}"] == chosen


@pytest.mark.sampled
@pytest.mark.parametrize("name", [name for name in POLICIES if name != "pages"])
def test_nothing_is_hidden_of_a_short_text(longer_model: Path, name: str) -> None:
    """With all of a text in the window, a policy of thoughts writes what a full cache does, but for its summaries."""
    zoom = ZoomSettings(name, segments="paragraphs" if name == "published" else "")
    full = TransformersEngine(longer_model, options=EngineOptions(dtype="float32", device="cpu"))
    ids = [token.id for token in write(full, "Why?\n\n")]
    assert [token.id for token in write(make_engine(longer_model, zoom), "Why?\n\n")] == ids


@pytest.mark.slow
def test_the_published_policy_writes_summaries(longer_model: Path) -> None:
    """A summary of at most 12 tokens is forced in behind 512 tokens without an empty line, and the text goes on."""
    engine = make_engine(longer_model, ZoomSettings("published"))
    tokens = [token.text for token in engine.generate("Why?\n\n", max_tokens=700)]
    text = "".join(tokens)
    summary, mark, rest = text.partition("<summary>")[2].partition("</summary>")
    assert mark
    assert rest
    assert len(summary) <= 12  # a token of this model is a byte


@pytest.mark.slow
def test_entries_stand_in_the_cache_and_not_in_the_text(longer_model: Path) -> None:
    """The entries change what is written, are no part of the text, and places of the record count in both together."""
    engine = make_engine(longer_model, ZoomSettings("entries"))
    recalled = RecalledEntries(ENTRIES, 40)
    tokens = list(engine.generate(TEXT, max_tokens=40, entries=recalled))
    assert "count way" not in "".join(token.text for token in tokens)
    whole = recalled.insert_into(TEXT)
    opened = {part for token in tokens if token.zoom for part in token.zoom.opened}
    assert opened, "no entry was opened in any step that was recorded"
    for part in opened:
        assert "Multiply the choices" in whole[part.start : part.end]


@pytest.mark.parametrize("mode", [SpanMode.OFF, SpanMode.CONSTRAIN])
def test_a_thought_has_recalled_entries_in_its_cache(longer_model: Path, recall: Any, mode: SpanMode) -> None:
    """One branch has all recalled entries, each with a receipt; no hint is written; quotes may be copied from them."""
    settings = ThinkSettings(samples=1, procedures=1, max_tokens=20, query_tokens=5, spans=SpanSettings(mode=mode))
    engine = make_engine(longer_model, ZoomSettings("entries"))
    events = list(InThoughtRecall(engine, recall, settings=settings).think("How many?"))
    assert not any(isinstance(event, HintInjected) for event in events)
    (placed,) = (event for event in events if isinstance(event, EntriesPlaced))
    assert placed.entry_ids == (recall.entries[0].id,)
    run = last_run(events)
    assert [one.kind for one in run.receipts if one.kind is not ReceiptKind.QUOTE] == ["recall", "injection"]
    assert run.receipts[1].entries[0].entry_id == recall.entries[0].id
    assert recall.entries[0].entry.body in run.zoom.text


def test_entries_are_refused_by_policies_that_take_none(longer_model: Path) -> None:
    """A policy of pages cannot open entries; entries outside the prompt, or before all of it, are named too."""
    with pytest.raises(ValueError, match="zoom_policy = entries"):
        make_engine(longer_model, ZoomSettings()).generate(TEXT, entries=RecalledEntries(ENTRIES, 40))
    for place in (0, len(TEXT)):
        with pytest.raises(ValueError, match=f"inside the prompt of {len(TEXT)} characters, got {place}"):
            make_engine(longer_model, ZoomSettings("entries")).generate(TEXT, entries=RecalledEntries(ENTRIES, place))


def test_names_and_parts_that_do_not_fit_are_refused(longer_model: Path) -> None:
    """An unknown name lists those there are; a part that the policy lacks names policy and setting."""
    with pytest.raises(BadSettings, match=r"unknown zoom policy 'halved': choose one of .*pages, published"):
        ZoomSettings("halved")
    with pytest.raises(BadSettings, match="unknown coarse index 'big': choose one of token_keys"):
        ZoomSettings(index="big")
    with pytest.raises(BadSettings, match="'pages' has no boundary: leave zoom_boundary out"):
        make_engine(longer_model, ZoomSettings(boundary="surprise"))
    with pytest.raises(BadSettings, match="'published' has no schedule: leave zoom_schedule out"):
        make_engine(longer_model, ZoomSettings("published", schedule="every"))


@pytest.mark.slow
@pytest.mark.parametrize("name", POLICIES)
def test_the_default_model_writes_under_every_policy(smollm2_cache: Path, name: str) -> None:
    """SmolLM2-135M writes 20 tokens behind a text longer than all windows, and something is hidden at its end."""
    options = EngineOptions(kv=KvMode.ZOOM, zoom=ZoomSettings(name))
    engine = TransformersEngine(cache=smollm2_cache, options=options)
    entries = RecalledEntries(ENTRIES, 20) if engine.capabilities.entries else None
    tokens = list(engine.generate(TEXT * 3, max_tokens=20, entries=entries))
    assert len(tokens) == 20
    last = [token.zoom for token in tokens if token.zoom][-1]
    # The prompt is in no thought: policies of thoughts hide what the model itself has written before their window.
    assert last.visible < last.length if name in ("pages", "entries") else last.visible <= last.length

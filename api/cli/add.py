"""``midthought add``: store entries of your own, from options or from a file."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, fields
from typing import TYPE_CHECKING, Annotated

import click

from midthought.api.cli.entry_files import read_entries
from midthought.api.cli.failures import raise_collected, reading_options
from midthought.api.cli.global_options import read_settings
from midthought.api.cli.parameters import Argument, FieldForm, Option, RequestForm
from midthought.api.cli.printing import Output, OutputOption, print_json, print_text
from midthought.api.opening import open_memory_for
from midthought.api.operations.entries import MAX_ENTRIES, Added, AddEntries
from midthought.api.text_validation import check_entry, check_text
from midthought.memory.records.entry import (
    Concept,
    ConceptKind,
    Entry,
    ExampleSize,
    Lesson,
    Procedure,
    WorkedExample,
)
from midthought.memory.records.entry_json import class_name, entry_to_dict
from midthought.memory.records.trajectory import Outcome

if TYPE_CHECKING:
    from midthought.api.python.client import Client
    from midthought.api.python.memory import Memory

_REQUIRED: dict[type[Procedure] | type[Concept] | type[Lesson] | type[WorkedExample], tuple[str, ...]] = {
    Procedure: ("subquestion", "subroutine"),
    Concept: ("name", "concept_kind", "description"),
    Lesson: ("situation", "suggestion"),
    WorkedExample: ("goal", "passage", "size"),
}
"""The options that an entry of each kind needs; which of them are given says the kind."""
_MAX_BYTES = 4 << 20
"""Of the entries in one request: half of what a service takes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EntryOptions:
    """The fields of an entry that the command line can write; `parameters` and `check` need a file."""

    subquestion: str | None = None
    """the question that a procedure answers"""
    subroutine: str | None = None
    """the steps of a procedure"""
    applicability: str | None = None
    """when a procedure applies"""
    name: str | None = None
    """the name of a concept"""
    concept_kind: ConceptKind | None = None
    """whether a concept is something to recognise or something to do"""
    description: str | None = None
    """what a concept is"""
    routine_subtype: str | None = None
    """what sort of routine a concept is"""
    output_typing: str | None = None
    """the type of what a concept yields"""
    cues: tuple[str, ...] = ()
    """when a concept is relevant; may be given several times"""
    implementation: tuple[str, ...] = ()
    """how a concept was carried out; may be given several times"""
    used_in: tuple[str, ...] = ()
    """where a concept was used; may be given several times"""
    situation: str | None = None
    """the situation of a lesson"""
    suggestion: str | None = None
    """what a lesson says to do"""
    goal: str | None = None
    """the question of a whole worked example; what a step of one reaches"""
    passage: str | None = None
    """how a worked example is solved"""
    size: ExampleSize | None = None
    """whether a worked example is a whole solution or a step of one"""
    question: str | None = None
    """the question that a step of a worked example is from"""
    result: str | None = None
    """what a worked example reaches"""
    outcome: Outcome | None = None
    """whether the answer of a worked example is right"""
    pitfalls: tuple[str, ...] = ()
    """what goes wrong; may be given several times"""
    domain: str | None = None
    """the field of knowledge"""
    tags: tuple[str, ...] = ()
    """a tag; may be given several times"""
    asked_as: tuple[str, ...] = ()
    """another wording of the need, up to 20; may be given several times"""


_FORM = RequestForm(
    {
        "cues": Option(names=("--cue",)),
        "pitfalls": Option(names=("--pitfall",)),
        "tags": Option(names=("--tag",)),
    }
)


def add(
    context: click.Context,
    options: Annotated[EntryOptions, _FORM],
    file: Annotated[str | None, Argument(metavar="[FILE]", help="Entries as JSON; - is standard input.")] = None,
    source: Annotated[str, FieldForm(AddEntries, "source")] = "own",
    output: OutputOption = Output.TEXT,
) -> None:
    """Store entries of your own: one given by options, or all of a file; what is known only gains the source.

    A procedure needs --subquestion and --subroutine; a concept --name, --concept-kind and --description; a lesson
    --situation and --suggestion; a worked example --goal, --passage and --size. A file holds one JSON object per line,
    as list and get print them with -o json. If one of them cannot be used, none is stored.
    """
    settings = read_settings(context)
    with reading_options():
        check_text(source, place="source")
    entries = _read_file(file, options) if file is not None else [_make_entry(options)]
    with open_memory_for(settings) as memory:
        added = _add_all(memory, entries, source=source, namespace=settings.namespace)
    if output is Output.JSON:
        print_json(asdict(added))
        return
    for entry_id in added.ids:
        print_text(entry_id)
    print_text(f"{len(added.ids)} entries: {added.new} stored, {len(added.ids) - added.new} known already")


def _add_all(memory: "Memory | Client", entries: list[Entry], *, source: str, namespace: str) -> Added:
    """Add any number of entries, as many at once as one request takes."""
    done = [memory.add_entries(part, source=source, namespace=namespace) for part in _split_requests(entries)]
    return Added(tuple(one for added in done for one in added.ids), new=sum(added.new for added in done))


def _split_requests(entries: list[Entry]) -> Iterator[list[Entry]]:
    """Yield the entries in parts of up to `MAX_ENTRIES` and about `_MAX_BYTES`; a larger entry is a part by itself."""
    part: list[Entry] = []
    size = 0
    for entry in entries:
        length = len(json.dumps(entry_to_dict(entry)))  # escaped to ASCII: no encoding of it is longer
        if part and (len(part) == MAX_ENTRIES or size + length > _MAX_BYTES):
            yield part
            part, size = [], 0
        part.append(entry)
        size += length
    if part:
        yield part


def _read_file(file: str, options: EntryOptions) -> list[Entry]:
    if given := _given(options):
        raise click.UsageError(f"give the entry by a FILE or by options, not both: {_flags(list(given))}")
    entries, errors = read_entries(file)
    raise_collected(errors)
    return entries


def _make_entry(options: EntryOptions) -> Entry:
    """Return the entry of the options. Its kind is the one that has all of them."""
    given = _given(options)
    named = [cls for cls, required in _REQUIRED.items() if given.keys() & set(required)]
    if not named:
        ways = "; ".join(f"{class_name(cls)}: {_flags(required)}" for cls, required in _REQUIRED.items())
        raise click.UsageError(f"give a FILE (- is standard input), or the options of one kind of entry: {ways}")
    if len(named) > 1:
        kinds = " and ".join(class_name(cls) for cls in named)
        raise click.UsageError(f"these options are of a {kinds}: an entry has one kind; give several in a FILE")
    cls = named[0]
    if missing := [name for name in _REQUIRED[cls] if name not in given]:
        raise click.UsageError(f"a {class_name(cls)} also needs {_flags(missing)}")
    if other := [name for name in given if name not in cls.__dataclass_fields__]:
        raise click.UsageError(f"a {class_name(cls)} has no {_flags(other)}")
    with reading_options():
        entry: Entry = cls(**given)  # type: ignore[arg-type]  # each field was checked to be one of this class
        check_entry(entry, place="the entry")
    return entry


def _given(options: EntryOptions) -> dict[str, object]:
    return {one.name: value for one in fields(options) if (value := getattr(options, one.name))}


def _flags(names: Sequence[str]) -> str:
    return ", ".join(map(_flag, names))


def _flag(name: str) -> str:
    form = _FORM.forms.get(name)
    return form.names[0] if isinstance(form, Option) else f"--{name.replace('_', '-')}"

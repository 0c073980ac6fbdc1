"""``midthought review``: what was learnt and waits for a person, one by one."""

import json
import sys
from collections.abc import Iterator, Sequence
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import click

from midthought.api.cli.entry_files import read_entries, read_wording
from midthought.api.cli.global_options import read_settings
from midthought.api.cli.list import all_drafts
from midthought.api.cli.parameters import Argument, Option
from midthought.api.cli.printing import Output, OutputOption, indent, print_json, print_text
from midthought.api.entry_text import entry_lines
from midthought.api.opening import open_memory_for
from midthought.api.text_validation import check_entry
from midthought.memory.errors import BadInput
from midthought.memory.records.draft import Draft
from midthought.memory.records.entry import Entry, readable_key
from midthought.memory.records.entry_json import entry_to_dict

if TYPE_CHECKING:
    from midthought.api.python.client import Client
    from midthought.api.python.memory import Memory

_PAGE = 1000


class _Choice(StrEnum):
    ACCEPT = "a"
    REJECT = "r"
    EDIT = "e"
    SKIP = "s"
    QUIT = "q"


_QUESTION = "accept, reject, edit, skip or quit?"


def review(
    context: click.Context,
    ids: Annotated[list[str] | None, Argument(metavar="[ID]...", help="Ids of drafts.")] = None,
    accept: Annotated[bool, Option(help="Accept the drafts named.")] = False,
    reject: Annotated[bool, Option(help="Reject the drafts named: they do not come back.")] = False,
    accept_all: Annotated[bool, Option(names=("--accept-all",), help="Accept every draft that waits.")] = False,
    edit: Annotated[
        str | None, Option(metavar="FILE", help="Give the draft named the wording in this file; it waits on.")
    ] = None,
    output: OutputOption = Output.TEXT,
) -> None:
    """Show drafts with the passages they come from, and decide on each: accept, reject, edit or skip.

    On a terminal it asks; elsewhere, and with `-o json`, it lists them. The options decide without asking.
    """
    settings = read_settings(context)
    given = ids or []
    _check_options(given, [accept, reject, accept_all, edit is not None])
    with open_memory_for(settings) as memory:
        reviewing = _Reviewing(memory, settings.namespace, output)
        if accept or accept_all:
            reviewing.accept(given if accept else [one.id for one in reviewing.drafts([])])
        elif reject:
            reviewing.reject(given)
        elif edit is not None:
            reviewing.edit(given[0], _read_one(edit))
        elif output is Output.TEXT and sys.stdin.isatty():
            reviewing.ask(given)
        else:
            reviewing.show(given)


def _check_options(ids: Sequence[str], ways: Sequence[bool]) -> None:
    accept, reject, accept_all, edit = ways
    if sum(ways) > 1:
        raise click.BadParameter("give one of --accept, --reject, --accept-all and --edit")
    if (accept or reject) and not ids:
        raise click.BadParameter(
            "give the ids of the drafts after --accept or --reject, as `review -o json` prints them"
        )
    if accept_all and ids:
        raise click.BadParameter("give ids or --accept-all, not both")
    if edit and len(ids) != 1:
        raise click.BadParameter("--edit needs the id of one draft")


def _read_one(file: str) -> Entry:
    entries, errors = read_entries(file)
    if errors:
        raise errors[0]
    if len(entries) != 1:
        raise BadInput(f"must hold one entry, got {len(entries)}", place=file)
    return entries[0]


class _Reviewing:
    """One call of the command: the memory it works on, and how it prints."""

    def __init__(self, memory: "Memory | Client", namespace: str, output: Output) -> None:
        self._memory = memory
        self._namespace = namespace
        self._output = output

    def drafts(self, ids: Sequence[str]) -> Iterator[Draft]:
        """Yield every draft that waits, by id; if there are `ids`, those, also if they are quarantined."""
        for quarantined in (False, True) if ids else (False,):
            found = all_drafts(self._memory, namespace=self._namespace, quarantined=quarantined)
            yield from (one for one in found if not ids or one.id in ids)

    def accept(self, ids: Sequence[str]) -> None:
        """Store drafts as entries."""
        for start in range(0, len(ids), _PAGE):
            some = ids[start : start + _PAGE]
            found = self._memory.accept_drafts(some, namespace=self._namespace)
            for draft_id, entry_id in zip(some, found.entries, strict=True):
                joined = "" if draft_id == entry_id else f", joined with {entry_id}"
                self._tell({"accepted": draft_id, "entry": entry_id}, f"accepted {draft_id}{joined}")
        if not ids:
            print_text(f"no draft waits in namespace {self._namespace}", error=True)

    def reject(self, ids: Sequence[str]) -> None:
        """Delete drafts, and remember their ids."""
        for draft_id in self._memory.reject_drafts(ids, namespace=self._namespace).ids:
            self._tell({"rejected": draft_id}, f"rejected {draft_id}")

    def edit(self, draft_id: str, entry: Entry) -> Draft:
        """Give a draft another wording, and return it."""
        found = self._memory.edit_draft(draft_id, entry, namespace=self._namespace)
        self._tell({"edited": draft_id, "draft": found.id}, f"{draft_id} is {found.id} now, and waits")
        return found

    def show(self, ids: Sequence[str]) -> None:
        """Print drafts."""
        from midthought.api.operations.shapes import DRAFT

        number = 0
        for number, draft in enumerate(self.drafts(ids), start=1):  # noqa: B007  # used after the loop
            self._tell(DRAFT.write(draft), self.describe(draft))
        if not number:
            print_text(f"no draft waits in namespace {self._namespace}", error=True)

    def ask(self, ids: Sequence[str]) -> None:
        """Show drafts one by one, and do with each what the person says."""
        for draft in list(self.drafts(ids)):
            if not self._decide(draft):
                return

    def _decide(self, draft: Draft) -> bool:
        """Ask until a draft is decided on or skipped; return whether to go on with the next."""
        print_text(self.describe(draft))
        chosen = _Choice(click.prompt(_QUESTION, type=click.Choice([*_Choice]), default=_Choice.SKIP))
        if chosen is _Choice.ACCEPT:
            self.accept([draft.id])
        elif chosen is _Choice.REJECT:
            self.reject([draft.id])
        elif chosen is _Choice.EDIT:
            return self._decide(self._edit_by_hand(draft))
        return chosen is not _Choice.QUIT

    def _edit_by_hand(self, draft: Draft) -> Draft:
        """Return a draft after the person changed it in an editor; unchanged if what they wrote is no entry."""
        text = click.edit(json.dumps(entry_to_dict(draft.entry), indent=1, ensure_ascii=False), extension=".json")
        try:
            entry = draft.entry if text is None else read_wording(json.loads(text), place="what you wrote")
            check_entry(entry, place="what you wrote")
        except (BadInput, ValueError, AttributeError) as error:
            print_text(f"not changed: {error}", error=True)
            return draft
        return draft if entry == draft.entry else self.edit(draft.id, entry)

    def describe(self, draft: Draft) -> str:
        """Return a draft for people: all that it holds, with the passages it comes from."""
        lines = [f"draft {draft.id}, from job {draft.job_id}", readable_key(draft.entry), *entry_lines(draft.entry)]
        for place in draft.provenance:
            lines.append(f"from {place.source}" + (f" ({place.trajectory_id})" if place.trajectory_id else ""))
            if place.trajectory_id and place.span:
                trajectory = self._memory.get_trajectory(place.trajectory_id, namespace=self._namespace)
                lines.append(indent(trajectory.text(place.span), "  > "))
        return "\n".join(lines)

    def _tell(self, record: dict[str, object], text: str) -> None:
        if self._output is Output.JSON:
            print_json(record)
        else:
            print_text(text)

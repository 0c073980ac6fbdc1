"""What the conditions of a recall name that its namespace does not have: a misspelt domain, an id of no entry."""

from collections.abc import Collection, Iterator
from difflib import get_close_matches
from typing import TYPE_CHECKING

from midthought.memory.records.namespace import Namespace

if TYPE_CHECKING:
    from midthought.api.operations.recall import Recall
    from midthought.memory.store_reader import StoreReader

_MAX_LISTED = 10


def describe_unmatched(reader: "StoreReader", namespace: Namespace, recall: "Recall") -> tuple[str, ...]:
    """Return one sentence per name in a recall that matches nothing; the nearest domains are named."""
    return (*_unknown_domains(reader, namespace, recall), *_unknown_ids(reader, namespace, recall.exclude))


def _unknown_domains(reader: "StoreReader", namespace: Namespace, recall: "Recall") -> Iterator[str]:
    preferred = recall.prefer_domain.strip()
    if not (recall.domains or preferred):
        return
    known = reader.domains(namespace)
    wanted = [one for one in recall.domains if one not in known]
    if preferred and preferred.casefold() not in {one.casefold() for one in known}:
        wanted.append(preferred)
    for domain in dict.fromkeys(wanted):
        yield f"unknown domain {domain!r}: {_suggest(domain, known)}"


def _suggest(domain: str, known: Collection[str]) -> str:
    spelt = {one.casefold(): one for one in known if one}
    if not spelt:
        return "no entry has a domain"
    near = [spelt[one] for one in get_close_matches(domain.strip().casefold(), spelt, n=3)]
    if near:
        return f"did you mean {' or '.join(map(repr, near))}?"
    listed = sorted(spelt.values())
    more = f" and {len(listed) - _MAX_LISTED} more" if len(listed) > _MAX_LISTED else ""
    return f"known are {', '.join(listed[:_MAX_LISTED])}{more}"


def _unknown_ids(reader: "StoreReader", namespace: Namespace, ids: Collection[str]) -> Iterator[str]:
    if ids:
        known = reader.known_entries(namespace, ids)
        yield from (
            f"unknown id in exclude: no entry {one!r} in namespace {namespace}" for one in ids if one not in known
        )

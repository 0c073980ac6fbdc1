"""Tags of states (``ETag``), and requests that hold only for one state (``If-Match``, ``If-None-Match``; RFC 9110)."""

import hashlib
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, fields
from threading import Lock
from typing import Any

from starlette.exceptions import HTTPException

from midthought.api.operations.codec import Operation, write_result
from midthought.api.operations.request import Request
from midthought.memory.errors import NotFound
from midthought.memory.records.namespace import Namespace

_TAG = re.compile(r'\s*(?:W/)?"([\x21\x23-\x7e\x80-\xff]*)"\s*(?:,|$)')
_LOCKS = 64
"""Namespaces that share one of these locks wait for each other, some milliseconds for each change."""


def tag_of(answer: bytes) -> str:
    """Return the tag of a state, as it stands in ``ETag``: the same answer has the same tag, also after a restart."""
    return f'"{hashlib.sha256(answer).hexdigest()[:32]}"'


def matches(header: str, tag: str | None) -> bool:
    """Return whether a header names a tag; ``*`` names every state, and None stands for a thing that is not there.

    Raises 400 for what is no list of tags.
    """
    if header.strip() == "*":
        return tag is not None
    found, place = [], 0
    while place < len(header):
        one = _TAG.match(header, place)
        if one is None:
            raise HTTPException(400, f'{header[:80]!a} is no list of entity tags, such as "a1b2", "c3d4", or *')
        found.append(one[1])
        place = one.end()
    return tag is not None and tag.strip('"') in found


@dataclass(frozen=True, slots=True)
class Conditions:
    """What a caller expects of the state that a request reads or changes; empty if it expects nothing."""

    if_match: str = ""
    if_none_match: str = ""


class Guard:
    """Lets one conditional request after the other look at a state and change it.

    What the same operations change without a condition waits as well, so that nothing changes between the two steps.
    Only what a program does to the opened memory beside the service is not seen.
    """

    def __init__(self) -> None:
        self._locks = [Lock() for _ in range(_LOCKS)]

    @contextmanager
    def hold(self, request: Request[Any], memory: Any, namespace: Namespace, conditions: Conditions) -> Iterator[None]:
        """Hold the state that a request changes; 412 if it is not the one that the caller expects."""
        if request.guarded_by is None:
            yield
            return
        with self._locks[hash(namespace.name) % _LOCKS]:
            _check(request, request.guarded_by, memory, namespace, conditions)
            yield


def _check(
    request: Request[Any], reading: Operation, memory: Any, namespace: Namespace, conditions: Conditions
) -> None:
    if not (conditions.if_match or conditions.if_none_match):
        return
    given = {one.name: getattr(request, one.name) for one in fields(reading)}
    try:
        tag: str | None = tag_of(write_result(reading, memory.send(reading(**given), namespace=namespace)))
    except NotFound:
        tag = None
    if conditions.if_match and not matches(conditions.if_match, tag):
        raise HTTPException(412, f"the state is now {tag or 'that it does not exist'}, and If-Match names another")
    if conditions.if_none_match and matches(conditions.if_none_match, tag):
        raise HTTPException(412, f"the state is {tag}, which If-None-Match excludes")

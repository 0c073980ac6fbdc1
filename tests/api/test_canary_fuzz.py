"""Whatever an owner sends: the answer holds nothing of another, and does not depend on another being there."""

import json
import re
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from random import Random
from typing import Any

import httpx
import pytest

from midthought.api.rest.app import create_app
from midthought.api.settings import Settings

from ..scale import DRAWS
from .canary_cases import CASES, LAST, routes_of
from .canary_requests import HER_KEY, Drawn, Loot, draw
from .canary_worlds import KEYS, World, begin_again, head_of, names_of, open_worlds, readings_of
from .test_canary import ALICE, BOB, PREFIX, dump, revised

KEYED = (f"POST {PREFIX}/entries",)
"""What alice has sent with an idempotency key, and bob sends with the same one."""
_VOLATILE = [
    (re.compile(rb"\d{4}-\d\d-\d\d[T ]\d\d:\d\d[\d:.]*(?:Z|\+00:00)?"), b"<time>"),
    (re.compile(rb"\b(q|s|o|h|run|recall|receipt|resp)-[0-9a-f]{16,64}"), rb"\1-<id>"),
    (re.compile(rb'(\\*"(?:seconds|[a-z_]*_ms|[a-z_]*seconds|prefill|rate)\\*": ?)[0-9.e+-]+'), rb"\1<span>"),
    (re.compile(rb'(\\*"stages\\*": ?)\{[^}]*\}'), rb"\1<spans>"),
    (re.compile(rb"(?m)^id: [0-9a-f]{16}$"), b"id: <tag>"),
    (re.compile(rb'("count":\d+,"bytes":)\d+'), rb"\1<length of spans>"),
    (re.compile(rb"(?<=<td>)[0-9]+\.[0-9](?=</td>)"), b"<span>"),
    (re.compile(rb"[0-9.]+ (?:records per second|ms to encode|ms to search)"), b"<span>"),
    (re.compile(rb"mt_[0-9a-f]{12}_[0-9a-f]{64}|(?<![0-9a-f-])[0-9a-f]{12}0?(?![0-9a-f])"), b"<key>"),
    (re.compile(rb"\b[0-9a-f]{64}\b|\"[0-9a-f]{32}\\\\?\""), b"<digest>"),
    (re.compile(rb"(?mi)^(?:content-length|date|etag|ratelimit|x-request-id|location): .*\n"), b""),
]
"""What differs between two requests that are answered the same."""


@dataclass(frozen=True, slots=True)
class Sweep:
    """Both services, and what of the other is known, and must not be told.

    Attributes:
        foreign: what the other would send to each route.
        secrets: what no answer may hold, unless its request did.
    """

    worlds: tuple[World, World]
    loot: Loot
    foreign: Mapping[str, Mapping[str, Any]]
    secrets: tuple[bytes, ...]


@pytest.fixture(scope="module")
def sweep(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sweep]:
    """Alice has everything that a namespace can hold, and has used the service herself."""
    with open_worlds(tmp_path_factory.mktemp("worlds")) as worlds:
        world = worlds[0]
        foreign = {route: CASES[route](world.memory, ALICE) for route in CASES}
        tags = list(use_service(world))
        for one in worlds:
            begin_again(one)  # what both owners have is no secret
        names = sorted(names_of(world.memory, ALICE))
        known = [name for name in names if ALICE.canary not in name]  # the word itself is never sent
        loot = Loot(known, known[::4], tags)
        kept = [ALICE.canary, KEYS["alice"], KEYS["all"], *(name for name in names if name not in loot.stored)]
        yield Sweep(worlds, loot, foreign, tuple(one.encode() for one in kept))


def use_service(world: World) -> Iterator[str]:
    """Let alice make requests whose answers are kept; yield the tags of her states."""
    place = f"/v1/namespaces/{ALICE.name}"
    for path in ("", f"/entries/{revised(ALICE).id}"):
        yield world.ask("GET", place + path, key="alice").headers["etag"]
    assert ALICE.canary in world.ask("POST", f"{place}/recall", key="alice", json={"query": ALICE.canary}).text
    for route in KEYED:
        sent = {"headers": HER_KEY, **CASES[route](world.memory, ALICE)}
        assert world.ask("POST", route.partition(" ")[2].format(namespace=ALICE.name), key="alice", **sent).is_success
    job = world.memory.jobs(namespace=ALICE.name)[0].id
    events = world.ask("GET", f"{place}/jobs/{job}/events", key="alice").text
    yield f'"{events.partition("id: ")[2].splitlines()[0]}"'


def test_no_route_is_left_out() -> None:
    """A route of the service, of its pages, its tools or its proxy that is added needs a case."""
    app = create_app(None, Settings(upstream="http://127.0.0.1:9"))  # type: ignore[arg-type]  # its routes alone
    assert set(routes_of(app.routes)) == set(CASES)


@pytest.mark.slow
def test_the_secrets_are_there_to_be_found(sweep: Sweep) -> None:
    """Alice's own answers hold the word and most of the names."""
    world, place = sweep.worlds[0], f"/v1/namespaces/{ALICE.name}"
    told = b"".join(
        readings_of(world.ask("GET", place + path, key="alice"))
        for path in ("/entries", "/trajectories", "/jobs", "/runs?limit=1000", "/receipts", "/drafts", "/export")
    )
    assert len([one for one in sweep.secrets if one in told]) > 20
    assert ALICE.canary.encode() in told


def run_round(sweep: Sweep, seed: str, *, each: int) -> None:
    """Send every route some requests of bob, to both services, and compare; alice has what she had."""
    before = dump(sweep.worlds[0].memory, ALICE)
    for world in sweep.worlds:
        begin_again(world)
    own = [{route: CASES[route](one.memory, BOB) for route in CASES} for one in sweep.worlds]
    order = sorted(set(CASES) - LAST) * each
    Random(seed).shuffle(order)
    order += sorted(LAST)
    for number, route in enumerate(order):
        drawn = [draw(Random(f"{seed} {number}"), route, case[route], sweep.foreign[route], sweep.loot) for case in own]
        check(sweep, drawn, f"{seed} {number} {route}")
    for route in KEYED:
        url = route.partition(" ")[2].format(namespace=BOB.name)
        check(sweep, [Drawn("POST", url, {**case[route], "headers": HER_KEY}) for case in own], f"{seed} {route} again")
    assert dump(sweep.worlds[0].memory, ALICE) == before


def check(sweep: Sweep, drawn: list[Drawn], name: str) -> None:
    """The answers to a request hold no secret, and are the same in both services."""
    answers = [
        world.ask(one.method, one.url, key="bob", **one.sent) for world, one in zip(sweep.worlds, drawn, strict=True)
    ]
    for answer, one in zip(answers, drawn, strict=True):
        seen = readings_of(answer)
        leaked = [secret for secret in sweep.secrets if secret in seen and secret not in one.text]
        assert not leaked, (name, one, answer.status_code, answer.text[:2000])
        assert answer.status_code < 500 or answer.status_code in {501, 502}, (name, one, answer.text)
    first, second = (steady(one) for one in answers)
    assert first == second, (name, drawn[0], _difference(first, second))
    wait_for_job(sweep, answers)


def steady(answer: httpx.Response) -> bytes:
    """An answer without what differs each time."""
    told = f"{answer.status_code}\n{head_of(answer.headers)}".encode() + answer.content
    for pattern, put in _VOLATILE:
        told = pattern.sub(put, told)
    # Rows are listed by their ids, of which some are made by chance.
    return b"\n".join(sorted(re.split(rb"\n|(?<=\}),|(?<=\[)(?=\{)", told)))


def _difference(*answers: bytes) -> list[list[bytes]]:
    """The pieces of each of two answers that the other has not."""
    first, second = (one.splitlines() for one in answers)
    return [
        [piece[:300] for piece in one if piece not in other][:5] for one, other in ((first, second), (second, first))
    ]


def wait_for_job(sweep: Sweep, answers: list[httpx.Response]) -> None:
    """Let what was begun end, in both."""
    for world, answer in zip(sweep.worlds, answers, strict=True):
        while world.client.app.state.proxy.recording:  # type: ignore[attr-defined]  # an application
            time.sleep(0.001)
        if answer.status_code == 202:
            place = f"/v1/namespaces/{BOB.name}/jobs/{json.loads(answer.text)['id']}/wait"
            assert world.ask("GET", place, key="bob", params={"seconds": 60}).status_code == 200


@pytest.mark.slow
def test_a_few_requests_to_every_route(sweep: Sweep) -> None:
    """As the owner makes them, and with parts that are another's."""
    run_round(sweep, "small", each=1)


@pytest.mark.heavy
def test_many_requests_to_every_route(sweep: Sweep) -> None:
    """The same, for longer: in ``make accept`` 12 rounds of about 580 requests to each service, some minutes."""
    for number in range(3 * DRAWS):
        run_round(sweep, f"round {number}", each=5)

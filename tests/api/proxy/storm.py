"""Many streams at once, sound and broken, in every mode, and clients that leave; every answer is checked."""

import asyncio
import gzip
import random
import time
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

import httpx

from midthought.memory.records.entry import Procedure

from ..conftest import PROCEDURE
from .chaos_faults import FAULTS
from .wire_client import CHAT, Read, chat, leave_early, numbers, read_answer

PENCILS = [
    PROCEDURE,
    *(
        Procedure(f"How do I sharpen a pencil with a knife {how}?", f"For problems like this I should {what}.")
        for how, what in (("in the dark", "feel for the lead"), ("for a child", "leave the tip blunt"))
    ),
]
"""What the memory holds: one entry for the start of a thought, and two for its middle."""
MODES = ("off", "shadow", "on")
WHOLE = ("ok", "drip", "no-done", "http10", "gzip")
WORDS = 20
LATER = {"midthought": {"triggers": ["start", "every"], "every_tokens": 5}}
SLOW = {"silence", "silence-before-head"}
"""Take the whole time-out."""


@dataclass(frozen=True, slots=True)
class Drawn:
    """One request, and after how many chunks its client leaves; 0 for never."""

    body: dict[str, Any]
    mode: str
    canary: str
    leaves: int

    @property
    def fault(self) -> str:
        """The fault of the upstream."""
        name: str = self.body["model"].partition("?")[0]
        return name


@dataclass(slots=True)
class Outcome:
    """How many answers were whole, ended early, had a status of an error, or were left; hints that were put in."""

    whole: int = 0
    broken: int = 0
    refused: int = 0
    left: int = 0
    hints: int = 0
    degraded: list[str] = field(default_factory=list)


class Storm:
    """Draws requests, all different, always the same ones."""

    def __init__(self, seed: int, *, leaving: float, pause: float) -> None:
        self._dice = random.Random(seed)
        self._leaving, self._pause = leaving, pause
        self._number = 0
        self._faults = ["ok", *sorted(set(FAULTS) - SLOW - {"big-tool-call"})]

    def draw(self) -> Drawn:
        """Return the next request: half of them are sound, the others have any fault."""
        dice, self._number = self._dice, self._number + 1
        weights = [len(self._faults) - 1] + [1] * (len(self._faults) - 1)
        fault = dice.choices(self._faults, weights)[0]
        told = dice.choice(["reasoning", "reasoning_content", "content"])
        model = f"{fault}?words={WORDS}&pause={self._pause}&field={told}"
        canary = f"canary-n{self._number}"
        later = LATER if dice.random() < 0.3 else {}
        body = chat(model, canary, stream=dice.random() < 0.8, **later)
        leaves = dice.randint(1, 9) if dice.random() < self._leaving else 0
        return Drawn(body, dice.choice(MODES), canary, leaves)


async def storm(
    url: str, *, streams: int, requests: int = 0, seconds: float = 0, leaving: float = 0.0, pause: float = 0.003
) -> Outcome:
    """Keep so many streams open at once, for a number of requests or of seconds; return how they ended."""
    drawing, outcome, end = Storm(1, leaving=leaving, pause=pause), Outcome(), time.monotonic() + seconds
    left = iter(range(requests)) if requests else iter(lambda: time.monotonic() > end, True)
    async with httpx.AsyncClient(trust_env=False, limits=httpx.Limits(max_connections=None)) as client:

        async def work() -> None:
            for _ in left:
                await _send(client, url + CHAT, drawing.draw(), outcome)

        await asyncio.gather(*(work() for _ in range(streams)))
    return outcome


async def _send(client: httpx.AsyncClient, url: str, drawn: Drawn, outcome: Outcome) -> None:
    headers = {"x-midthought": drawn.mode}
    if drawn.leaves:
        with suppress(httpx.HTTPError):
            await leave_early(client, url, drawn.body, after=drawn.leaves, headers=headers)
        outcome.left += 1
        return
    read = await read_answer(client, url, drawn.body, headers=headers)
    _check(drawn, read)
    outcome.refused += read.status != httpx.codes.OK
    if read.status == httpx.codes.OK:
        outcome.whole += drawn.fault in WHOLE
        outcome.broken += drawn.fault not in WHOLE
    if drawn.fault == "ok" and drawn.mode != "off" and (receipt := read.receipt):
        outcome.hints += len(receipt["injections"])
        outcome.degraded += receipt["degraded"]


def _check(drawn: Drawn, read: Read) -> None:
    """An answer has no word of another, and its own in order; all of them if it is whole."""
    if read.headers.get("content-encoding") == "gzip":
        read.body = gzip.decompress(read.body)
    if drawn.fault in ("garbage", "garbage-head", "wrong-type") or read.status != httpx.codes.OK:
        assert b"canary" not in read.body
        return
    expected = numbers(drawn.canary, WORDS)
    assert read.words == expected[: len(read.words)], drawn
    assert len(read.words) == len(expected) or drawn.fault not in WHOLE, (drawn, read.end)

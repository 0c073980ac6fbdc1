"""What the proxy adds to the time to the first token, beside the bare upstream in one run; and what streams cost it.

    python benchmarks/proxy/first_token.py [--rounds 200] [--write]

The upstream is the made-up model of the chaos tests, a process, which answers at once: no time of a model hides what is
added. The service is `midthought serve`, a process, with the default encoder and the starter memory. In a round each
arm sends one request, in an order that is drawn anew, so that a busy moment hits all alike: `bare` to the upstream, and
through the proxy with the memory `off`, in `shadow`, `on`. A time is from sending the request to the first byte of the
model's own first word: behind the hint, if there is one. What recall itself took is read from the receipts of the runs.
"""

import argparse
import asyncio
import json
import os
import random
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
from rig import Service, run_service, run_upstream

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "spans"))
from hardware import describe_hardware

NOTES = """
* 64 at once at the pace of a model is what 64 people ask of a service: 640 events per second, and ten new requests, a
  quarter of them with recall and a hint.
* At eight at once without a pause the clients send the next request when the last one has ended, so the service is
  never idle: a time there is a queue for the cores. One at a time is what a request by itself waits.
* The first measurement (load 4) had 47.7 ms of added time with the memory off, 53.8 beyond recall with it on: the
  service's connections waited for the client to acknowledge the head before the first event went out (Nagle's algorithm
  with delayed acknowledgements, 40 ms). Now each write goes out at once.
* What does not depend on the load is the processor time: some 6 to 9 ms for a relayed request of 19 events, and some 20
  more for recall with the default encoder and the record of the run.
"""
HERE = Path(__file__).resolve().parent
CHAT = "/v1/chat/completions"
ARMS = ("bare", "off", "shadow", "on")
QUESTIONS = (
    "In how many ways can the letters of PEPPER be arranged?",
    "What is the remainder of 7 to the power of 100 divided by 13?",
    "How many integers from 1 to 1000 are divisible by 3 or by 5?",
    "A fair die is thrown four times: what is the probability of at least one six?",
    "Find the sum of all positive divisors of 360.",
    "How do I find the shortest path in a graph with weights?",
)


@dataclass(frozen=True, slots=True)
class Seen:
    """One request: seconds to the first word, the run, and whether a hint was put in."""

    seconds: float
    run: str = ""
    way: str = ""


@dataclass(slots=True)
class Level:
    """The rounds with so many clients at once, events `pause` seconds apart: for each round what every arm saw."""

    clients: int
    pause: float = 0.0
    rounds: list[dict[str, Seen]] = field(default_factory=list)

    def seconds(self, arm: str) -> list[float]:
        """Return the times of an arm."""
        return [one[arm].seconds for one in self.rounds]


def body_of(question: str, number: int, words: int = 8, model: str = "ok", *, pause: float = 0.0) -> dict[str, Any]:
    """Return a streamed request, whose words come `pause` seconds after each other."""
    text = f"canary-{number} {question}"
    messages = [{"role": "user", "content": text}]
    paced = f"&pause={pause}" if pause else ""
    return {"model": f"{model}?words={words}{paced}", "stream": True, "messages": messages}


async def ask(client: httpx.AsyncClient, url: str, arm: str, body: dict[str, Any]) -> Seen:
    """Send one request; return when its first word came."""
    canary = body["messages"][0]["content"].split()[0].encode() + b":0"
    headers = {} if arm == "bare" else {"x-midthought": arm}
    started, first, told = time.perf_counter(), 0.0, b""
    async with client.stream("POST", url + CHAT, json=body, headers=headers) as response:
        async for chunk in response.aiter_raw():
            told += chunk
            if not first and canary in told:
                first = time.perf_counter() - started
        run = response.headers.get("x-midthought-run", "")
    assert first, told[:500]
    receipts = [
        json.loads(one[6:]) for one in told.split(b"\n\n") if one.startswith(b"data: {") and b'"midthought"' in one
    ]
    return Seen(first, run, receipts[0]["midthought"]["way"] if receipts else "")


async def measure_level(
    bare: str, proxied: str, *, clients: int, rounds: int, words: int = 8, pause: float = 0.0
) -> Level:
    """Run rounds, so many clients at once; the first rounds of each client are not counted.

    With a pause the clients begin at different times, as those of a model do.
    """
    level, dice, unheard = Level(clients, pause), random.Random(clients), 1 if pause else 3
    limits = httpx.Limits(max_connections=None)
    async with httpx.AsyncClient(trust_env=False, timeout=60, limits=limits) as client:

        async def work(number: int) -> None:
            await asyncio.sleep(2 * words * pause * number / clients)  # an answer has a thought and a text of so many
            for round_number in range(-(-rounds // clients) + unheard):
                question = dice.choice(QUESTIONS)
                seen: dict[str, Seen] = {}
                for arm in dice.sample(ARMS, len(ARMS)):
                    place = bare if arm == "bare" else proxied
                    body = body_of(question, number * 10_000 + round_number, words, pause=pause)
                    seen[arm] = await ask(client, place, arm, body)
                if round_number >= unheard:
                    level.rounds.append(seen)

        await asyncio.gather(*(work(number) for number in range(clients)))
    return level


def recall_seconds(service: Service, runs: Sequence[str]) -> dict[str, float]:
    """Return how long recall took in each run, by its receipts."""
    told: dict[str, float] = {}
    with httpx.Client(trust_env=False, timeout=60, base_url=f"{service.url}/v1/namespaces/default/runs/") as client:
        for run in runs:
            answer = client.get(run)
            if answer.status_code == httpx.codes.NOT_FOUND:  # nothing was found, so nothing is recorded
                continue
            content = answer.json()["content"]
            record = json.loads(content) if isinstance(content, str) else content
            told[run] = sum(one["seconds"] for one in record["receipts"] if one["kind"] == "recall")
    return told


async def measure_streams(url: str, arm: str, *, streams: int, words: int) -> float:
    """Return the streams per second that end, so many at once, each of some hundred events."""
    limits = httpx.Limits(max_connections=None)
    async with httpx.AsyncClient(trust_env=False, timeout=120, limits=limits) as client:
        started = time.perf_counter()
        await asyncio.gather(*(ask(client, url, arm, body_of(QUESTIONS[0], one, words)) for one in range(streams)))
        return streams / (time.perf_counter() - started)


async def measure_processor(service: Service, arm: str, *, requests: int) -> float:
    """Return the milliseconds of processor time that one request takes of the service, one after the other."""
    async with httpx.AsyncClient(trust_env=False, timeout=60) as client:
        before = service.processor_seconds()
        for number in range(requests):
            await ask(client, service.url, arm, body_of(QUESTIONS[number % len(QUESTIONS)], number))
        await asyncio.sleep(1)  # runs are recorded behind their answers
        return 1000 * (service.processor_seconds() - before) / requests


async def measure_memory(service: Service, arm: str, *, streams: int) -> float:
    """Return the KiB that each stream takes while so many are open and nothing comes."""
    before = service.resident_mib()
    limits = httpx.Limits(max_connections=None)
    async with httpx.AsyncClient(trust_env=False, timeout=120, limits=limits) as client:
        opened = asyncio.Semaphore(0)

        async def hold(number: int) -> None:
            body = body_of(QUESTIONS[0], number, 40, "silence")
            async with client.stream("POST", service.url + CHAT, json=body, headers={"x-midthought": arm}) as response:
                told = b""
                async for chunk in response.aiter_raw():
                    told += chunk
                    if told.count(b"\n\n") > 30:
                        opened.release()
                        await asyncio.sleep(3600)

        held = [asyncio.create_task(hold(number)) for number in range(streams)]
        for _ in held:
            await opened.acquire()
        taken = (service.resident_mib() - before) * 1024 / streams
        for one in held:
            one.cancel()
        await asyncio.gather(*held, return_exceptions=True)
    return taken


def percentile(values: Sequence[float], share: float) -> float:
    """Return the value that so many of a hundred do not exceed, in milliseconds."""
    ordered = sorted(values)
    return 1000 * ordered[min(len(ordered) - 1, int(share / 100 * len(ordered)))]


def describe_pace(level: Level) -> str:
    """Return how fast the model writes."""
    return f"{1 / level.pause:.0f} words per second each" if level.pause else "without a pause"


def level_lines(level: Level, recalled: dict[str, float]) -> list[str]:
    """Return the rows of a level."""
    lines = [
        "",
        f"## {level.clients} at once, {describe_pace(level)}, {len(level.rounds)} rounds",
        "",
        "| arm | first word, p50 ms | p99 | added, p50 ms | p99 | added beyond recall, p50 ms | p99 |",
        "|---|---|---|---|---|---|---|",
    ]
    for arm in ARMS:
        added = [one[arm].seconds - one["bare"].seconds for one in level.rounds]
        beyond = [
            one[arm].seconds - one["bare"].seconds - (recalled.get(one[arm].run, 0.0) if arm == "on" else 0.0)
            for one in level.rounds
        ]
        cells = [f"{percentile(level.seconds(arm), share):.1f}" for share in (50, 99)]
        for values in (added, beyond):
            cells += [f"{percentile(values, share):.1f}" if arm != "bare" else "" for share in (50, 99)]
        lines.append(f"| {arm} | {' | '.join(cells)} |")
    took = [recalled[one["on"].run] for one in level.rounds if one["on"].run in recalled]
    hinted = sum(one["on"].way == "in-thought" for one in level.rounds)
    if took:
        lines += ["", f"Recall itself: p50 {percentile(took, 50):.1f} ms, p99 {percentile(took, 99):.1f} ms."]
    lines.append(f"Of the requests with the memory on, {hinted} of {len(level.rounds)} had a hint in the thought.")
    return lines


def _cell(values: dict[str, float], arm: str, digits: int) -> str:
    return f"{values[arm]:.{digits}f}" if arm in values else ""


def make_page(rounds: int) -> str:
    """Measure, and return the page."""
    with (
        tempfile.TemporaryDirectory() as folder,
        run_upstream() as bare,
        run_service(Path(folder) / "m", bare) as service,
    ):
        for arm in ARMS[1:]:  # what the upstream can do is asked once
            asyncio.run(measure_streams(service.url, arm, streams=2, words=8))
        loads = [os.getloadavg()[0]]
        paces: tuple[dict[str, Any], ...] = ({"clients": 1}, {"clients": 64, "words": 30, "pause": 0.1}, {"clients": 8})
        levels = [asyncio.run(measure_level(bare, service.url, rounds=rounds, **pace)) for pace in paces]
        loads.append(os.getloadavg()[0])
        runs = {one["on"].run for level in levels for one in level.rounds}
        recalled = recall_seconds(service, sorted(runs))
        rates = {
            arm: asyncio.run(measure_streams(bare if arm == "bare" else service.url, arm, streams=64, words=50))
            for arm in ARMS
        }
        processor = {
            arm: asyncio.run(measure_processor(service, arm, requests=max(20, rounds // 2))) for arm in ARMS[1:]
        }
        memory = {arm: asyncio.run(measure_memory(service, arm, streams=200)) for arm in ARMS[1:]}
        resident = service.resident_mib()
    lines = [
        "# What the proxy adds to the time to the first token",
        "",
        "Made by `python benchmarks/proxy/first_token.py --write`; its docstring says what each figure is.",
        "",
        f"{describe_hardware()}, load {loads[0]:.1f} to {loads[1]:.1f}: the upstream, the service and the client share "
        "the cores, with other jobs. The differences are of the same round.",
        *(line for level in levels for line in level_lines(level, recalled)),
        "",
        "## Streams",
        "",
        "64 streams at once, each of 103 events without a pause; 200 that are open while nothing comes; and processor "
        "time of the service for a request of 19 events, recall and the record of the run in it.",
        "",
        "| arm | streams per second | KiB per open stream | processor, ms per request |",
        "|---|---|---|---|",
        *(f"| {arm} | {rates[arm]:.0f} | {_cell(memory, arm, 0)} | {_cell(processor, arm, 1)} |" for arm in ARMS),
        "",
        f"The service has {resident:.0f} MiB afterwards.",
        "",
        "## Notes",
        NOTES,
    ]
    return "\n".join(lines)


def main() -> None:
    """Measure, print the page, and write it if asked."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=200)
    parser.add_argument("--write", action="store_true", help="write results.md")
    given = parser.parse_args()
    page = make_page(given.rounds)
    print(page)
    if given.write:
        (HERE / "results.md").write_text(page, encoding="utf-8")


if __name__ == "__main__":
    main()

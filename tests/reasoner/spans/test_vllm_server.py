"""Spans through a real vLLM server: 20 constrained and 20 free requests together, beside one without the plugin."""

import importlib.util
import json
import shlex
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import httpx
import pytest

from midthought.reasoner.engines.smollm2 import convert_smollm2
from midthought.reasoner.spans.quote_stream import verify_quotes
from midthought.reasoner.spans.request import SpanRequest
from midthought.reasoner.spans.rules import SpanRules
from midthought.reasoner.spans.segments import Segment
from midthought.reasoner.spans.span_arguments import SPAN_ARGUMENT, write_request
from midthought.reasoner.spans.substring_grammar import substring_grammar
from midthought.reasoner.spans.verdict import QuoteVerdict

pytestmark = [
    pytest.mark.heavy,
    pytest.mark.skipif(importlib.util.find_spec("vllm") is None, reason="vLLM is not installed"),
]

PARAGRAPHS = (
    "The harbour of Varnholm was built in 1642, when the river silted up and the old quay could no longer be reached "
    "by ships of more than ninety tons. Its first master, Jens Aldring, charged every vessel two barrels of herring a "
    "week, and kept the books himself until he went blind.",
    "A lichen is no single organism but a partnership of a fungus and an alga. The fungus keeps the water and the alga "
    "makes the sugar; neither would live long on bare rock alone. Some lichens grow less than a millimetre a year, so "
    "that a patch as wide as a hand may be older than any tree nearby.",
    "In the winter of 1889 the town council of Ostrovice voted, by eleven votes to nine, for the 'electric lighting of "
    "the market square'. The gas company protested, and for three years both kinds of lamp burned side by side.",
    "Sourdough rises because wild yeasts and lactic acid bacteria live together in the dough. The bacteria make the "
    "acid which keeps other microbes out, and the yeasts make the gas; at 24 to 28 °C both are content. A starter that "
    "is fed every day may outlive its baker.",
    "The river Ilmen freezes from late November to early April. Until the bridge of 1931 carts crossed on the ice "
    "along a road marked with fir branches, and a toll was taken only in spring, when the ice began to sing.",
)
QUESTIONS = (
    "What is the most important sentence?",
    "Which number is given, and of what?",
    "Who acts here, and why?",
    "What would surprise a reader?",
)
RULES = SpanRules(min_tokens=4, max_tokens=12)


def pose(paragraph: str, question: str) -> dict[str, Any]:
    """A completion request whose answer begins inside a quote."""
    prompt = f"{paragraph}\n\nQuestion: {question}\nAnswer: the words that say it are <quote>"
    return {"model": "model", "prompt": prompt, "temperature": 0, "max_tokens": 20}


ASKED = [(paragraph, pose(paragraph, question)) for question in QUESTIONS for paragraph in PARAGRAPHS]


def constrain(paragraph: str, body: dict[str, Any]) -> dict[str, Any]:
    """The same request, constrained to quote the paragraph."""
    argument = write_request(SpanRequest((Segment("paragraph", paragraph),), rules=RULES))
    return {**body, "vllm_xargs": {SPAN_ARGUMENT: argument}}


@pytest.fixture(scope="module")
def documented(root: Path, load_script: Callable[[str], Any]) -> dict[str, str]:
    """The commands of docs/spans_vllm.md, each by the program it calls."""
    commands = load_script("tests/docs/doc_blocks.py").read_commands(root, "docs/spans_vllm.md")
    return {command.split()[0]: command for command in commands}


@pytest.fixture(scope="module")
def servers(
    vllm_servers: Any, documented: dict[str, str], smollm2_cache: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[str, str]]:
    """The addresses of a server with the plugin, started as documented, and of one without; they start side by side."""
    model, folder = convert_smollm2(smollm2_cache), tmp_path_factory.mktemp("servers")
    words = shlex.split(documented["python"].replace("\\\n", ""))
    command = [{"python": sys.executable, "MODEL": str(model)}.get(word, word) for word in words]

    def start(plugin: bool) -> str:
        given = command if plugin else ()
        address: str = running.enter_context(vllm_servers.serve_model(model, folder, plugin=plugin, command=given))
        return address

    with ExitStack() as running, ThreadPoolExecutor(2) as threads:
        constrained, plain = threads.map(start, [True, False])
        yield constrained, plain


def texts(answers: list[httpx.Response]) -> list[str]:
    """What was written, all requests having been answered."""
    assert [answer.text for answer in answers if not answer.is_success] == []
    return [answer.json()["choices"][0]["text"] for answer in answers]


def test_constrained_and_free_requests_together(vllm_servers: Any, servers: tuple[str, str]) -> None:
    """Of 40 requests in flight 20 quote verbatim, and the 20 free ones answer as on a server without the plugin."""
    with_plugin, without = servers
    free = [body for _, body in ASKED]
    written = texts(vllm_servers.complete_all(with_plugin, [*(constrain(*one) for one in ASKED), *free]))
    plain = texts(vllm_servers.complete_all(without, [*free, *free]))
    for (paragraph, _), text in zip(ASKED, written[:20], strict=True):
        quote, mark, _ = text.partition("</quote>")
        assert mark, f"not closed: {text!r}"
        assert quote in paragraph
        assert len(quote) >= RULES.min_tokens
        found = verify_quotes(f"<quote>{quote}</quote>", [Segment("paragraph", paragraph)])
        assert [one.verdict for one in found.quotes] == [QuoteVerdict.EXACT]
    assert written[20:] == plain[20:]
    assert sum(text.partition("</quote>")[0] in one for (one, _), text in zip(ASKED, plain, strict=False)) < 20


def test_a_bad_argument_is_refused_and_the_server_lives_on(vllm_servers: Any, servers: tuple[str, str]) -> None:
    """Arguments that cannot be read give HTTP 400 and name the key; strange ones are answered; the server goes on."""
    paragraph, body = ASKED[0]
    bad = {"segments": "x"}, {"segments": ["x"], "rules": {"max_tokens": 0}}, {"segments": ["x"], "matching": "y"}
    strange = {"segments": ["Nowhere in the prompt."]}, {"segments": []}, {"segments": [paragraph], "forbidden": []}
    with_arguments = [{**body, "vllm_xargs": {SPAN_ARGUMENT: json.dumps(one)}} for one in (*bad, *strange)]
    beside = {**constrain(paragraph, body), "structured_outputs": {"choice": ["a", "b"]}}
    forced = {**constrain(paragraph, body), "logit_bias": {"28": -100}, "min_tokens": 20, "stop_token_ids": [28]}
    answers = vllm_servers.complete_all(servers[0], [*with_arguments, beside, forced])
    assert [answer.status_code for answer in answers] == [400, 400, 400, 200, 200, 200, 400, 200]
    assert "midthought_spans.segments: must be a list, got str" in answers[0].text
    assert "midthought_spans cannot stand beside structured_outputs" in answers[6].text
    quote = answers[3].json()["choices"][0]["text"].partition("</quote>")[0]
    assert quote in "Nowhere in the prompt."
    (after,) = texts(vllm_servers.complete_all(servers[0], [constrain(paragraph, body)]))
    assert after.partition("</quote>")[0] in paragraph


def test_the_grammar_needs_no_plugin(vllm_servers: Any, servers: tuple[str, str]) -> None:
    """A server without the plugin copies verbatim under the substring grammar."""
    bodies = [
        {
            **body,
            "structured_outputs": {
                "grammar": substring_grammar(SpanRequest((Segment("a", paragraph),), rules=RULES), opened=True)
            },
        }
        for paragraph, body in ASKED[:5]
    ]
    for (paragraph, _), text in zip(ASKED, texts(vllm_servers.complete_all(servers[1], bodies)), strict=False):
        assert text.partition("</quote>")[0] in paragraph


def test_the_documented_commands_work(documented: dict[str, str], servers: tuple[str, str]) -> None:
    """Of docs/spans_vllm.md: the first server runs by its command, and the request with curl is answered by a quote."""
    assert set(documented) == {"pip", "python", "curl"}
    request = documented["curl"].replace("http://127.0.0.1:8000", servers[0]).replace('"MODEL"', '"model"')
    done = subprocess.run(["bash", "-c", request], capture_output=True, text=True, check=True)
    quote, mark, _ = json.loads(done.stdout)["choices"][0]["text"].partition("</quote>")
    assert mark
    assert quote
    assert quote in "Twelve birds sat in the tree. Three flew away."

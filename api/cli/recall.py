"""``midthought recall``: find entries for a query."""

from collections.abc import Iterable
from typing import Annotated

import click

from midthought.api.cli.global_options import read_settings
from midthought.api.cli.parameters import Argument, Option, RequestForm
from midthought.api.cli.printing import Output, OutputOption, print_json, print_text
from midthought.api.explanation_text import hit_lines, recall_explanation_lines
from midthought.api.opening import open_memory_to_read
from midthought.api.operations.recall import Recall
from midthought.retrieval.explanation import describe_left_out
from midthought.retrieval.hits import Hit, RecallResult

RECALL_FORM = RequestForm(
    {
        "query": Argument(help="What to look for, best put as a general question."),
        "k": Option(names=("-k",)),
        "kinds": Option(names=("--kind",), help="Only this kind; may be given more than once."),
        "domains": Option(names=("--domain",), help="Only of this domain; may be given more than once."),
        "tags": Option(names=("--tag",), help="Only with this tag; of several, any."),
        "outcomes": Option(names=("--outcome",), help="Only learnt from a trajectory of this outcome."),
        "sources": Option(names=("--source",), help="Only from this source; of several, any."),
        "since": Option(help="Only stored then or later: 2026-07-01, or with a time."),
        "until": Option(help="Only stored before then."),
        "min_similarity": Option(help="Abstain below this best cosine, -1 to 1, instead of the setting's."),
        "prefer_domain": Option(help="Rank entries of this domain higher; no other is left out."),
        "exclude": Option(names=("--exclude",), help="Not this entry; may be given more than once."),
        "exclude_question": Option(help="No entry learnt from this question, or from a near copy of it."),
        "for_question": Option(help="The question that the query is a part of: no worked example of it."),
        "max_tokens": Option(help="The most tokens of all hits together, about; whole entries only."),
        "deadline_ms": Option(help="Milliseconds after which reranking stops; needs the setting reranker."),
        "shadow": Option(help="Answer even if recall would abstain, and say why; else as the setting says."),
        "explain": Option(
            help="Print which keys and words of each hit matched, its ranks, and what decided the answer."
        ),
    }
)
"""What differs on a command line: names in the singular, and words for what is null or empty in a request."""


def recall(context: click.Context, request: Annotated[Recall, RECALL_FORM], output: OutputOption = Output.TEXT) -> None:
    """Find the entries that fit a query, or abstain and say why (exit code 0 as well)."""
    settings = read_settings(context)
    with open_memory_to_read(settings) as memory:
        result = memory.send(request, namespace=settings.namespace)
    if output is Output.JSON:
        print_json(result.to_dict())
    else:
        print_recall(result)


def print_recall(result: RecallResult) -> None:
    """Print hits for people, or the abstention."""
    for reason in result.degraded:
        print_text(reason, error=True)
    if result.would_abstain:
        print_text(f"would abstain: {result.would_abstain}", error=True)
    if result.abstention:
        detail = f" ({result.abstention.detail})" if result.abstention.detail else ""
        print_text(f"nothing recalled: {result.abstention.reason.value}{detail}")
    _print_hits(result.hits)
    if result.hits and result.examples_left_out:  # the reason of an abstention says it
        print_text(describe_left_out(result.examples_left_out))
    if result.explanation:
        _print_nearest(result)
        _print_lines(recall_explanation_lines(result.explanation))


def _print_hits(hits: Iterable[Hit]) -> None:
    for number, hit in enumerate(hits, start=1):
        _print_lines(hit_lines(number, hit))


def _print_nearest(result: RecallResult) -> None:
    """Print what an abstention withholds; only with --explain, because it is no answer."""
    nearest = result.abstention.nearest if result.abstention else ()
    if nearest:
        print_text("nearest, withheld:")
    _print_hits(nearest)


def _print_lines(lines: Iterable[str]) -> None:
    for line in lines:
        print_text(line)

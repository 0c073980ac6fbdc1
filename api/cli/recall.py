"""``midthought recall``: find entries for a query."""

from typing import Annotated

import typer

from midthought.api.cli.failures import reading_options
from midthought.api.cli.global_options import read_settings
from midthought.api.cli.printing import Output, OutputOption, indent, print_json, print_text, shorten
from midthought.api.opening import open_memory_for
from midthought.memory.records.entry import EntryKind, readable_key
from midthought.memory.records.trajectory import Outcome
from midthought.retrieval.hits import Hit, RecallResult

_SHOWN = 300


def recall(
    context: typer.Context,
    query: Annotated[str, typer.Argument(help="What to look for, best put as a general question.")],
    k: Annotated[int, typer.Option("-k", min=1, help="The largest number of hits.")] = 5,
    kind: Annotated[list[EntryKind] | None, typer.Option(help="Only this kind; may be given more than once.")] = None,
    domain: Annotated[list[str] | None, typer.Option(help="Only of this domain; may be given more than once.")] = None,
    tag: Annotated[list[str] | None, typer.Option(help="Only with this tag; of several, any.")] = None,
    outcome: Annotated[
        list[Outcome] | None, typer.Option(help="Only learnt from a trajectory of this outcome.")
    ] = None,
    source: Annotated[list[str] | None, typer.Option(help="Only from this source; of several, any.")] = None,
    since: Annotated[str | None, typer.Option(help="Only stored then or later: 2026-07-01, or with a time.")] = None,
    until: Annotated[str | None, typer.Option(help="Only stored before then.")] = None,
    as_of: Annotated[str | None, typer.Option(help="Answer as the memory was at that moment.")] = None,
    min_similarity: Annotated[
        float | None, typer.Option(help="Abstain below this best cosine, -1 to 1, instead of the setting's.")
    ] = None,
    output: OutputOption = Output.TEXT,
) -> None:
    """Find the entries that fit a query, or abstain and say why (exit code 0 as well)."""
    from midthought.api.operations.recall import make_recall

    settings = read_settings(context)
    with reading_options():  # before a memory is created in vain
        request = make_recall(
            query,
            k=k,
            kinds=kind or (),
            domains=domain or (),
            tags=tag or (),
            outcomes=outcome or (),
            sources=source or (),
            since=since,
            until=until,
            as_of=as_of,
            min_similarity=min_similarity,
        )
    with open_memory_for(settings) as memory:
        result = memory.send(request, namespace=settings.namespace)
    if output is Output.JSON:
        print_json(result.to_dict())
    else:
        print_recall(result)


def print_recall(result: RecallResult) -> None:
    """Print hits for people, or the abstention."""
    for reason in result.degraded:
        print_text(reason, error=True)
    if result.abstention:
        detail = f" ({result.abstention.detail})" if result.abstention.detail else ""
        print_text(f"nothing recalled: {result.abstention.reason.value}{detail}")
    for number, hit in enumerate(result.hits, start=1):
        print_text(f"{number}. {shorten(readable_key(hit.stored.entry), 200)}")
        print_text(indent(f"{hit.stored.entry.kind} {hit.stored.id} version {hit.stored.version}, {hit.origin}", "   "))
        print_text(indent(f"{_scores(hit)}; from {_sources(hit)}", "   "))
        print_text(indent(shorten(hit.stored.entry.body, _SHOWN), "   "))


def _scores(hit: Hit) -> str:
    found = (("similarity", hit.similarity, ".3f"), ("bm25", hit.bm25, ".2f"))
    return ", ".join(
        [f"score {hit.score:.4f}", *(f"{name} {one:{form}}" for name, one, form in found if one is not None)]
    )


def _sources(hit: Hit) -> str:
    return ", ".join(dict.fromkeys(one.source for one in hit.stored.provenance)) or "nowhere"

"""The page of a namespace: a search with its scores explained, and what the namespace holds."""

from midthought.api.explorer.page import Page
from midthought.api.explorer.scales import Bar, decision_bar
from midthought.api.explorer.visit import Visit
from midthought.api.operations.namespaces import GetStats
from midthought.api.operations.recall import make_recall
from midthought.memory.records.entry import EntryKind
from midthought.retrieval.hits import RecallResult

MAX_HITS = 50


def show_search(visit: Visit) -> Page:
    """Show the form, and what recall answers to the question in it."""
    asked = {
        "query": visit.text("q"),
        "kinds": visit.texts("kind"),
        "domain": visit.text("domain"),
        "k": visit.number("k", 5, low=1, high=MAX_HITS),
        "shadow": bool(visit.text("shadow")),
    }
    found = _recall(visit, asked) if "q" in visit.request.query_params else None
    values = {"asked": asked, "known_kinds": list(EntryKind), "max_hits": MAX_HITS, "found": found}
    return Page("search.html", {**values, "bar": _bar(found), "stats": visit.send(GetStats())})


def _recall(visit: Visit, asked: dict[str, object]) -> RecallResult:
    domains = [asked["domain"]] if asked["domain"] else []
    more = {"shadow": True} if asked["shadow"] else {}
    request = make_recall(
        str(asked["query"]), k=asked["k"], kinds=asked["kinds"], domains=domains, explain=True, **more
    )
    return visit.send(request)


def _bar(found: RecallResult | None) -> Bar | None:
    explained = found.explanation if found is not None else None  # a result without hits is false
    decision = explained.decision if explained else None
    return decision_bar(decision) if decision else None

"""Zoom policies and their parts by name: what the settings `zoom_policy`, `zoom_index` and so on may say.

A new policy, index, schedule, segmenter, boundary or voting policy is one file, one row here and one line in
docs/zoom.md; settings, the command line, `doctor` and the contract tests read the rows.
"""

from collections.abc import Callable, Mapping
from importlib import import_module
from typing import TYPE_CHECKING, Any

from midthought.memory.registry import Choice, Registry

if TYPE_CHECKING:
    from midthought.reasoner.zoom.index.coarse_index import CoarseIndex
    from midthought.reasoner.zoom.schedules.schedule import Schedule
    from midthought.reasoner.zoom.thoughts.boundaries.boundary import Boundary
    from midthought.reasoner.zoom.thoughts.segmenters.segmenter import Segmentation
    from midthought.reasoner.zoom.thoughts.voting_policy import VotingPolicy
    from midthought.reasoner.zoom.zoom_policy import ZoomedText, ZoomPolicy
    from midthought.reasoner.zoom.zoom_settings import ZoomSettings


def _choice(name: str, summary: str, module: str, attribute: str) -> Choice[Any]:
    """Return a row whose product is imported when it is loaded: listing the choices imports nothing."""
    return Choice(name, summary, lambda: getattr(import_module(module), attribute))


POLICIES: "Registry[Callable[[ZoomSettings, float], ZoomPolicy]]" = Registry(
    "zoom policy",
    _choice(
        "pages",
        "pages of four tokens, selected at each step by every KV head (the default)",
        "midthought.reasoner.zoom.pages.page_policy",
        "PagePolicy",
    ),
    _choice(
        "published",
        "ZoomR: a summary behind each paragraph; all heads vote when a sentence ends, two paragraphs are open",
        "midthought.reasoner.zoom.thoughts.thought_policy",
        "PublishedPolicy",
    ),
    _choice(
        "paragraphs",
        "whole paragraphs, selected at each step by every KV head",
        "midthought.reasoner.zoom.thoughts.thought_policy",
        "ParagraphPolicy",
    ),
    _choice(
        "entries",
        "recalled entries stand in the cache in place of hints: subquestion as coarse key, subroutine as body",
        "midthought.reasoner.zoom.thoughts.thought_policy",
        "EntryPolicy",
    ),
)

INDEXES: "Registry[Callable[[], CoarseIndex]]" = Registry(
    "coarse index",
    _choice("token_keys", "24 numbers of 4 bits per token", "midthought.reasoner.zoom.index.token_keys", "TokenKeys"),
    _choice("whole_keys", "4 bits per number of each key", "midthought.reasoner.zoom.index.token_keys", "whole_keys"),
    _choice("means", "the mean key of a page or thought", "midthought.reasoner.zoom.index.means", "Means"),
    _choice(
        "bounds",
        "the smallest and the largest value of each coordinate of the keys",
        "midthought.reasoner.zoom.index.bounds",
        "Bounds",
    ),
    _choice(
        "centroids",
        "the centres of up to four clusters of keys",
        "midthought.reasoner.zoom.index.centroids",
        "Centroids",
    ),
)

SCHEDULES: "Registry[Callable[[], Schedule]]" = Registry(
    "schedule",
    _choice("every", "each query selects", "midthought.reasoner.zoom.schedules.schedule", "Every"),
    _choice(
        "while_close",
        "a query selects if its cosine to the last that did is below 0.8",
        "midthought.reasoner.zoom.schedules.while_close",
        "WhileClose",
    ),
)

SEGMENTERS: "Registry[Callable[[ZoomedText], Segmentation]]" = Registry(
    "segmenter",
    _choice(
        "paragraphs",
        "thoughts end at empty lines",
        "midthought.reasoner.zoom.thoughts.segmenters.paragraphs",
        "cut_paragraphs",
    ),
    _choice(
        "summaries",
        "paragraphs, with a summary of up to 12 tokens that is forced in behind each",
        "midthought.reasoner.zoom.thoughts.forced_summaries",
        "cut_and_summarise",
    ),
    _choice(
        "written_summaries",
        "thoughts end where the model itself writes a summary: <summary>...</summary>",
        "midthought.reasoner.zoom.thoughts.segmenters.summaries",
        "cut_at_summaries",
    ),
    _choice("pages", "pages of 16 tokens", "midthought.reasoner.zoom.thoughts.segmenters.segmenter", "cut_pages"),
    _choice(
        "uncut",
        "no thoughts: the text stays visible, only recalled entries are opened and closed",
        "midthought.reasoner.zoom.thoughts.segmenters.segmenter",
        "leave_uncut",
    ),
)

BOUNDARIES: "Registry[type[Boundary]]" = Registry(
    "boundary",
    _choice(
        "punctuation",
        "thoughts are selected when a sentence ends",
        "midthought.reasoner.zoom.thoughts.boundaries.punctuation",
        "Punctuation",
    ),
    _choice("every_step", "at each token", "midthought.reasoner.zoom.thoughts.boundaries.boundary", "EveryStep"),
    _choice(
        "surprise",
        "at a token of at least 3 nats",
        "midthought.reasoner.zoom.thoughts.boundaries.model_signals",
        "Surprise",
    ),
    _choice(
        "turn",
        "when successive queries have a mean cosine below 0.6",
        "midthought.reasoner.zoom.thoughts.boundaries.model_signals",
        "QueryTurn",
    ),
)

VOTING: "Registry[VotingPolicy]" = Registry(
    "voting policy",
    _choice(
        "published",
        "two votes per query head, counted over the model; two thoughts are open from the next token on",
        "midthought.reasoner.zoom.thoughts.voting_policy",
        "AS_PUBLISHED",
    ),
    _choice(
        "heads",
        "each KV head opens what it attends to, at once, up to the visible share",
        "midthought.reasoner.zoom.thoughts.voting_policy",
        "BY_HEAD",
    ),
    _choice(
        "layers",
        "each layer opens what it attends to, at once, up to the visible share",
        "midthought.reasoner.zoom.thoughts.voting_policy",
        "BY_LAYER",
    ),
    _choice(
        "summaries",
        "no thought is opened; all summaries are visible",
        "midthought.reasoner.zoom.thoughts.voting_policy",
        "SUMMARIES_ONLY",
    ),
)

PARTS: Mapping[str, Registry[Any]] = {
    "index": INDEXES,
    "schedule": SCHEDULES,
    "segments": SEGMENTERS,
    "boundary": BOUNDARIES,
    "voting": VOTING,
}
"""The parts of a policy that settings can replace, by the field of `ZoomSettings` that names them."""

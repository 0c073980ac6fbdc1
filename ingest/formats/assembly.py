"""Putting a trajectory together from what a format's reader found."""

from collections.abc import Mapping

from midthought.ingest.formats.fields import Fields
from midthought.ingest.formats.labels import Labels
from midthought.ingest.formats.markers import MarkedText
from midthought.memory.records.trajectory import Trajectory


def assemble(
    fields: Fields, question: str, *, marked: MarkedText, labels: Labels, found: Mapping[str, object]
) -> Trajectory:
    """Return the trajectory; untaken fields, what was `found` and text before the thought become metadata.

    If the record does not say whether the thought finished: it did if it was closed.
    Raises `BadInput` if question or thought is empty.
    """
    if not question.strip():
        raise fields.bad("the question is empty")
    if not marked.thought.strip():
        raise fields.bad("the thought is empty")
    before = {"before_thought": marked.before} if marked.before else {}
    return Trajectory(
        question=question,
        thought=marked.thought,
        answer=marked.answer,
        gold=labels.gold,
        outcome=labels.outcome,
        finished=marked.closed if labels.finished is None else labels.finished,
        source=labels.source,
        model=labels.model,
        metadata=fields.metadata({**before, **found}),
    )

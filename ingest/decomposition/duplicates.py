"""Asking the model whether a procedure is one that is stored already, where the rules of merging cannot tell."""

from collections.abc import Iterable

from midthought.ingest.decomposition.answers import read_verdict
from midthought.ingest.decomposition.model_calls import ModelCall, ModelCalls
from midthought.ingest.decomposition.prompting import Prompting
from midthought.ingest.dedup.join import SamePairs, find_stored_near, find_unsure
from midthought.ingest.ingestion import Ingestion
from midthought.ingest.language_model import Completion
from midthought.memory.records.entry import Entry, Procedure


def find_judged_same(
    ingestion: Ingestion, procedures: Iterable[tuple[str, Procedure]], calls: ModelCalls, prompting: Prompting
) -> SamePairs:
    """Return the pairs, (stored, new), that the model takes for one, of new procedures with their trajectories.

    Only pairs that the rules keep apart for their wording alone are asked about, never against a literal that differs.
    No clear yes is a no.
    """
    pairs = [
        (trajectory_id, unsure, procedure)
        for trajectory_id, procedure in procedures
        if (unsure := _find_unsure(ingestion, procedure)) is not None
    ]
    asked = [
        ModelCall(trajectory_id, prompting.request_verdict(prompting.prompts.ask_duplicate(_show(one), _show(other))))
        for trajectory_id, one, other in pairs
    ]
    answers = calls.ask(asked)
    return frozenset(
        (one.id, other.id)
        for (_, one, other), answer in zip(pairs, answers, strict=True)
        if isinstance(answer, Completion) and read_verdict(answer) is True
    )


def _find_unsure(ingestion: Ingestion, procedure: Procedure) -> Entry | None:
    (vectors,) = ingestion.encode_keys([procedure])
    near = find_stored_near(ingestion.store, ingestion.encoder, ingestion.namespace, vectors[0])
    found = find_unsure(ingestion.encoder, procedure, near)
    return None if found is None else found.entry


def _show(entry: Entry) -> str:
    applicability = entry.applicability if isinstance(entry, Procedure) else ""
    return "\n".join(filter(None, [entry.key, applicability, entry.body]))

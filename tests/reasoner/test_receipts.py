"""The record of a run."""

import json
from dataclasses import replace

from midthought.memory.records.trajectory import Outcome
from midthought.reasoner.thought.receipts import (
    EntryUse,
    FinishReason,
    Receipt,
    ReceiptKind,
    Run,
    RunTurn,
    SampleRecord,
)


def _run() -> Run:
    use = EntryUse("p-1", 2, 0.5, None, "starter:algebra")
    return Run(
        question="Wie weit?",
        engine="scripted",
        configuration=(("samples", 2), ("trigger", "start")),
        query="How far?",
        receipts=(Receipt(ReceiptKind.RECALL, "How far?", (use,), "", 3, 0.25),),
        samples=(
            SampleRecord(0, 0, "p-1", 2, 20, FinishReason.DONE, 0.0, 2),
            SampleRecord(1, 0, "p-2", 1, 10, FinishReason.LENGTH, 1.0, 1),
        ),
        text="It is 5 \N{KELVIN SIGN}.",
        answer="5",
        turns=(RunTurn("query", 3), RunTurn("branch 0 sample 0", 20)),
        seconds=1.5,
    )


def test_json_holds_every_field() -> None:
    """Rendering loses nothing, and adds the totals a reader asks for first."""
    content = json.loads(_run().to_json())
    assert content["configuration"] == {"samples": 2, "trigger": "start"}
    assert [(turn["name"], turn["tokens"]) for turn in content["turns"]] == [("query", 3), ("branch 0 sample 0", 20)]
    assert content["receipts"][0]["entries"] == [
        {
            "entry_id": "p-1",
            "version": 2,
            "score": 0.5,
            "similarity": None,
            "source": "starter:algebra",
            "trust": "learnt",
            "flags": [],
            "not_injected": "",
        }
    ]
    assert content["tokens"] == 23
    assert content["outcome"] == "unknown"
    assert content["samples"][1]["finish"] == "length"
    assert set(content) >= {"question", "engine", "query", "text", "answer", "seconds"}


def test_entries_used_are_those_of_the_chosen_best_first() -> None:
    """The entry behind the best sample comes first, each once."""
    assert _run().entries_used == ("p-2", "p-1")


def test_outcome_does_not_change_the_id() -> None:
    """A verdict that comes later belongs to the same run; another text is another run."""
    run = _run()
    assert replace(run, outcome=Outcome.CORRECT).id == run.id
    assert replace(run, text="other").id != run.id
    assert run.receipts[0].id == _run().receipts[0].id

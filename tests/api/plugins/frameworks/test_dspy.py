"""DSPy: the retriever in a module, as the retrieval model, and under an optimiser's copies."""

import copy
from typing import Any

import dspy
import pytest
from dspy.utils import DummyLM

from midthought.api.plugins.dspy import DspyRetriever
from midthought.memory.errors import BadInput

from .conftest import OWN, QUESTION, UNRELATED


class Answers(dspy.Module):  # type: ignore[misc]
    """Answers with what is recalled before it."""

    def __init__(self, retriever: DspyRetriever) -> None:
        self.retrieve = retriever
        self.answer = dspy.Predict("context, question -> answer")

    def forward(self, question: str) -> dspy.Prediction:
        """Recall, then ask the model."""
        return self.answer(context=self.retrieve(question).passages, question=question)


async def test_a_prediction_has_the_hits(place: Any) -> None:
    """Passages, ids and scores, sync and async; `k` of the call counts."""
    retriever = DspyRetriever(place)
    found = retriever(OWN.key, k=1)
    assert (found.ids, found.passages) == ([OWN.id], [f"{OWN.key}\n{OWN.body}"])
    assert (await retriever.acall(OWN.key, k=1)).scores == found.scores
    assert len(retriever(QUESTION).passages) == 3


def test_an_abstention_is_an_empty_list_with_its_reason(place: Any) -> None:
    """No passages; `abstention` says why."""
    found = DspyRetriever(place)(UNRELATED)
    assert (found.passages, found.ids, found.scores) == ([], [], [])
    assert found.abstention.startswith("nothing in the memory is close enough")


def test_a_module_answers_with_what_is_recalled(place: Any) -> None:
    """The model reads the entry."""
    model = DummyLM([{"answer": "Away from me."}])
    program = Answers(DspyRetriever(place, k=1)).deepcopy()
    with dspy.context(lm=model):
        assert program(OWN.key).answer == "Away from me."
    assert OWN.body in str(model.history[-1]["messages"])


def test_it_is_the_retrieval_model(place: Any) -> None:
    """`dspy.Retrieve` asks it."""
    with dspy.context(rm=DspyRetriever(place).rm):
        assert dspy.Retrieve(k=1)(OWN.key).passages == [f"{OWN.key}\n{OWN.body}"]


def test_a_copy_is_the_same_memory(service_url: str) -> None:
    """Optimisers copy programs; a directory is open once."""
    retriever = DspyRetriever(service_url)
    assert copy.deepcopy([retriever])[0] is retriever
    with pytest.raises(BadInput, match="k must be >= 1, got 0"):
        retriever(OWN.key, k=0)

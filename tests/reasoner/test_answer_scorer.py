"""How probable an answer is after a text, against a forward pass over the whole."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from midthought.ingest.compaction.compact_trace import compact_trace, write_scored_prefix
from midthought.ingest.steps.split import split_steps
from midthought.memory.errors import EngineFailed
from midthought.memory.records.trajectory import Trajectory
from midthought.reasoner.engines.answer_scorer import TransformersScorer

from .lazy import torch, transformers

PREFIX = "Seven people sit in a row. Two of them must sit together. So I count them as one. "
ANSWER = "There are 1440 arrangements."


def reference_nll(model: Path, prefix: str, continuation: str) -> float:
    """The mean over the continuation's tokens, from all scores of one pass, in double precision."""
    tokenizer: Any = transformers.AutoTokenizer.from_pretrained(model)
    weights: Any = transformers.AutoModelForCausalLM.from_pretrained(model)
    before, after = (tokenizer(text, add_special_tokens=False).input_ids for text in (prefix, continuation))
    with torch.inference_mode():
        scores = weights(torch.tensor([before + after])).logits[0].double().numpy()
    each = [scores[len(before) - 1 + place] for place in range(len(after))]
    return float(np.mean([np.log(np.exp(row).sum()) - row[token] for row, token in zip(each, after, strict=True)]))


@pytest.mark.slow
def test_nll_is_that_of_a_whole_pass(tiny_model: Path) -> None:
    """Also where the beginning of the last text is reused, in whole, in part or not at all."""
    scorer = TransformersScorer(tiny_model)
    for prefix in (PREFIX, PREFIX, PREFIX[:60], PREFIX[:40] + PREFIX[60:], "Another. ", PREFIX):
        assert scorer.nll(prefix, ANSWER) == pytest.approx(reference_nll(tiny_model, prefix, ANSWER), abs=1e-5)


@pytest.mark.slow
def test_a_long_prefix_loses_its_beginning(tiny_model: Path) -> None:
    """What does not fit beside the continuation is left out at the front."""
    scorer = TransformersScorer(tiny_model)
    window = transformers.AutoConfig.from_pretrained(tiny_model).max_position_embeddings
    fitting = ("abcdefghij" * window)[-(window - len(ANSWER)) :]  # a token a byte
    assert scorer.nll("lost " + fitting, ANSWER) == pytest.approx(scorer.nll(fitting, ANSWER), abs=1e-5)


@pytest.mark.slow
def test_nothing_cannot_be_scored(tiny_model: Path) -> None:
    """A continuation without a token is an error that says so."""
    with pytest.raises(ValueError, match="continuation must be 1 to"):
        TransformersScorer(tiny_model).nll(PREFIX, "")


@pytest.mark.slow
def test_a_directory_without_a_model_is_an_error(tmp_path: Path) -> None:
    """It comes at the first use, and names the directory."""
    scorer = TransformersScorer(tmp_path)
    assert scorer.name == f"transformers:{tmp_path.name}"
    with pytest.raises(EngineFailed, match="cannot load the model"):
        scorer.nll(PREFIX, ANSWER)


TRACES = [
    Trajectory(
        "A shop sells pens at 3 coins each. Ada buys 14 pens and pays with 50 coins. What change does she get?",
        "Let me think about the shop first. Shops sell many things, and pens are one of them.\n\n"
        "The pens cost 14 * 3 = 42 coins together.\n\n"
        "I wonder whether the colour of the pens plays a part. The question names no colour, so it does not.\n\n"
        "The change is what is left of 50 coins: 50 - 42 = 8 coins.\n\n"
        "It is a nice day, and I like questions about shops.",
        "14 pens cost 14 * 3 = 42 coins, so the change is 50 - 42 = 8 coins.",
    ),
    Trajectory(
        "What is the largest prime factor of 273?",
        "Prime factors are found by trial division. Looking for primes has a long history, which is pleasant.\n\n"
        "Dividing by 3 gives 273 = 3 * 91.\n\n"
        "Many people know the number 273 from the temperature of melting ice, which has nothing to do with this.\n\n"
        "Dividing 91 by 7 gives 91 = 7 * 13, and 13 is prime.\n\n"
        "Numbers can be fun, and so can dividing them by others all day long.",
        "273 = 3 * 91 = 3 * 7 * 13, so the largest prime factor is 13.",
    ),
]


@pytest.mark.slow
@pytest.mark.parametrize("trace", TRACES, ids=["change", "factor"])
def test_the_default_model_drops_digressions_first(trace: Trajectory) -> None:
    """At half the tokens the computations stay, and the answer is likelier than after the first or the last half."""
    scorer = TransformersScorer()
    budget = scorer.count_tokens(trace.thought) // 2
    found = compact_trace(
        trace, split_steps(trace), budget_tokens=budget, scorer=scorer, count=scorer.count_tokens
    ).trajectory.thought
    paragraphs = trace.thought.split("\n\n")
    assert paragraphs[1] in found
    assert paragraphs[3] in found

    def nll(thought: str) -> float:
        return scorer.nll(write_scored_prefix(trace.question, thought), trace.answer)

    assert nll(found) < min(nll("\n\n".join(paragraphs[:2])), nll("\n\n".join(paragraphs[3:])))

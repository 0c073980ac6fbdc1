"""The checks by name, in the order in which they are run. A new one is one file, one row and one line of docs."""

import importlib

from midthought.ingest.checks.check import Check
from midthought.memory.registry import Choice, Registry


def _choice(name: str, summary: str, module: str, function: str) -> Choice[Check]:
    def load() -> Check:
        check: Check = getattr(importlib.import_module(f"midthought.ingest.checks.{module}"), function)
        return check

    return Choice(name, summary, load)


CHECKS: Registry[Check] = Registry(
    "check",
    # What concerns the trace comes first: it is why a draft would be refused whatever it says.
    _choice("contamination", "nothing of a held-out question", "contamination", "check_contamination"),
    _choice("injected-hint", "nothing that a memory put into the thought", "injected_hint", "check_injected_hint"),
    _choice("hidden-instruction", "no order to a model", "hidden_instruction", "check_hidden_instruction"),
    _choice("grounding", "stands in the passages that it cites", "grounding", "check_grounding"),
    _choice("near-copy", "is no copy of the question", "near_copy", "check_near_copy"),
    _choice("deictic-key", "its key can be understood by itself", "deictic_key", "check_deictic_key"),
    _choice("answer", "does not say the final answer", "answer", "check_answer"),
    _choice("numbers", "holds no number of its source", "numbers", "check_numbers"),
    _choice("names", "holds no name of its question", "names", "check_names"),
    _choice("identifiers", "holds no identifier of its question", "identifiers", "check_identifiers"),
    _choice("loops", "does not repeat itself", "loops", "check_loops"),
    _choice("length", "is neither empty nor too long", "length", "check_length"),
)

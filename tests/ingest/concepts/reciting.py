"""A model that recites concepts and lessons, by the problem and by what is asked about it, and notes every prompt."""

import json
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from midthought.ingest.concepts.options import ConceptOptions
from midthought.ingest.decomposition.options import DecompositionOptions
from midthought.ingest.formats.own import write_trajectory
from midthought.ingest.ingest_options import make_options
from midthought.ingest.ingest_source import ingest_source
from midthought.ingest.ingestion import Ingestion
from midthought.ingest.language_model import Answer, Completion, CompletionRequest, Finish
from midthought.ingest.verdicts.policy import WrongPolicy
from midthought.memory.records.job import Job
from midthought.memory.records.namespace import DEFAULT_NAMESPACE
from midthought.memory.records.trajectory import Outcome, Trajectory

SIGNS = {
    "pseudocode": "as pseudocode for any problem",
    "concepts": "Which concepts does the solution use",
    "lessons": "Write lessons",
    "compression": "The notes of this concept have grown",
    "subquestions": "Which questions did the solver answer",
}
"""What each prompt says and no other."""
PSEUDOCODE = (
    "### Name\ncount arrangements by blocks\n### Summary\nThings that stay together are arranged as one block.\n"
    "### Pseudocode\njoin the things that stay together\narrange blocks and other things\narrange inside of each block"
)
NONE = "```json\n```"


def trace(name: str, *, outcome: Outcome = Outcome.CORRECT) -> Trajectory:
    """An attempt at a problem of its own, with a passage to quote."""
    return Trajectory(
        f"In how many rows can the {name} family stand if the twins are side by side?",
        f"I treat the twins as one block and arrange the blocks. Now {name} is counted. Then I order the pair inside.",
        "It is done.",
        outcome=outcome,
    )


def concept(name: str, **fields: Any) -> str:
    """A concept in a fence, as the form wants it."""
    given = {
        "name": name,
        "kind": "routine",
        "description": "Treat what stays together as one thing.",
        "cues": ["things that must stay together"],
        "implementation": ["join them to a block"],
        "passages": ["I treat the twins as one block"],
    }
    return f"```json\n{json.dumps({**given, **fields}, indent=1)}\n```"


def lesson(situation: str = "When things stay together", **fields: Any) -> str:
    """A lesson in a fence."""
    given = {
        "situation": situation,
        "suggestion": "Do not forget the order inside of the block, which doubles the count.",
        "passages": ["Then I order the pair inside"],
    }
    return f"```json\n{json.dumps({**given, **fields})}\n```"


class Reciting:
    """Says the next of the answers for what a prompt asks, or the last one again.

    Args:
        fail_at: the process's work ends at this call.
        answers: by the kind of prompt (see `SIGNS`), alone or with a text of the problem before it: ``Smith_concepts``.
    """

    def __init__(
        self,
        *,
        can_constrain: bool = False,
        context_tokens: int | None = None,
        fail_at: int | None = None,
        **answers: Sequence[str],
    ) -> None:
        self.fail_at = fail_at
        self._answers = {name.replace("_", " "): list(said) for name, said in answers.items()}
        self.can_constrain = can_constrain
        self.context_tokens = context_tokens
        self.prompts: defaultdict[str, list[str]] = defaultdict(list)
        self.requests: list[CompletionRequest] = []

    @property
    def name(self) -> str:
        """A name."""
        return "reciting"

    def count_tokens(self, text: str) -> int:
        """Words."""
        return len(text.split())

    def complete(self, requests: Sequence[CompletionRequest]) -> Iterator[tuple[int, Answer]]:
        """Say something to each request."""
        for place, request in enumerate(requests):
            if len(self.requests) == self.fail_at:
                raise KeyboardInterrupt
            prompt = "\n".join(message.text for message in request.messages)
            (kind,) = (kind for kind, sign in SIGNS.items() if sign in prompt)
            self.prompts[kind].append(prompt)
            self.requests.append(request)
            yield place, Completion(self._say(kind, prompt), Finish.STOP, 10, 5)

    def _say(self, kind: str, prompt: str) -> str:
        own = [name for name in self._answers if name.endswith(f" {kind}") and name.removesuffix(f" {kind}") in prompt]
        left = self._answers.get(own[0] if own else kind, [PSEUDOCODE if kind == "pseudocode" else NONE])
        return left.pop(0) if len(left) > 1 else left[0]


def learn(
    memory: Any,
    model: Reciting,
    path: Path,
    *traces: Trajectory,
    wrong: WrongPolicy = WrongPolicy.SKIP,
    choices: Mapping[str, Any] | None = None,
    **options: Any,
) -> Job:
    """Ingest traces with concepts, and without procedures, whose prompts are answered by nothing."""
    path.write_text("".join(write_trajectory(one) for one in traces), encoding="utf-8")
    chosen = make_options(
        wrong=wrong,
        decomposition=DecompositionOptions(model),
        concepts=ConceptOptions(**options),
        **(choices or {}),
    )
    return ingest_source(ingestion_of(memory), path, options=chosen)


def ingestion_of(memory: Any) -> Ingestion:
    """An ingestion into the default namespace of a memory."""
    return Ingestion(memory.store, memory.encoder, DEFAULT_NAMESPACE)

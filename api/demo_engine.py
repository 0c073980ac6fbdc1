"""The scripted engine as the settings name it: one recited thought, for trying the command line without a model."""

from midthought.reasoner.engines.scripted import ScriptedEngine, ScriptedReply, prompt_ends
from midthought.reasoner.thought.thought_prompts import ThoughtPrompts

_QUERY = "How do I count arrangements when some of the items repeat?"
_THOUGHT = "I follow the hint step by step and check a small case.\n</think>\nThis engine recites. Final answer: 42"


def make_recital() -> ScriptedEngine:
    """Return an engine that asks one fixed query and then gives one fixed answer, whatever the question."""
    return ScriptedEngine(
        [ScriptedReply(prompt_ends(ThoughtPrompts().opening), (_QUERY,)), ScriptedReply(lambda _: True, (_THOUGHT,))]
    )

"""The arms of an evaluation: how each uses the memory for the same question, model and samples."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from midthought.memory.errors import BadInput, BadSettings
from midthought.memory.records.ids import content_id
from midthought.reasoner.engines.base import Engine
from midthought.reasoner.thought.arms import Arm
from midthought.reasoner.thought.in_thought import check_abilities
from midthought.reasoner.thought.think_settings import ThinkSettings
from midthought.reasoner.thought.triggers.trigger import Trigger

BASELINES = (Arm.NONE.value, Arm.LENGTH_SCALING.value)
"""What every arm is compared with: one sample, and the same samples without a memory."""
_IN_THOUGHT = {f"{Arm.IN_THOUGHT.value}:{one.value}": one for one in Trigger if one is not Trigger.NEVER}
"""Recall in the thought, by one trigger at a time."""
_OTHERS = (Arm.TRACE_CHUNK, Arm.REWRITTEN_TRACE, Arm.HINT_FIRST)
ARM_NAMES = (*BASELINES, *(one.value for one in _OTHERS), *_IN_THOUGHT)


@dataclass(frozen=True, slots=True)
class EvaluationArm:
    """One arm, ready to run.

    Attributes:
        name: as `ARM_NAMES` has it.
        settings: of its thoughts; the seed is set for each run.
        reads: names what it reads beside the memory, so that runs with something else are told apart; empty for
            nothing.
    """

    name: str
    settings: ThinkSettings
    reads: str = ""

    @property
    def id(self) -> str:
        """A content hash of the settings: runs of another arm of this name are not its runs."""
        values = [[name, value] for name, value in self.settings.named_values() if name != "seed"]
        return content_id("arm", values, self.reads)


def check_arm_names(names: Sequence[str]) -> None:
    """Raise `BadInput` if there is no arm of one of these names."""
    if unknown := sorted(set(names) - set(ARM_NAMES)):
        raise BadInput(f"there is no arm {', '.join(map(repr, unknown))}: known are {', '.join(ARM_NAMES)}")


def make_arms(names: Sequence[str], base: ThinkSettings) -> tuple[EvaluationArm, ...]:
    """Return arms by name, each once, in the order of `ARM_NAMES`; all of them without a name.

    Nothing is held out in any: an evaluation withholds by arm, not by chance.

    Raises:
        BadInput: there is no such arm.
        BadSettings: the samples of an arm would all be alike.
    """
    check_arm_names(names)
    wanted = set(names) or set(ARM_NAMES)
    if base.temperature == 0 and Arm.LENGTH_SCALING.value in wanted:
        raise BadSettings("at temperature 0 all samples are alike, and length scaling is nothing: give --temperature")
    plain = replace(base, holdout=0.0)
    return tuple(EvaluationArm(name, _settle(name, plain)) for name in ARM_NAMES if name in wanted)


def find_obstacle(arm: EvaluationArm, engine: Engine) -> str:
    """Return why an engine cannot run an arm; empty if it can."""
    settings = arm.settings
    if settings.arm is Arm.IN_THOUGHT and not engine.capabilities.continues:
        return f"the engine {engine.name!r} cannot continue a thought"
    try:
        check_abilities(engine, settings)
    except BadSettings as error:
        return str(error)
    return ""


def _settle(name: str, base: ThinkSettings) -> ThinkSettings:
    if name in _IN_THOUGHT:
        return replace(base, arm=Arm.IN_THOUGHT, triggers=(_IN_THOUGHT[name],))
    return replace(base, arm=Arm(name), triggers=(Trigger.START,))

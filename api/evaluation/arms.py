"""The arms of an evaluation: how each uses the memory for the same question, model and samples."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from midthought.memory.errors import BadInput, BadSettings
from midthought.memory.records.ids import content_id
from midthought.reasoner.thought.think_settings import ThinkSettings
from midthought.reasoner.thought.triggers.trigger import Trigger

NONE = "none"
LENGTH_SCALING = "length-scaling"
BASELINES = (NONE, LENGTH_SCALING)
"""What every arm is compared with: one sample, and the same samples without a memory."""
ARM_NAMES = (*BASELINES, "in-thought:start")


@dataclass(frozen=True, slots=True)
class EvaluationArm:
    """One arm, ready to run.

    Attributes:
        name: as `ARM_NAMES` has it.
        settings: of its thoughts; the seed is set for each run.
    """

    name: str
    settings: ThinkSettings

    @property
    def id(self) -> str:
        """A content hash of the settings: runs of another arm of this name are not its runs."""
        return content_id("arm", [[name, value] for name, value in self.settings.named_values() if name != "seed"])


def make_arms(names: Sequence[str], base: ThinkSettings) -> tuple[EvaluationArm, ...]:
    """Return arms by name, each once, in the order of `ARM_NAMES`; all of them without a name.

    Raises:
        BadInput: there is no such arm.
        BadSettings: the samples of an arm would all be alike.
    """
    check_arm_names(names)
    wanted = set(names) or set(ARM_NAMES)
    if base.temperature == 0 and LENGTH_SCALING in wanted:
        raise BadSettings("at temperature 0 all samples are alike, and length scaling is nothing: give --temperature")
    return tuple(EvaluationArm(name, _settle(name, base)) for name in ARM_NAMES if name in wanted)


def check_arm_names(names: Sequence[str]) -> None:
    """Raise `BadInput` if there is no arm of one of these names."""
    if unknown := sorted(set(names) - set(ARM_NAMES)):
        raise BadInput(f"there is no arm {', '.join(map(repr, unknown))}: known are {', '.join(ARM_NAMES)}")


def _settle(name: str, base: ThinkSettings) -> ThinkSettings:
    if name == NONE:
        return replace(base, triggers=(Trigger.NEVER,), samples=1, procedures=1, keep=1)
    return replace(base, triggers=(Trigger.NEVER if name == LENGTH_SCALING else Trigger.START,))

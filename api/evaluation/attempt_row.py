"""One run of the evaluation as a row: which arm, which task, what became of it, and what it cost."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any, Self

from midthought.ingest.harvest.attempts import Verdict

_TEXTS = {"arm", "arm_id", "answer", "error"}


@dataclass(frozen=True, slots=True, kw_only=True)
class AttemptRow:
    """One run.

    Attributes:
        arm: its name.
        arm_id: a content hash of the settings of the arm.
        task: the number of the task, from 0.
        repeat: from 0; the seed of the run is derived from it.
        verdict: `FAILED` if the engine could not answer; nothing was judged then.
        answer: what was judged; empty if there was none.
        tokens: that the model wrote, in all samples.
        prompt_tokens: of all its calls; 0 if the engine does not say.
        cached_tokens: those of them that came from a cache, but for the first call: what that finds, another run read.
        seconds: wall time.
        recalls: how often the memory was asked; `abstentions` of them gave nothing.
        injections: entries, chunks or rewritten traces that were put before or into a thought.
        entries: the ids of what was recalled, each once.
        error: why the run failed.
    """

    arm: str
    arm_id: str
    task: int
    repeat: int
    verdict: Verdict
    answer: str = ""
    tokens: int = 0
    prompt_tokens: int = 0
    cached_tokens: int = 0
    seconds: float = 0.0
    recalls: int = 0
    abstentions: int = 0
    injections: int = 0
    entries: tuple[str, ...] = ()
    error: str = ""

    @property
    def key(self) -> tuple[str, int, int]:
        """What tells it from all other runs of an evaluation."""
        return self.arm, self.task, self.repeat

    @property
    def is_failed(self) -> bool:
        """Whether it says nothing of the arm."""
        return self.verdict is Verdict.FAILED

    def to_dict(self) -> dict[str, Any]:
        """Return it as plain JSON values."""
        return asdict(self) | {"verdict": self.verdict.value, "entries": list(self.entries)}

    @classmethod
    def from_dict(cls, record: Mapping[str, Any]) -> Self:
        """Return the row that `to_dict` wrote. Raises `ValueError` and `TypeError` for anything else."""
        known = {one.name for one in fields(cls)}
        if record.keys() != known:
            raise ValueError(f"fields {', '.join(sorted(record.keys() ^ known))} are missing or unknown")
        for name, value in record.items():
            wanted: Any = str if name in _TEXTS | {"verdict"} else list if name == "entries" else (int, float)
            if not isinstance(value, wanted):
                raise TypeError(f"{name} is {value!r}")
        return cls(**{**record, "verdict": Verdict(record["verdict"]), "entries": tuple(record["entries"])})

"""The cost of writing a token beside reading one, on an engine that takes known times."""

from collections.abc import Iterator

import pytest

from midthought.api.evaluation.decode_constant import measure_decode_constant
from midthought.memory.errors import EngineFailed
from midthought.reasoner.engines.base import Token
from midthought.reasoner.engines.scripted import ScriptedEngine


class Timed(ScriptedEngine):
    """Takes a millisecond for each word of the prompt, and `write` of them for each that it writes."""

    def __init__(self, write: float, *, words: int = 30) -> None:
        super().__init__([])
        self.now = 0.0
        self._write = write
        self._count = words

    def clock(self) -> float:
        """The time that has passed for it, in seconds."""
        return self.now

    def generate(self, prompt: str, *, max_tokens: int = 512, **_: object) -> Iterator[Token]:  # type: ignore[override]
        """Read, then write."""
        self.prompts.append(prompt)
        self.now += self.count_tokens(prompt) / 1000
        for number in range(min(max_tokens, self._count)):
            self.now += self._write / 1000 if number else 0.0
            yield Token(" word")


def test_the_constant_is_the_ratio_of_the_times() -> None:
    """25 ms per token written over 1 ms per token read is 25, whatever the length of the prompt."""
    engine = Timed(25)
    found = measure_decode_constant(engine, lengths=(10, 100), repeats=2, clock=engine.clock)
    assert (found.value, found.low, found.high) == pytest.approx((25, 25, 25))
    assert len(found.samples) == 4
    assert found.samples[0].prompt_tokens < found.samples[-1].prompt_tokens


def test_no_two_prompts_begin_alike() -> None:
    """A prefix cache would make reading look free."""
    engine = Timed(25)
    measure_decode_constant(engine, lengths=(10, 100), repeats=3, clock=engine.clock)
    beginnings = {prompt.partition("Number ")[2][:2] for prompt in engine.prompts}
    assert len(beginnings) == len(engine.prompts) == 7


def test_a_model_that_writes_nothing_is_not_measured() -> None:
    """Two words say nothing of the time of one."""
    engine = Timed(25, words=2)
    with pytest.raises(EngineFailed, match="never wrote 8 tokens"):
        measure_decode_constant(engine, lengths=(10,), repeats=2, clock=engine.clock)

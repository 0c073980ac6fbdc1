"""A zoomed thought sees what it may quote, and the quote that it is writing."""

from pathlib import Path

import pytest

from midthought.reasoner.engines.span_pins import SpanPins
from midthought.reasoner.engines.transformers import EngineOptions, KvMode, TransformersEngine
from midthought.reasoner.spans.decoding import SpanCoder
from midthought.reasoner.spans.request import SpanRequest
from midthought.reasoner.spans.segments import Segment, SegmentKind
from midthought.reasoner.zoom.zoom_step import ZoomStep

FACTS = " ".join(f"The {number} box holds {number * 7} beads and {number % 5} shells." for number in range(40, 52))
FILLER = " ".join(f"On day {number} we walked {number + 3} miles and saw {number * 2} birds." for number in range(34))
PROMPT = f"Read this. {FACTS}\n{FILLER}\nSo how many beads does the 50 box hold? I think of it step by step."
REQUEST = SpanRequest((Segment("facts", FACTS, SegmentKind.CONTEXT),))


def inside(steps: list[ZoomStep]) -> list[float]:
    """Return the shares of heads that saw parts of the segment, those at its borders apart."""
    start, end = PROMPT.index(FACTS), PROMPT.index(FACTS) + len(FACTS)
    return [one.share for step in steps for one in step.opened if start <= one.start and one.end <= end]


@pytest.mark.slow
def test_quotable_segments_stay_visible() -> None:
    """With SmolLM2, every head sees all of a segment that may be quoted at its step; without, few do."""
    engine = TransformersEngine(options=EngineOptions(kv=KvMode.ZOOM, visible=0.1))
    pinned, free = (
        [one.zoom for one in engine.generate(PROMPT, max_tokens=1, spans=spans) if one.zoom]
        for spans in (REQUEST, None)
    )
    assert [step.length for step in pinned] == [step.length for step in free]
    assert len(inside(pinned)) >= 2
    assert set(inside(pinned)) == {1.0}
    assert min(inside(free)) < 0.7
    assert all(step.visible < 0.8 * step.length for step in pinned)


def test_pins_follow_the_open_span(tiny_model: Path) -> None:
    """From its opening mark on as long as it is open, and not after it; the segment all the time."""
    from transformers import AutoTokenizer

    coder = SpanCoder(AutoTokenizer.from_pretrained(tiny_model))
    encode = lambda text: coder_ids(tiny_model, text)  # noqa: E731
    text = "see: red apples. now "
    request = SpanRequest((Segment("one", "red apples", SegmentKind.CONTEXT),))
    ids, marks = encode(text), request.delimiters
    pins = SpanPins(len(ids), coder.find_segments(ids, request))
    state = coder.begin(ids, request)
    assert (pins.pins.touch(5, 6), pins.pins.touch(14, 15), pins.pins.touch(15, 16)) == (True, True, False)
    for token in encode(marks.open + "red"):
        pins.follow(state := state.push(token))
    opened = len(ids) + len(encode(marks.open)) - 1
    assert state.is_open
    assert not pins.pins.touch(opened - 1, opened)
    assert all(pins.pins.touch(place, place + 1) for place in range(opened, opened + 4))
    for token in encode(" apples" + marks.close):
        pins.follow(state := state.push(token))
    assert not state.is_open
    assert not pins.pins.touch(opened, opened + 100)
    assert pins.pins.touch(5, 6)


def coder_ids(model: Path, text: str) -> list[int]:
    """Return the tokens of a text."""
    from transformers import AutoTokenizer

    found: list[int] = AutoTokenizer.from_pretrained(model)(text, add_special_tokens=False).input_ids
    return found

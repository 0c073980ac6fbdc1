"""A hint has at most so many tokens: a longer entry is cut behind a sentence, and the hint says so."""

from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from midthought.memory.records.entry import Lesson, Provenance, StoredEntry
from midthought.reasoner.thought.hint_size import frame_within
from midthought.reasoner.thought.think_settings import ThinkSettings
from midthought.reasoner.thought.thought_prompts import ThoughtPrompts
from midthought.reasoner.thought.thought_session import SessionAction, ThoughtSession
from midthought.retrieval.hits import Hit
from midthought.retrieval.packing import count_tokens

from .conftest import HandMadeRecall

PROMPTS = ThoughtPrompts()


def make_hit(body: str, key: str = "How do I add?") -> Hit:
    """A hit with a body."""
    return Hit(StoredEntry(1, Lesson(key, body), 1, (Provenance(None, "own"),)), 1.0, 1.0, None)


def test_a_hint_that_fits_is_whole() -> None:
    """And does not say that it was cut."""
    hit = make_hit("Count on. Then stop.")
    whole = PROMPTS.frame_hint(hit.entry)
    found = frame_within(PROMPTS, hit, count_tokens=count_tokens, max_tokens=count_tokens(whole))
    assert (found.text, found.body, found.tokens) == (whole, None, count_tokens(whole))


def test_a_longer_one_is_cut_behind_a_sentence() -> None:
    """As late as it fits; the frame closes, and a sentence tells of the rest."""
    body = " ".join(f"Do step {number} of 3.5 metres." for number in range(200))
    found = frame_within(PROMPTS, make_hit(body), count_tokens=count_tokens, max_tokens=200)
    assert found.body is not None
    assert body.startswith(found.body)
    assert found.body.endswith("metres.")
    assert found.tokens == count_tokens(found.text) <= 200
    longer = body[: body.index("metres.", len(found.body)) + 7]
    assert count_tokens(PROMPTS.frame_hint(make_hit(body).entry, cut_body=longer)) > 200
    assert found.text.endswith(f"{PROMPTS.recalls.cut}\n{PROMPTS.hint_end}\n{PROMPTS.cue}")


def test_without_a_sentence_it_is_cut_behind_a_word() -> None:
    """Never inside of one."""
    body = "abcdefgh " * 500
    found = frame_within(PROMPTS, make_hit(body), count_tokens=count_tokens, max_tokens=100)
    assert found.body
    assert set(found.body.split()) == {"abcdefgh"}


@pytest.mark.parametrize("body", ["x" * 10_000, "a b", ""])
def test_what_cannot_be_cut_is_left_out(body: str) -> None:
    """A single word that is too long, or no room for the first word."""
    assert frame_within(PROMPTS, make_hit(body), count_tokens=count_tokens, max_tokens=20).text == ""


PIECES = ["Count on.", "\U0001f600\u200d", "[end of hint]", "\n", " ", "\u8db3\u3059\u3002", "a"]


@settings(deadline=None)
@given(
    body=st.lists(
        st.sampled_from(["Count on.", "\U0001f600\u200d", "[end of hint]", "\n", " ", "\u8db3\u3059\u3002", "a"])
    ).map("".join),
    limit=st.integers(1, 120),
    counter=st.sampled_from([count_tokens, len]),
)
def test_any_hint_is_within_its_limit_and_closed(body: str, limit: int, counter: Callable[[str], int]) -> None:
    """Whatever it holds, and however tokens are counted."""
    found = frame_within(PROMPTS, make_hit(body * 20), count_tokens=counter, max_tokens=limit)
    assert found.tokens == (counter(found.text) if found.text else 0) <= limit
    assert not found.text or (found.text.count(PROMPTS.hint_end) == found.text.count(PROMPTS.hint_begin) == 1)


def test_of_a_very_long_entry_only_the_beginning_is_read() -> None:
    """However long it is, no more is counted than a hint can hold."""
    counted = []

    def count(text: str) -> int:
        counted.append(len(text))
        return count_tokens(text)

    found = frame_within(PROMPTS, make_hit("Count on. " * 100_000), count_tokens=count, max_tokens=100)
    assert found.body
    assert max(counted) < 64 * 100 + 1000


def test_a_session_cuts_the_hint_at_the_start() -> None:
    """It is never left out, so it must not be of any length."""
    stored = StoredEntry(1, Lesson("How?", "Count on. " * 5000), 1, (Provenance(None, "own"),))
    session = ThoughtSession(
        "Why?",
        ThinkSettings(max_hint_tokens=150),
        recall=HandMadeRecall([stored]),
        count_tokens=count_tokens,
        on_injection=lambda _: "",
    )
    answer = session.step("", position=0)
    assert answer.action is SessionAction.INJECT
    assert 100 < count_tokens(answer.text) <= 150


def test_the_limit_is_above_zero() -> None:
    """A hint of no token is none."""
    with pytest.raises(ValueError, match="max_hint_tokens"):
        ThinkSettings(max_hint_tokens=0)

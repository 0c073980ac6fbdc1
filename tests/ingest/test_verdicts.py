"""Verdicts: the final answer is found, compared with gold, and a policy decides where there is none."""

import json
import time

import pytest

from midthought.ingest.verdicts.agreement import Votes
from midthought.ingest.verdicts.compare import canonical_answer, read_options, same_answer
from midthought.ingest.verdicts.final_answer import final_answer, last_line, marked_answer
from midthought.ingest.verdicts.judge import VerdictSource, judge, verdict_source
from midthought.ingest.verdicts.mathematics import MathComparison, find_missing_math
from midthought.ingest.verdicts.policy import UnjudgedPolicy, VerdictPolicy, WrongPolicy
from midthought.memory.records.no_yield import NoYield
from midthought.memory.records.trajectory import Outcome, Trajectory

CHOICE = "What is heavier?\nOptions:\n(A) iron\n(B) lead\n(C) wood"
SKIP = VerdictPolicy()


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("So \\boxed{3}, no: \\boxed{\\frac{1}{2}}.", "\\frac{1}{2}"),
        ("First 3.\n#### 1,200\n", "1,200"),
        ("The final answer is: **42**. It is even.", "42"),
        ("Answer: B", "B"),
        ("The answer is (D) because it floats.", "(D)"),
        ("The answer is 3.5 m. Done.", "3.5 m"),
        ("Action 3: Finish[Jonny Craig]\nObservation 3: right", "Jonny Craig"),
        ("<answer>\nyes\n</answer>", "yes"),
        ("We get 7.", None),
    ],
)
def test_marked_answers(text: str, answer: str | None) -> None:
    """The last of the strongest kind of mark; nested braces, emphasis and reasons are read."""
    assert marked_answer(text) == answer


def test_an_answer_without_a_mark_is_the_last_line() -> None:
    """Of the answer, else of the thought; a paragraph is none."""
    assert final_answer(Trajectory("Q", "I add.\n\n**12**\n")) == "12"
    assert final_answer(Trajectory("Q", "\\boxed{3}", "  ")) == "3"
    assert final_answer(Trajectory("Q", "\\boxed{3}", "It is\n4")) == "4"
    assert last_line("word " * 200) == ""


@pytest.mark.parametrize(
    ("gold", "answer", "same"),
    [
        ("12", "12.0", True),
        ("1,000", "$1000$", True),
        ("1/2", "\\dfrac{1}{2}", True),
        ("0.5", "\\frac12", True),
        ("12", "x = 12", True),
        ("12", "13", False),
        ("12", "12 cm", True),
        ("45", "45^\\circ", True),
        ("\\text{ellipse}", "Ellipse.", True),
        ('Jonny" Craig', "Jonny Craig", True),
        ("The Beatles", "beatles", True),
        ("Paris", "London", False),
        ("x+1", "1+x", None),
        ("'Xzd'", "'Xzd'", True),
        ("'Xzd'", "'xzd'", False),
        ("'Xzd'", "Xzd", True),
        ("[0]", "0", False),
        ("['a', 'b']", '["a","b"]', True),
        ("{'a': 1}", "{'a': 2}", False),
        ("True", "False", False),
        ("True", "1", False),
    ],
)
def test_cheap_comparison(gold: str, answer: str, same: bool | None) -> None:
    """Numbers by value, code by literal, words in normal form; only mathematics is left open."""
    assert same_answer(gold, answer) is same


@pytest.mark.parametrize(
    ("answer", "same"),
    [("B", True), ("(B)", True), ("(B) lead", True), ("lead", True), ("C", False), ("iron", False), ("gold", None)],
)
def test_multiple_choice_is_compared_by_letter(answer: str, same: bool | None) -> None:
    """A letter, a letter with its text, or the text of an option; something else cannot be compared."""
    assert same_answer("B", answer, question=CHOICE) is same
    assert read_options("A number B is given.") == {}


def test_the_owners_verdict_stays() -> None:
    """Even against gold; nothing is written into the metadata, so that the id stays."""
    said = Trajectory("Q", "T", "3", "4", Outcome.CORRECT)
    assert judge(said, SKIP) is said
    assert verdict_source(said) is VerdictSource.CALLER
    unfinished = Trajectory("Q", "T", "4", "4", finished=False)
    assert judge(unfinished, SKIP) is unfinished
    assert verdict_source(unfinished) is None


def test_gold_gives_a_verdict_that_says_so() -> None:
    """Right or wrong, with `verdict_by`; a field of that name stays, and what cannot be compared is unjudged."""
    right = judge(Trajectory("Q", "T", "\\boxed{4}", "4", metadata='{"a":1}'), SKIP)
    assert (right.outcome, json.loads(right.metadata)) == (Outcome.CORRECT, {"a": 1, "verdict_by": "gold"})
    assert verdict_source(right) is VerdictSource.GOLD
    wrong = judge(Trajectory("Q", "T", "5", "4", metadata='{"verdict_by":"me"}'), SKIP)
    assert (wrong.outcome, wrong.metadata) == (Outcome.WRONG, '{"verdict_by":"me"}')
    assert verdict_source(wrong) is VerdictSource.CALLER
    open_question = Trajectory("Q", "T", "x+1", "1+x")
    assert judge(open_question, VerdictPolicy(UnjudgedPolicy.ACCEPT)) is open_question


def test_policies_for_what_nobody_judged() -> None:
    """Skip leaves it, accept takes it, agree needs a strict majority of three attempts or more."""
    attempts = [Trajectory("Q ", f"thought {n}", text) for n, text in enumerate(("7", "The answer is 7.0.", "8"))]
    assert judge(attempts[0], SKIP) is attempts[0]
    accepted = judge(attempts[2], VerdictPolicy(UnjudgedPolicy.ACCEPT))
    assert verdict_source(accepted) is VerdictSource.ACCEPTED
    policy, votes = VerdictPolicy(UnjudgedPolicy.AGREE), Votes()
    for attempt in (*attempts[:2], attempts[0]):
        votes.add(attempt)
    assert judge(attempts[0], policy, votes=votes) is attempts[0]  # two attempts, one of them twice
    votes.add(attempts[2])
    assert [judge(one, policy, votes=votes).outcome.value for one in attempts] == ["correct", "correct", "unknown"]
    assert verdict_source(judge(attempts[1], policy, votes=votes)) is VerdictSource.AGREEMENT
    votes.add(Trajectory("Q", "cut", "7", finished=False))
    assert judge(attempts[0], policy, votes=votes) is attempts[0]  # two of four are no majority


def test_what_is_learnt_from() -> None:
    """Finished right traces; wrong ones if they are kept."""
    judged = [Trajectory("Q", "T", outcome=outcome) for outcome in Outcome]
    assert [SKIP.find_unfit(one) for one in judged] == [None, NoYield.WRONG, NoYield.UNJUDGED]
    keep = VerdictPolicy(wrong=WrongPolicy.KEEP)
    assert [keep.find_unfit(one) for one in judged] == [None, None, NoYield.UNJUDGED]
    assert keep.find_unfit(Trajectory("Q", "T", outcome=Outcome.WRONG, finished=False)) is NoYield.UNFINISHED


def test_canonical_answers_agree_where_comparison_does() -> None:
    """Votes are counted by letter, by value or in normal form."""
    assert canonical_answer("lead", question=CHOICE) == canonical_answer("(B)", question=CHOICE) == "B"
    assert canonical_answer("0.5") == canonical_answer("\\frac{1}{2}")
    assert canonical_answer("Ellipse.") == canonical_answer("\\text{ellipse}")


@pytest.mark.slow
@pytest.mark.skipif(find_missing_math() is not None, reason="needs math-verify")
def test_mathematics_is_compared_in_a_child() -> None:
    """Equal and unequal expressions, and what is no expression; after a time-out the next comparison works."""
    with MathComparison() as mathematics:
        assert mathematics.same("x+1", "1+x") is True
        assert mathematics.same("x+1", "x+2") is False
        assert mathematics.same("\\sqrt{8}", "2\\sqrt{2}") is True
        right = judge(Trajectory("Q", "T", "\\boxed{(x+1)^2}", "x^2+2x+1"), SKIP, mathematics=mathematics)
        assert right.outcome is Outcome.CORRECT
    with MathComparison(timeout=3.0) as mathematics:
        assert mathematics.same("x+1", "1+x") is True
        started = time.monotonic()
        mathematics.same("9^{9^{9^{9}}}", "8^{9^{9^{9}}} + \\sin(x)")
        assert time.monotonic() - started < 30
        assert mathematics.same("x+1", "1+x") is True


def test_without_math_verify_nothing_is_decided(monkeypatch: pytest.MonkeyPatch) -> None:
    """The comparison is left open, and no process is started."""
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    assert "pip install 'midthought[math]'" in str(find_missing_math())
    with MathComparison() as mathematics:
        assert mathematics.same("x+1", "1+x") is None

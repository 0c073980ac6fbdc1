"""Finding the final answer."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from midthought.reasoner.thought.answer import extract_answer


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        (r"so \boxed{42}.", "42"),
        (r"\boxed{\frac{1}{2}} and done", r"\frac{1}{2}"),
        (r"first \boxed{1}, then \boxed{2}", "2"),
        (r"\boxed{\{1, 2\}}", r"\{1, 2\}"),
        (r"\boxed{\left\{x\right\}}", r"\left\{x\right\}"),
        (r"\fbox{7} and \fboxed{8}", "8"),
        (r"good \boxed{3} torn \boxed{4", "3"),
        (r"\boxed {5}", "5"),
        (r"\boxed{\boxed{6}}", "6"),
        ("Final answer: 12.", "12"),
        ("**Final answer:** blue", "blue"),
        ("The final answer is $x = 3$.\nThanks", "$x = 3$"),
        ("final answer: 1\nFinal Answer: 3.50", "3.50"),
        ("Final answer: wait...", "wait..."),
        (r"\boxed{9}</think>It is nine.", "9"),
        (r"\boxed{8}</think>Final answer: 9", "9"),
        ("nothing here", ""),
        ("", ""),
        (r"\boxed{}", ""),
    ],
)
def test_answer_is_found(text: str, answer: str) -> None:
    """Balanced braces, the last of several, the part after the thought before the thought itself."""
    assert extract_answer(text) == answer


_BALANCED = st.recursive(
    st.text("ab +", max_size=3), lambda inner: st.lists(inner, max_size=3).map(lambda some: "{" + "".join(some) + "}")
)


@given(content=_BALANCED.map(str.strip).filter(bool), before=st.text("ab ", max_size=5))
def test_any_balanced_content_comes_back(content: str, before: str) -> None:
    """Whatever stands in balanced braces is returned whole."""
    assert extract_answer(f"{before}\\boxed{{{content}}} end }}") == content


@given(st.text("\\boxed{}: fFinal answer\n", max_size=60))
def test_any_text_is_read_without_error(text: str) -> None:
    """Torn marks are no error, and the answer stands in the text."""
    assert extract_answer(text) in text

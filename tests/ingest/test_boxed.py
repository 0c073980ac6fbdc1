"""What a box of LaTeX holds, however deep its braces are nested."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from midthought.ingest.boxed import find_boxed
from midthought.ingest.extraction.outcomes import last_boxed
from midthought.ingest.verdicts.final_answer import marked_answer

GROUPS = st.recursive(
    st.text(st.characters(exclude_characters="\\{}b"), max_size=6) | st.sampled_from([r"\{", r"\}", r"\\", r"\frac"]),
    lambda inner: st.lists(inner.map(lambda one: f"{{{one}}}") | inner, max_size=3).map("".join),
    max_leaves=12,
)


@given(st.lists(GROUPS, max_size=4))
def test_each_box_gives_what_it_holds(contents: list[str]) -> None:
    """Groups of any depth, and braces that are no braces."""
    text = " and ".join(rf"it is $\boxed{{{one}}}$" for one in contents)
    assert list(find_boxed(text)) == contents


@pytest.mark.parametrize(
    ("text", "boxes"),
    [
        (r"\boxed{{{{{{{7}}}}}}}", ["{{{{{{7}}}}}}"]),
        (r"\boxed {\left\{ x : x > 0 \right.}", [r"\left\{ x : x > 0 \right."]),
        (r"\boxed{\text{so } \boxed{5}}", [r"\text{so } \boxed{5}"]),
        (r"\boxed{a \boxed{b}", ["b"]),
        (r"} \fbox{c} {", ["c"]),
        (r"\\boxed{5}", ["5"]),
        (r"\boxed{7", []),
        (r"the \boxed 7 and \mybox{8}", []),
    ],
)
def test_braces_that_do_not_match(text: str, boxes: list[str]) -> None:
    """A box that is never closed is none; a box in a closed one belongs to that."""
    assert list(find_boxed(text)) == boxes


def test_verdicts_and_extraction_read_the_same_box() -> None:
    """The last one, of any depth."""
    text = r"Perhaps \boxed{3}. No: \boxed{\frac{\sqrt{\frac{1}{\sqrt{a^{b^{c}}}}}}{2}}."
    assert last_boxed(text) == marked_answer(text) == r"\frac{\sqrt{\frac{1}{\sqrt{a^{b^{c}}}}}}{2}"


def test_many_boxes_that_are_never_closed_take_linear_time() -> None:
    """A hundred thousand of them, and none is found."""
    assert list(find_boxed(r"\boxed{a" * 100_000)) == []

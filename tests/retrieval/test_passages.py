"""Which parts of a long query are searched."""

from hypothesis import given
from hypothesis import strategies as st

from midthought.retrieval.passages import MAX_WHOLE, select_passages


@given(st.text(min_size=1, max_size=3000).filter(lambda text: bool(text.strip())))
def test_passages_are_few_short_and_not_blank(text: str) -> None:
    """At most four different passages, none longer than a whole short query, whatever the text."""
    passages = select_passages(text)
    assert 1 <= len(passages) == len(set(passages)) <= 4
    assert all(passage.strip() and len(passage) <= MAX_WHOLE for passage in passages)


def test_a_short_query_is_searched_as_it_is() -> None:
    """Up to the bound it is one passage; a character more and it is parted."""
    assert select_passages(f" {'a' * MAX_WHOLE}\n") == ("a" * MAX_WHOLE,)
    assert len(select_passages("word " * (MAX_WHOLE // 5) + "end.")[0]) < MAX_WHOLE


def test_the_end_the_questions_and_the_beginning_are_searched() -> None:
    """In this order: where a thought breaks off, its last two questions (the last first), and the statement."""
    middle = "This sentence only makes the thought longer. " * 60
    text = (
        f"Find all primes below n. {middle}How do I sieve? {middle}Why is it slow? {middle}So I have to skip multiples"
    )
    end, last, earlier, begin = select_passages(text)
    assert end.endswith("So I have to skip multiples")
    assert (last, earlier) == ("Why is it slow?", "How do I sieve?")
    assert begin.startswith("Find all primes below n.")


def test_of_many_questions_the_last_two_are_searched() -> None:
    """The last first; earlier ones, and questions of fewer than twelve characters, are not searched by themselves."""
    middle = "This sentence only makes the thought longer. " * 30
    asked = ("Which is the first?", "Which is the second?", "Which is the third?")
    text = "".join(f"{middle}{question} " for question in asked) + f"Why not so? But why? {middle}It ends here."
    end, *questions, begin = select_passages(text)
    assert end.endswith("It ends here.")
    assert questions == ["Which is the third?", "Which is the second?"]
    assert begin.startswith("This sentence")
    text = text.replace("Why not so?", "Why not so ?")
    assert select_passages(text)[1:-1] == ("Why not so ?", "Which is the third?")


def test_the_end_and_the_beginning_are_whole_sentences_that_fit() -> None:
    """As many as fit into 600 characters with the space after each; one that is longer is cut."""
    sentence = "x" * 198 + "."
    text = " ".join([sentence] * 6)
    assert select_passages(text) == (" ".join([sentence] * 3),)
    longer = "y" * 199 + "."
    assert select_passages(" ".join([longer] * 6)) == (" ".join([longer] * 2),)
    end, begin = select_passages("a" * 700 + "b" * 700)
    assert (end, begin) == ("b" * 600, "a" * 600)

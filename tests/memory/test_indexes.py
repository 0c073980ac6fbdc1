"""The two indexes against slow, plain references."""

import math
import re
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from midthought.memory.indexes.lexical import LexicalIndex
from midthought.memory.indexes.vectors.exact import ExactIndex as VectorIndex
from midthought.memory.records.index_changes import LexicalDocument


@given(st.integers(1, 40), st.integers(1, 12), st.integers(0, 2**32), st.sets(st.integers(0, 39)))
@settings(max_examples=50, deadline=None)
def test_vector_search_is_exact(size: int, k: int, seed: int, removed: set[int]) -> None:
    """The k best inner products and their ids equal a full NumPy sort, after removals too."""
    rng = np.random.default_rng(seed)
    rows = rng.normal(size=(size, 6)).astype(np.float32)
    query = rng.normal(size=6).astype(np.float32)
    index = VectorIndex(6)
    index.add([100 + row for row in range(size)], rows)
    index.remove([100 + row for row in removed])
    left = [row for row in range(size) if row not in removed]
    scores = {100 + row: float(rows[row] @ query) for row in left}
    expected = sorted(scores, key=lambda seq: -scores[seq])[:k]
    found = index.search(query, k)
    assert [seq for seq, _ in found] == expected
    assert [score for _, score in found] == pytest.approx([scores[seq] for seq in expected], abs=1e-5)


def test_a_saved_vector_index_of_another_dimension_is_refused(tmp_path: Path) -> None:
    """Loading with the wrong dimension says which was found and which was expected."""
    VectorIndex(4).save(tmp_path / "v")
    with pytest.raises(ValueError, match="dimension 4, expected 5"):
        VectorIndex.load(tmp_path / "v", dimension=5)


TEXTS = [
    "count the red apples in the basket",
    "count the oranges",
    "red red wine and red apples",
    "prime numbers and their divisors",
]


def bm25(texts: list[str], query: str) -> list[float]:
    """BM25 with k1 = 1.2, b = 0.75 and Lucene's idf, over plain words."""
    words = [re.findall(r"\w+", text) for text in texts]
    mean = sum(map(len, words)) / len(words)
    scores = []
    for document in words:
        counts, score = Counter(document), 0.0
        for word in re.findall(r"\w+", query):
            having = sum(word in other for other in words)
            idf = math.log(1 + (len(words) - having + 0.5) / (having + 0.5))
            frequency = counts[word]
            score += idf * frequency * 2.2 / (frequency + 1.2 * (0.25 + 0.75 * len(document) / mean))
        scores.append(score)
    return scores


def test_bm25_scores_follow_the_formula(tmp_path: Path) -> None:
    """Scores equal the textbook formula over texts with the key twice (words that stemming leaves alone)."""
    index = LexicalIndex(tmp_path)
    index.update([LexicalDocument(number, text, "") for number, text in enumerate(TEXTS)])
    expected = bm25([f"{text} {text}" for text in TEXTS], "red basket wine")
    assert dict(index.search("red basket wine", 10)) == {
        seq: pytest.approx(score, rel=1e-3) for seq, score in enumerate(expected) if score > 0
    }


@pytest.mark.parametrize("share", [0.5, 0.1, 0.01])
def test_a_filter_on_words_gives_what_filtering_all_of_them_would(tmp_path: Path, share: float) -> None:
    """Among allowed rows the k best are found with the scores they have among all, however few are allowed."""
    rng = np.random.default_rng(1)
    vocabulary = [f"word{number}" for number in range(30)]
    index = LexicalIndex(tmp_path)
    texts = [" ".join(rng.choice(vocabulary, rng.integers(3, 15))) for _ in range(1_000)]
    index.update([LexicalDocument(number, text, text[:20]) for number, text in enumerate(texts)])
    for _ in range(20):
        query = " ".join(rng.choice(vocabulary, 3))
        within = rng.choice(1_000, int(share * 1_000), replace=False)
        allowed = set(within.tolist())
        expected = [score for seq, score in index.search(query, 1_000) if seq in allowed][:10]
        found = index.search(query, 10, within=within)
        assert {seq for seq, _ in found} <= allowed
        assert [score for _, score in found] == pytest.approx(expected)


def test_no_allowed_row_no_words_found(tmp_path: Path) -> None:
    """An empty filter finds nothing, and so does one that names rows that are not there."""
    index = LexicalIndex(tmp_path)
    index.update([LexicalDocument(number, text, "") for number, text in enumerate(TEXTS)])
    for within in (np.array([], dtype=np.int64), np.array([99])):
        assert index.search("red", 3, within=within) == []
    assert [seq for seq, _ in index.search("red", 3, within=np.array([0, 99]))] == [0]


def test_scores_of_two_indexes_can_be_compared(tmp_path: Path) -> None:
    """With the words of both, entries of the same length get the scores that they have in one index of all."""
    texts = [f"thing{number % 7} part{number % 3} bolt{number}" for number in range(40)]
    documents = [LexicalDocument(number, text, "") for number, text in enumerate(texts)]
    small, large, whole = (LexicalIndex(tmp_path / name) for name in ("small", "large", "whole"))
    small.update(documents[:2])
    large.update(documents[2:])
    whole.update(documents)
    query = "thing1 part1 bolt1 unknown"
    parts = [
        *small.search(query, 40, beside=[large.word_counts(query)]),
        *large.search(query, 40, beside=[small.word_counts(query)]),
    ]
    assert dict(parts) == pytest.approx(dict(whole.search(query, 40)), rel=0.03)
    assert dict(small.search(query, 2))[1] < 0.5 * dict(parts)[1]
    terms = small.match_terms(query, [1], beside=[large.word_counts(query)])
    assert sum(term.scores[1] for term in terms if term.scores) == pytest.approx(dict(parts)[1], rel=1e-5)
    for index in (small, large, whole):
        index.close()


@pytest.mark.parametrize("count", [1, 24, 25, 60])
def test_coverage_is_the_share_of_the_words_by_their_rarity(tmp_path: Path, count: int) -> None:
    """Of a query of any length, whichever words an entry holds; a word that no entry holds has the largest weight."""
    words = [f"word{number}" for number in range(count)]
    texts = [words[::2], words[1::3], words, ["other"]]
    index = LexicalIndex(tmp_path)
    index.update([LexicalDocument(seq, " ".join(held), "") for seq, held in enumerate(texts)])
    query = [*words, "missing"]
    rarity = {}
    for word in query:
        holding = sum(word in held for held in texts)
        rarity[word] = math.log(1 + (len(texts) - holding + 0.5) / (holding + 0.5))
    expected = {
        seq: sum(rarity[word] for word in texts[seq] if word in rarity) / sum(rarity.values()) for seq in (3, 1, 2)
    }
    coverage = index.coverage(" ".join(query), [3, 1, 2])
    assert coverage.held == pytest.approx(expected)
    assert coverage.known == pytest.approx(1 - rarity["missing"] / sum(rarity.values()))
    index.close()


def test_a_repeated_word_of_a_query_counts_once(tmp_path: Path) -> None:
    """Case and repetition in the query change nothing."""
    index = LexicalIndex(tmp_path)
    index.update([LexicalDocument(number, text, "") for number, text in enumerate(TEXTS)])
    assert index.search("Red red RED basket", 4) == index.search("red basket", 4)


def test_changes_that_wait_are_found_and_flushed(tmp_path: Path) -> None:
    """Without a commit nothing is written; the next search commits what waits, and so does `flush`."""
    index = LexicalIndex(tmp_path)
    index.update([LexicalDocument(1, "red apples", "")], commit=False)
    index.update([LexicalDocument(2, "red wine", "")], commit=False)
    assert len(LexicalIndex(tmp_path)) == 0
    assert [seq for seq, _ in index.search("wine", 3)] == [2]
    assert LexicalIndex(tmp_path).seqs() == index.seqs() == [1, 2]
    index.update([], removed=[1], commit=False)
    index.flush()
    index.flush()
    assert LexicalIndex(tmp_path).seqs() == [2]


def test_replaying_the_same_rows_is_harmless(tmp_path: Path) -> None:
    """Adding a row again replaces it; removing an unknown one changes nothing."""
    index = LexicalIndex(tmp_path)
    documents = [LexicalDocument(number, text, "body") for number, text in enumerate(TEXTS)]
    for _ in range(3):
        index.update(documents, removed=[77])
    assert sorted(index.seqs()) == [0, 1, 2, 3]
    assert len(index) == 4


@given(st.text())
@settings(max_examples=100, deadline=None)
def test_any_text_is_a_valid_query(text: str) -> None:
    """Quotes, operators, brackets and odd characters never raise."""
    assert isinstance(_shared_index().search(text, 3), list)


_CACHE: list[LexicalIndex] = []


def _shared_index() -> LexicalIndex:
    if not _CACHE:
        import tempfile

        _CACHE.append(LexicalIndex(Path(tempfile.mkdtemp())))
        _CACHE[0].update([LexicalDocument(0, "some words", "more words")])
    return _CACHE[0]


def test_a_word_in_the_key_outweighs_one_in_the_body(tmp_path: Path) -> None:
    """The entry that is about the word comes before the one that mentions it."""
    index = LexicalIndex(tmp_path)
    index.update(
        [LexicalDocument(1, "divisors of a number", "multiply"), LexicalDocument(2, "sum a series", "divisors")]
    )
    assert [seq for seq, _ in index.search("divisors", 2)] == [1, 2]

"""The calibrated probability: what it is fitted to, and what error rate it keeps."""

import re
from dataclasses import replace

import numpy as np
import pytest

from midthought.memory.errors import BadInput
from midthought.memory.records.encoder_identity import EncoderIdentity
from midthought.memory.records.keys import KeyField
from midthought.retrieval.abstention.calibration import MIN_QUERIES, Calibration, fit_calibration
from midthought.retrieval.abstention.policies import CalibratedBar, SimilarityBar, choose_policy
from midthought.retrieval.abstention.signals import Evidence, Signals, read_signals
from midthought.retrieval.abstention.word_order import word_order
from midthought.retrieval.encoders.minilm import MiniLMEncoder
from midthought.retrieval.explanation import show_apart
from midthought.retrieval.recall_settings import RecallSettings


def cases(count: int, *, cosine: float, seed: int) -> list[Signals]:
    """Signals around a cosine; the others say nothing."""
    dice = np.random.default_rng(seed)
    return [of_cosine(float(c)) for c in dice.normal(cosine, 0.1, count)]


def of_cosine(cosine: float, *, coverage: float = 0.5, known: float = 0.9) -> Signals:
    """Signals of a query of seven words, three of them function words, with these three numbers."""
    near = (cosine, cosine, cosine, cosine)
    return Signals(*near, 1.5, 0.1, coverage, coverage, coverage, known, 0.2, 0.4, 0.5, 2.0, 1.0, 0.0)


@pytest.fixture(scope="module")
def fitted() -> Calibration:
    """Fitted to queries whose cosines are around .6 if useful, .3 if not."""
    return fit_calibration(cases(400, cosine=0.6, seed=1), cases(400, cosine=0.3, seed=2), error_rate=0.1)


def test_the_stated_error_rate_is_kept_on_new_queries(fitted: Calibration) -> None:
    """Of 1,000 new queries without a useful entry about a tenth is answered, of those with one nearly all."""
    bar = CalibratedBar(fitted)
    answered = np.mean([not bar.judge(one).reason for one in cases(1000, cosine=0.3, seed=3)])
    assert 0.05 < answered < 0.15
    assert np.mean([not bar.judge(one).reason for one in cases(400, cosine=0.6, seed=4)]) > 0.9


def test_probabilities_grow_with_the_cosine(fitted: Calibration) -> None:
    """The only signal that tells the two apart decides, and a probability is one."""
    scores = [fitted.probability(of_cosine(c)) for c in (0.1, 0.3, 0.45, 0.6, 0.9)]
    assert scores == sorted(scores)
    assert 0 < scores[0] < 0.1 < 0.9 < scores[-1] < 1


def test_a_calibration_goes_through_json(fitted: Calibration) -> None:
    """It comes back equal from plain values."""
    assert Calibration.from_dict(fitted.to_dict()) == fitted


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"weights": [1.0]}, "differ in number"),
        ({"threshold": "high"}, "this is no calibration"),
        ({"threshold": 7.0}, "a threshold of 0 to 1"),
        ({"error_rate": 1.0}, "an error rate between 0 and 1"),
        ({"scales": [0.0] * len(Signals.names())}, "positive scales"),
        ({"signals": ["height"] * len(Signals.names())}, r"does not have: \['height'\]"),
    ],
)
def test_a_broken_calibration_is_refused(fitted: Calibration, change: dict[str, object], message: str) -> None:
    """The message says what is wrong with it."""
    with pytest.raises(BadInput, match=message):
        Calibration.from_dict(fitted.to_dict() | change)


def test_too_few_queries_and_impossible_rates_are_refused() -> None:
    """The stated rate would rest on a handful of cases."""
    enough, few = cases(MIN_QUERIES, cosine=0.5, seed=5), cases(MIN_QUERIES - 1, cosine=0.2, seed=6)
    with pytest.raises(BadInput, match=f"at least {MIN_QUERIES} queries .* got {MIN_QUERIES} and {MIN_QUERIES - 1}"):
        fit_calibration(enough, few)
    with pytest.raises(BadInput, match="error_rate must be between 0 and 1, got 0"):
        fit_calibration(enough, enough, error_rate=0)


def test_the_policy_follows_settings_and_encoder() -> None:
    """A bar for the cosine if one is set; else the calibration of the encoder; else the default bar."""
    minilm, other = MiniLMEncoder().identity, EncoderIdentity("other", "none", 8)
    assert choose_policy(RecallSettings(min_similarity=0.2), minilm) == SimilarityBar(0.2)
    assert isinstance(choose_policy(RecallSettings(), minilm), CalibratedBar)
    assert choose_policy(RecallSettings(), other) == SimilarityBar()


def test_signals_are_read_from_the_rankings() -> None:
    """By hand: three entries by meaning, two by words; the first after fusion has four keys, the second one."""
    dense, lexical = [(1, 0.9), (2, 0.5), (3, 0.1)], [(2, 4.0), (1, 3.0)]
    keys = {
        2: {KeyField.MAIN: 0.2, KeyField.EXAMPLE: 0.5, KeyField.ASKED_1: 0.3, KeyField.ASKED_2: 0.1},
        1: {KeyField.MAIN: 0.3},
    }
    evidence = Evidence([2, 1], keys, {2: 0.5, 1: 0.75}, 0.8, examples=1)
    signals = read_signals("How to halve", dense, lexical, evidence, passages=2)
    assert signals == Signals(
        cosine=0.9,
        first_cosine=0.5,
        general_cosine=0.3,
        support=pytest.approx(0.5 - 0.5 * (0.5 - (0.5 + 0.3 + 0.2) / 3)),
        keys=pytest.approx(np.log(5)),
        margin=pytest.approx(0.8),
        coverage=0.75,
        first_coverage=0.5,
        mean_coverage=0.625,
        known=0.8,
        agreement=pytest.approx(0.4),
        function_words=pytest.approx(2 / 3),
        order=word_order("How to halve"),
        words=pytest.approx(np.log(4)),
        passages=2,
        examples=pytest.approx(1 / 3),
    )
    nothing = read_signals("", [], [], Evidence([], {}, {}, 0.0), passages=1)
    assert [*nothing.to_list()[:12], *nothing.to_list()[13:]] == [0.0] * 13 + [1.0, 0.0]


def test_sentences_have_an_order_and_shuffled_ones_have_none() -> None:
    """Of each sentence, and of its words sorted by the alphabet; a text without words is neither."""
    for sentence in (
        "How do I find the number of ways to seat the guests around a table?",
        "So the remainder is one, but if I try it with the next prime it is not, and I cannot see why.",
        "Which of these two plans is cheaper once the fee is included?",
    ):
        assert word_order(sentence) > 0.2 > word_order(" ".join(sorted(sentence.split())))
    assert abs(word_order("")) < 2


def test_the_text_of_a_key_is_answered_unless_a_bar_is_set(fitted: Calibration) -> None:
    """Whatever the other signals say; with `min_score` the probability decides."""
    never = replace(fitted, threshold=1.0)
    assert CalibratedBar(never).judge(of_cosine(0.99)).reason == ""
    assert "below 1.000" in CalibratedBar(never).judge(of_cosine(0.9)).reason
    assert CalibratedBar(fitted, min_score=1.0).judge(of_cosine(0.99)).reason


def test_the_reason_shows_how_the_two_figures_differ(fitted: Calibration) -> None:
    """A probability just below the threshold is told in as many digits as it takes, so is a cosine; others in three."""
    probability = fitted.probability(of_cosine(0.9))
    just_above = replace(fitted, threshold=probability + 2e-7)
    told = re.search(r"probability ([\d.]+), below ([\d.]+);", CalibratedBar(just_above).judge(of_cosine(0.9)).reason)
    assert told
    assert float(told[1]) == pytest.approx(probability, abs=1e-6)
    assert float(told[1]) < float(told[2]) < 1
    assert SimilarityBar(0.40001).judge(of_cosine(0.4)).reason == "best similarity 0.40000 is below 0.40001"
    assert SimilarityBar(0.5).judge(of_cosine(0.4)).reason == "best similarity 0.400 is below 0.500"
    assert show_apart(0.5, 0.5) == ("0.500", "0.500")


def test_products_tell_what_no_single_signal_does() -> None:
    """Useful are queries whose words are held or unknown, useless those of known words that no entry holds."""
    held, unknown, salad = ((0.9, 0.9), (0.1, 0.1), (0.1, 0.9))
    dice = np.random.default_rng(7)

    def draw(count: int, *kinds: tuple[float, float]) -> list[Signals]:
        return [
            of_cosine(0.5, coverage=float(dice.normal(kind[0], 0.05)), known=float(dice.normal(kind[1], 0.05)))
            for kind in kinds
            for _ in range(count)
        ]

    other = draw(100, (0.9, 0.1))
    fitted = fit_calibration(draw(100, held, unknown), [*draw(100, salad), *other], error_rate=0.05)
    assert fitted.products
    bar = CalibratedBar(Calibration.from_json(fitted.to_json()))
    assert np.mean([not bar.judge(one).reason for one in draw(200, held, unknown)]) > 0.9
    assert np.mean([not bar.judge(one).reason for one in draw(400, salad)]) < 0.1
    few = fit_calibration(draw(25, held, unknown), draw(25, salad, (0.9, 0.1)), error_rate=0.05)
    assert not few.products

"""The calibrated probability: what it is fitted to, and what error rate it keeps."""

import numpy as np
import pytest

from midthought.memory.errors import BadInput
from midthought.memory.records.encoder_identity import EncoderIdentity
from midthought.retrieval.abstention.calibration import MIN_QUERIES, Calibration, fit_calibration
from midthought.retrieval.abstention.policies import CalibratedBar, SimilarityBar, choose_policy
from midthought.retrieval.abstention.signals import Signals, read_signals
from midthought.retrieval.encoders.minilm import MiniLMEncoder
from midthought.retrieval.recall_settings import RecallSettings


def cases(count: int, *, cosine: float, seed: int) -> list[Signals]:
    """Signals around a cosine; the others say nothing."""
    dice = np.random.default_rng(seed)
    return [
        Signals(float(c), float(c), float(c), 0.1, 0.5, 0.5, 0.2, 2.0, 1.0) for c in dice.normal(cosine, 0.1, count)
    ]


@pytest.fixture(scope="module")
def fitted() -> Calibration:
    """Fitted to queries whose cosines are around .6 if useful, .3 if not."""
    return fit_calibration(cases(400, cosine=0.6, seed=1), cases(400, cosine=0.3, seed=2), error_rate=0.1)


def test_the_stated_error_rate_is_kept_on_new_queries(fitted: Calibration) -> None:
    """Of 4,000 new queries without a useful entry about a tenth is answered, of those with one nearly all."""
    bar = CalibratedBar(fitted)
    answered = np.mean([not bar.judge(one).reason for one in cases(4000, cosine=0.3, seed=3)])
    assert 0.05 < answered < 0.15
    assert np.mean([not bar.judge(one).reason for one in cases(1000, cosine=0.6, seed=4)]) > 0.9


def test_probabilities_grow_with_the_cosine(fitted: Calibration) -> None:
    """The only signal that tells the two apart decides, and a probability is one."""
    scores = [fitted.probability(Signals(c, c, c, 0.1, 0.5, 0.5, 0.2, 2.0, 1.0)) for c in (0.1, 0.3, 0.45, 0.6, 0.9)]
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
        ({"signals": ["height"] * 9}, r"does not have: \['height'\]"),
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
    """By hand: three entries by meaning, two by words, the first after fusion holds half of the words."""
    dense, lexical = [(1, 0.9), (2, 0.5), (3, 0.1)], [(2, 4.0), (1, 3.0)]
    signals = read_signals(
        dense, lexical, [2, 1], general={1: 0.4, 2: 0.3}, coverage={2: 0.5, 1: 0.75}, words=3, passages=2
    )
    assert signals == Signals(
        0.9, 0.5, 0.4, pytest.approx(0.8), 0.75, 0.5, pytest.approx(0.4), pytest.approx(np.log(4)), 2
    )
    assert read_signals([], [], [], general={}, coverage={}, words=0, passages=1) == Signals(0, 0, 0, 0, 0, 0, 0, 0, 1)

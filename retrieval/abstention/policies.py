"""What decides whether the best hit is worth returning: a calibrated probability, or a bar for the best cosine."""

from dataclasses import dataclass
from typing import Protocol

from midthought.memory.records.encoder_identity import EncoderIdentity
from midthought.retrieval.abstention.calibration import Calibration
from midthought.retrieval.abstention.shipped import shipped_calibration
from midthought.retrieval.abstention.signals import Signals
from midthought.retrieval.explanation import show_apart
from midthought.retrieval.recall_settings import RecallSettings

MIN_SIMILARITY = 0.40
"""The bar for encoders without a calibration. Measured for all-MiniLM-L6-v2 in ``benchmarks/recall/``: it answers 93 %
of near queries, 5 % of XQuAD's and 8 % of Cranfield's questions, and none of 300 strings of invented words."""

SAME_TEXT = 0.98
"""A key this near says what the query says: it is answered, however few words it has, unless the caller set a bar."""


@dataclass(frozen=True, slots=True)
class Judgement:
    """What a policy says of one query.

    Attributes:
        threshold: the bar that the probability, or without one the best cosine, was compared with.
        reason: why nothing should be returned, with the figures; empty if the hits are worth returning.
        probability: that the best hit is useful, 0 to 1; None if the policy does not know one.
    """

    threshold: float
    reason: str = ""
    probability: float | None = None


class AbstentionPolicy(Protocol):
    """Judges one query by what was found for it."""

    def judge(self, signals: Signals) -> Judgement:
        """Return whether the hits are worth returning."""
        ...


@dataclass(frozen=True, slots=True)
class SimilarityBar:
    """Abstains if the best cosine is below a bar."""

    min_similarity: float = MIN_SIMILARITY

    def judge(self, signals: Signals) -> Judgement:
        """Compare the best cosine with the bar."""
        if signals.cosine >= self.min_similarity:
            return Judgement(self.min_similarity)
        best, bar = show_apart(signals.cosine, self.min_similarity)
        reason = f"best similarity {best} is below {bar}"
        return Judgement(self.min_similarity, reason)


@dataclass(frozen=True, slots=True)
class CalibratedBar:
    """Abstains if the probability that the best hit is useful is below a bar.

    Attributes:
        min_score: the bar, 0 to 1; None for the threshold of the calibration, which keeps its error rate.
    """

    calibration: Calibration
    min_score: float | None = None

    def judge(self, signals: Signals) -> Judgement:
        """Compare the probability with the bar."""
        probability = self.calibration.probability(signals)
        bar = self.calibration.threshold if self.min_score is None else self.min_score
        if probability >= bar or (self.min_score is None and signals.cosine >= SAME_TEXT):
            return Judgement(bar, probability=probability)
        value, below = show_apart(probability, bar)
        reason = f"a useful hit has probability {value}, below {below}; best similarity {signals.cosine:.3f}"
        return Judgement(bar, reason, probability)


def choose_policy(
    settings: RecallSettings, encoder: EncoderIdentity, *, own: Calibration | None = None
) -> AbstentionPolicy:
    """Return the policy of the settings: the bar for the cosine if one is set, else the calibration of the encoder.

    The namespace's `own` calibration comes before the one that ships for the encoder. An encoder without any gets the
    bar `MIN_SIMILARITY`.
    """
    if settings.min_similarity is not None:
        return SimilarityBar(settings.min_similarity)
    calibration = own or shipped_calibration(encoder)
    return CalibratedBar(calibration, settings.min_score) if calibration else SimilarityBar()

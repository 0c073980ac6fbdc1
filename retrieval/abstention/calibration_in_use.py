"""Which calibration a namespace uses: its own if it has one for the vectors there are, else the one that ships."""

from functools import lru_cache

from midthought.memory.errors import BadInput
from midthought.memory.records.calibration_state import CalibrationOrigin, CalibrationState
from midthought.memory.records.encoder_identity import EncoderIdentity
from midthought.memory.records.namespace import Namespace
from midthought.memory.store import Store
from midthought.retrieval.abstention.calibration import Calibration
from midthought.retrieval.abstention.policies import MIN_SIMILARITY
from midthought.retrieval.abstention.shipped import shipped_calibration


def own_calibration(store: Store, namespace: Namespace) -> Calibration | None:
    """Return the calibration that a namespace has for the current vectors; None if it has none.

    Raises `BadInput` for one that this version cannot use, which an earlier version may have stored.
    """
    stored = store.searcher.calibration(namespace)
    return read_calibration(stored) if stored else None


def describe_calibration(store: Store, encoder: EncoderIdentity, namespace: Namespace) -> CalibrationState:
    """Return which calibration a namespace uses with an encoder, and which others it has."""
    stored = store.reader.calibrations(namespace)
    outdated = tuple(one.encoder for one in stored if one.digest != encoder.digest)
    own = next((one for one in stored if one.digest == encoder.digest), None)
    if own is None:
        shipped = shipped_calibration(encoder)
        if shipped is None:
            return CalibrationState(CalibrationOrigin.NONE, MIN_SIMILARITY, outdated=outdated)
        return CalibrationState(
            CalibrationOrigin.SHIPPED, shipped.threshold, shipped.error_rate, *shipped.fitted_on, outdated=outdated
        )
    try:
        read = read_calibration(own.content)
    except BadInput as error:
        return CalibrationState(CalibrationOrigin.OWN, None, made_at=own.made_at, outdated=outdated, fault=str(error))
    return CalibrationState(
        CalibrationOrigin.OWN, read.threshold, read.error_rate, *read.fitted_on, own.made_at, outdated
    )


@lru_cache(maxsize=64)
def read_calibration(stored: str) -> Calibration:
    """Return a stored calibration; raises `BadInput` that says what to do if this version cannot use it."""
    try:
        return Calibration.from_json(stored)
    except BadInput as error:
        raise BadInput(
            f"{error}; fit it again with `midthought calibrate FILE`, or go back to the one that ships with "
            "`midthought calibrate --clear`"
        ) from error

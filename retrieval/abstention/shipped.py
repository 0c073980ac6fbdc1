"""Calibrations that ship with the package, one JSON file per encoder, made by ``make tune``."""

import json
from functools import cache
from importlib import resources

from midthought.memory.records.encoder_identity import EncoderIdentity
from midthought.retrieval.abstention.calibration import Calibration

_DIGEST_CHARACTERS = 16


@cache
def shipped_calibration(encoder: EncoderIdentity) -> Calibration | None:
    """Return the calibration that ships for an encoder; None if none does."""
    file = resources.files("midthought") / "calibration" / calibration_name(encoder)
    return Calibration.from_dict(json.loads(file.read_text("utf-8"))) if file.is_file() else None


def calibration_name(encoder: EncoderIdentity) -> str:
    """Return the name of the file of an encoder's calibration."""
    return f"{encoder.digest[:_DIGEST_CHARACTERS]}.json"

"""Reading the fields of an item that a model wrote as JSON."""

from collections.abc import Mapping
from collections.abc import Set as AbstractSet

from midthought.ingest.decomposition.answers import AnswerFaultKind


class ItemFault(ValueError):
    """A field is missing or of another form: the message completes what the model is told."""

    def __init__(self, message: str, kind: AnswerFaultKind = AnswerFaultKind.NO_JSON) -> None:
        super().__init__(message)
        self.kind = kind


def read_text(fields: Mapping[str, object], name: str, *, needed: bool = False) -> str:
    """Return a text field, empty if it is left out or null. Raises `ItemFault`."""
    value = fields.get(name)
    if not isinstance(value, str | None):
        raise ItemFault(f'"{name}" must be a string')
    text = (value or "").strip()
    if needed and not text:
        raise ItemFault(f'"{name}" is missing or empty')
    return text


def read_texts(fields: Mapping[str, object], name: str, *, needed: bool = False) -> tuple[str, ...]:
    """Return a list of texts, without blank ones. Raises `ItemFault`."""
    value = fields.get(name)
    if not isinstance(value, list | None) or not all(isinstance(one, str) for one in value or ()):
        raise ItemFault(f'"{name}" must be a list of strings')
    texts = tuple(one.strip() if name != "pseudocode" else one.rstrip() for one in value or () if one.strip())
    if needed and not texts:
        raise ItemFault(f'"{name}" is missing or empty')
    return texts


def refuse_unknown(fields: Mapping[str, object], known: AbstractSet[str]) -> None:
    """Raise `ItemFault` for a key that is not known: what stands under it would be lost without a word."""
    if unknown := sorted(fields.keys() - known):
        raise ItemFault(f'"{unknown[0]}" is no field of the form')

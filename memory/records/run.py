"""Solved problems and single recalls as the store keeps them: columns to query by, and the whole record as JSON."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ReceiptRow:
    """The record of one recall or injection. `kind` is ``recall`` or ``injection``; `content` is its whole JSON."""

    id: str
    kind: str
    query: str
    content: str
    run_id: str | None = None


@dataclass(frozen=True, slots=True)
class RunRow:
    """One solved problem. `tokens` counts every generated token, `seconds` is wall time, `content` its whole JSON."""

    id: str
    question: str
    outcome: str
    tokens: int
    seconds: float
    content: str

"""Secrets are kept out of logs and of error bodies, wherever a caller, a setting or another server has put them.

What they look like is in ``data/patterns``. What looks like nothing, such as a key that somebody has made up, is known:
from the settings, and from the headers of the request that is being answered.
"""

import logging
from collections import Counter
from collections.abc import Iterable
from contextvars import ContextVar
from dataclasses import dataclass
from urllib.parse import quote

from midthought.ingest.secrets import mask_patterns

MIN_KNOWN = 6
"""Characters from which on a known secret is looked for: with "own" masked wherever it stands, texts are unreadable."""
_MASK = "[masked: secret]"
_PATTERNS = ("secrets.toml", "log_secrets.toml")
_LOG_PATTERNS = ("log_texts.toml", *_PATTERNS)
_of_request: ContextVar[tuple[str, ...]] = ContextVar("midthought_secrets", default=())
enter_secrets = _of_request.set
leave_secrets = _of_request.reset


@dataclass(frozen=True, slots=True, repr=False)
class Redactor:
    """Masks secrets in texts for a log.

    Attributes:
        known: secrets that are masked whatever they look like; see `spell_secrets`.
    """

    known: tuple[str, ...] = ()

    def clean(self, text: str) -> str:
        """Return a text without secrets, and without the query strings of addresses."""
        return _mask(text, (*self.known, *_of_request.get()), _LOG_PATTERNS)


def clean_text(text: str) -> str:
    """Return a text for an answer: without what looks like a secret, or is one of the request or of the service."""
    return _mask(text, _of_request.get(), _PATTERNS)


def _mask(text: str, known: Iterable[str], files: tuple[str, ...]) -> str:
    for secret in known:
        text = text.replace(secret, _MASK)
    for file in files:
        text = mask_patterns(text, file, Counter())
    return text


def spell_secrets(secrets: Iterable[str]) -> tuple[str, ...]:
    """Return the secrets that are long enough, as they are and as they stand in an address, the longest first."""
    long = {one for one in secrets if len(one) >= MIN_KNOWN}
    return tuple(sorted(long | {quote(one, safe="") for one in long}, key=lambda one: (-len(one), one)))


class RedactedFormat(logging.Formatter):
    """Writes records as another formatter does, without secrets; the traces of errors included."""

    def __init__(self, inner: logging.Formatter, redactor: Redactor) -> None:
        super().__init__()
        self._inner = inner
        self._redactor = redactor

    def format(self, record: logging.LogRecord) -> str:
        """Return the text of a record."""
        return self._redactor.clean(self._inner.format(record))


def redact_logs(redactor: Redactor) -> None:
    """Let every handler that there is now, of whatever logger, write no secrets."""
    loggers = [logging.getLogger(), *map(logging.getLogger, list(logging.root.manager.loggerDict))]
    for handler in {handler for one in loggers for handler in one.handlers}:
        if not isinstance(handler.formatter, RedactedFormat):
            handler.setFormatter(RedactedFormat(handler.formatter or logging.Formatter(), redactor))

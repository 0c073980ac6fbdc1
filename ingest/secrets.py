"""Secrets in traces: keys, tokens, passwords and card numbers are masked when a record is read, before it is stored.

What they look like is in ``data/patterns/secrets.toml``; card numbers are told by their check digit here.
"""

import re
from collections import Counter
from dataclasses import replace

from midthought.ingest.formats.json_line import canonical_json, parse_object
from midthought.memory.records.named_patterns import NamedPattern, read_patterns
from midthought.memory.records.trajectory import Trajectory

FILE = "secrets.toml"
CARD = "card number"
_CARD = re.compile(r"(?<![\w.,+*/^=-])(?<!\d[ -])\d(?:\d{12,18}|(?:[ -]?\d){12,18})(?![\w^*])(?![.,]\d)(?![ -]\d)")
_MANY_DIGITS = re.compile(r"\d{4}[ -]?\d{4}")
_GROUPS = re.compile(r"\d{4}([ -])\d{4}\1\d{4}\1\d{4}(?:\1\d{3})?|\d{4}([ -])\d{6}\2\d{4,5}|\d+")
_ISSUERS = re.compile(
    r"4(?:\d{12}|\d{15}|\d{18})|(?:5[1-5]|2[2-7])\d{14}|3[47]\d{13}|(?:6011|65\d\d|35\d\d)\d{12}|3[068]\d{12}"
)
_CARD_WORD = re.compile(r"card|visa|amex|american express|credit|debit|payment|cvv|cvc|expir|\bpan\b", re.IGNORECASE)
_SENSITIVE_FIELD = re.compile(
    r"(?i)^(?:.*[_-])?(?:password|passwd|pwd|passphrase|secret|api_?-?key|private_?key|(?:access|auth|refresh)_?token)$"
)
_NEAR = 80  # characters around ungrouped digits in which a card is spoken of


def mask_secrets(trajectory: Trajectory) -> tuple[Trajectory, Counter[str]]:
    """Return a trajectory with every secret replaced by ``[masked: kind]``, and how many of each kind there were.

    All texts and the metadata are masked. What is masked already stays as it is: masking twice changes nothing.
    """
    found: Counter[str] = Counter()
    question, thought, answer = (
        mask_text(text, found) for text in (trajectory.question, trajectory.thought, trajectory.answer)
    )
    gold = None if trajectory.gold is None else mask_text(trajectory.gold, found)
    metadata = trajectory.metadata
    if metadata != "{}":
        fields = parse_object(metadata)
        masked = {key: _mask_value(value, found, name=key) for key, value in fields.items()}
        metadata = metadata if masked == fields else canonical_json(masked)
    if not found:
        return trajectory, found
    masked_trajectory = replace(
        trajectory, question=question, thought=thought, answer=answer, gold=gold, metadata=metadata
    )
    return masked_trajectory, found


def mask_text(text: str, found: Counter[str]) -> str:
    """Return a text with every secret masked; the kinds are counted into `found`."""
    text = mask_patterns(text, FILE, found)
    # The quick look first: most texts have no two groups of four digits.
    return _CARD.sub(lambda match: _mask_card(match, found), text) if _MANY_DIGITS.search(text) else text


def mask_patterns(text: str, file: str, found: Counter[str]) -> str:
    """Return a text in which whatever the patterns of a file find is masked; the kinds are counted into `found`."""
    lower = text.lower()
    for pattern in read_patterns(file):
        if pattern.may_stand_in(lower):
            text = _mask_pattern(text, pattern, found)
    return text


def _mask_pattern(text: str, pattern: NamedPattern, found: Counter[str]) -> str:
    def mask(match: re.Match[str]) -> str:
        found[pattern.name] += 1
        group = next((name for name, value in match.groupdict().items() if value is not None), 0)
        start, end = (place - match.start() for place in match.span(group))
        return f"{match[0][:start]}{_mark(pattern.name)}{match[0][end:]}"

    return pattern.expression.sub(mask, text)


def _mark(kind: str) -> str:
    return f"[masked: {kind}]"


def _mask_card(match: re.Match[str], found: Counter[str]) -> str:
    """Mask a card number: of a known issuer, with a right check digit, grouped as on a card or spoken of as one.

    One in ten numbers has a right check digit by chance. Plain digits in mathematics are no card.
    """
    digits = re.sub(r"\D", "", match[0])
    if not (_ISSUERS.fullmatch(digits) and _GROUPS.fullmatch(match[0]) and has_check_digit(digits)):
        return match[0]
    near = match.string[max(0, match.start() - _NEAR) : match.end() + _NEAR]
    if digits == match[0] and not _CARD_WORD.search(near):
        return match[0]
    found[CARD] += 1
    return _mark(CARD)


def has_check_digit(digits: str) -> bool:
    """Whether the last digit of a number is its check digit (Luhn, ISO/IEC 7812-1)."""
    doubled = (int(digit) * 2 for digit in digits[-2::-2])
    total = sum(map(int, digits[-1::-2])) + sum(value - 9 * (value > 9) for value in doubled)
    return total % 10 == 0


def _mask_value(value: object, found: Counter[str], *, name: str = "") -> object:
    """Return a value of JSON with every secret masked; a text whose field is called a secret is one."""
    if isinstance(value, str):
        if _SENSITIVE_FIELD.match(name) and len(value) > 5 and not value.startswith("[masked:"):
            found["password"] += 1
            return _mark("password")
        return mask_text(value, found)
    if isinstance(value, dict):
        return {key: _mask_value(one, found, name=key) for key, one in value.items()}
    if isinstance(value, list):
        return [_mask_value(one, found, name=name) for one in value]
    return value

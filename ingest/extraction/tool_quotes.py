"""What a passage keeps of a turn: the call, the fields or sentences of its answer that are used, and what is said."""

import re
from collections.abc import Sequence

from midthought.ingest.extraction.compaction import drop_orphans, is_doubtful, is_remark, words_of
from midthought.ingest.extraction.example_phrases import common_words, load_example_phrases
from midthought.ingest.extraction.trace_page import TracePage
from midthought.ingest.extraction.turns import Turn, is_answer, name_of_call, only_consents, only_reads
from midthought.ingest.extraction.units import TextUnit, TextUnitKind, cut_units
from midthought.ingest.steps.labels import Role
from midthought.memory.records.trajectory import Span

MAX_CALL = 700  # characters of a call that is kept whole; a longer one is left out
MIN_VALUE = 3  # characters of a value that is told from others by itself
LOOK_BACK = 20_000  # characters before an answer in which its values may stand already
MAX_PAIRS = 12  # fields of a record that a passage quotes
MAX_QUOTES = 2  # sentences of a text that a passage quotes
MAX_REQUEST = 80  # words of what a user says; more is a story
MAX_CONSENT = 8  # words of a sentence that only agrees or greets
SHORT_ANSWER = 160  # characters of what a tool returned that are kept whole
AHEAD = 3  # turns after an answer in which it is used
_PAIR = re.compile(r"\"[\w -]{1,40}\":\s*(\"(?:[^\"\\]|\\.){1,160}\"|-?\d[\d.]*|true|false)")
_MARKER = re.compile(r"\W*[A-Z_]{3,}\W*$")
_STATUS = re.compile(r"\"(?:status|result|success|state|message)\":\s*\"?[\w ]{1,40}\"?")
INTENT = re.compile(
    r"(?:^|(?<=[.!?] ))(?:so |now |next,? )?(?:(?:i|we) (?:need|want|have to)\b|let me\b|i(?:'ll| will)\b"
    r"|to [a-z]+ [^.!?,]*, (?:i|we)\b)[^.!?]*",
    re.IGNORECASE,
)
"""Sentences that say what comes next."""
_VALUE = re.compile(r"[\w.@#$%-]{2,}")


def keep_of_turn(turns: Sequence[Turn], place: int, page: TracePage) -> tuple[TextUnit, ...]:
    """Return what a passage keeps of a turn."""
    turn, text = turns[place], page.text
    if turn.role in (Role.CALL, Role.CELL):
        return keep_call(turn, page)
    if turn.role is Role.RETURNED:
        return _quote_returned(turns, place, page)
    if turn.role is Role.SYSTEM or (turn.role is Role.USER and only_consents(text[turn.body : turn.end])):
        return ()
    units = cut_units(page.part, text, start=turn.body, end=turn.end)
    load_example_phrases()
    if turn.role is Role.USER:
        said = [unit for unit in units if not _says_nothing(unit)]
        if not said or len(text[turn.body : turn.end].split()) > MAX_REQUEST:
            return ()
        spoken = [TextUnit(unit.span, unit.text, unit.kind, turn.start) for unit in said]
        return (_label(page, turn), *spoken) if turn.body > turn.start else tuple(spoken)
    return drop_orphans(
        [unit for unit in units if not (is_remark(unit) or is_doubtful(unit) or _MARKER.match(unit.text))]
    )


def _says_nothing(unit: TextUnit) -> bool:
    """Whether a sentence of a user only agrees, greets or thanks."""
    phrases, text = load_example_phrases(), unit.text
    if phrases.requests.search(text):
        return False
    talks = phrases.consent.search(text) or phrases.greetings.search(text) or phrases.small_talk.search(text)
    return _MARKER.match(text) is not None or (talks is not None and len(text.split()) < MAX_CONSENT)


def keep_call(turn: Turn, page: TracePage) -> tuple[TextUnit, ...]:
    """Return a call as a unit; nothing if it is long, or hands in the final answer."""
    start, end = turn.start, turn.start + len(page.text[turn.start : turn.end].rstrip())
    if end - start > MAX_CALL or is_answer(name_of_call(page.text[turn.body : end])):
        return ()
    return (TextUnit(Span(page.part, start, end), page.text[start:end], TextUnitKind.CODE, turn.start),)


def _quote_returned(turns: Sequence[Turn], place: int, page: TracePage) -> tuple[TextUnit, ...]:
    """Return what the next turns use of what a tool returned: fields of a record, or sentences of a text."""
    turn, text = turns[place], page.text
    returned = text[turn.body : turn.end].rstrip()
    if not returned:
        return ()
    if len(returned) <= SHORT_ANSWER:
        return (_quote(page, turn.start, turn.body + len(returned), turn),)
    later = " ".join(text[t.body : t.end] for t in turns[place + 1 :][:AHEAD] if t.role is not Role.RETURNED)
    concluded = next((text[t.body : t.end] for t in turns[place + 1 :] if t.role in (Role.THOUGHT, Role.REPLY)), "")
    call = text[turns[place - 1].body : turns[place - 1].end] if place else ""
    if returned.lstrip()[:1] in "[{":
        return _quote_fields(page, turn, later=later, known=call)
    return _quote_sentences(page, turn, later=INTENT.sub(" ", concluded), known=call)


def _quote_fields(page: TracePage, turn: Turn, *, later: str, known: str) -> tuple[TextUnit, ...]:
    """Return the fields whose values are used later and are not known from the call; else what says that it worked."""
    used = set(_VALUE.findall(later.lower()))
    known = known.lower()
    changed = not only_reads(name_of_call(known))  # what a change returns is mostly known already
    quoted: list[TextUnit] = []
    seen: set[str] = set()
    for pair in _PAIR.finditer(page.text, turn.body, turn.end):
        whole = pair[1].strip('"').lower()
        values = _VALUE.findall(whole.replace("_", " "))
        if changed and whole in page.text[max(0, turn.start - LOOK_BACK) : turn.start].lower():
            continue
        if (
            len(whole) < MIN_VALUE
            or pair[0] in seen
            or not values
            or whole in known
            or not (whole in used or all(value in used for value in values))
        ):
            continue
        seen.add(pair[0])
        quoted.append(_quote(page, pair.start(), pair.end(), turn))
    if not quoted and (status := _STATUS.search(page.text, turn.body, turn.end)):
        quoted.append(_quote(page, status.start(), status.end(), turn))
    return (_label(page, turn), *quoted[:MAX_PAIRS]) if quoted else ()


def _quote_sentences(page: TracePage, turn: Turn, *, later: str, known: str) -> tuple[TextUnit, ...]:
    """Return the sentences that share most words with what is concluded."""
    wanted = words_of(later) - words_of(known)
    units = cut_units(page.part, page.text, start=turn.body, end=turn.end)
    scored = [(len(words_of(unit.text) & wanted), -place, unit) for place, unit in enumerate(units)]
    best = sorted((s for s in scored if s[0] >= 2), reverse=True, key=lambda s: s[:2])
    kept: list[TextUnit] = []
    for _, _, unit in best:
        new = (
            (words_of(unit.text) & wanted) - {word for other in kept for word in words_of(other.text)} - common_words()
        )
        if len(kept) < MAX_QUOTES and len(new) > 1:
            kept.append(unit)
    quotes = [_quote(page, u.span.start, u.span.end, turn) for u in sorted(kept, key=lambda u: u.span.start)]
    return (_label(page, turn), *quotes) if quotes else ()


def _label(page: TracePage, turn: Turn) -> TextUnit:
    """Return the label of what a tool returned."""
    return _quote(page, turn.start, turn.start + len(page.text[turn.start : turn.body].rstrip()), turn)


def _quote(page: TracePage, start: int, end: int, turn: Turn) -> TextUnit:
    return TextUnit(Span(page.part, start, end), page.text[start:end], TextUnitKind.SENTENCE, turn.start)


def join_tool_units(units: Sequence[TextUnit], text: str) -> str:
    """Return the units as one text: fields of one answer on one line, everything else on lines of its own."""
    pieces: list[str] = []
    before: TextUnit | None = None
    for unit in units:
        if before is not None:
            gap, same = text[before.span.end : unit.span.start], before.paragraph == unit.paragraph
            if same and before.text.endswith(":") and before.text.count(" ") < 3:
                pieces.append(" ")
            elif same and unit.text.startswith('"') and before.text.startswith('"'):
                pieces.append(", ")
            else:
                pieces.append(gap if gap and not gap.strip() else "\n")
        pieces.append(unit.text)
        before = unit
    return "".join(pieces)

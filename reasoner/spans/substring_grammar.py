"""Spans as a grammar of llguidance: free text, and quotes that are substrings of the segments."""

import json
import re
from collections.abc import Iterator, Sequence

from midthought.reasoner.spans.request import SpanRequest
from midthought.reasoner.spans.segments import Segment

_CHUNK = re.compile("[A-Za-z0-9_\u00c0-\u1fff\ue000-\U0010ffff]+|.", re.DOTALL)
"""A word or another character, as `SpanRules.whole_words` has it."""


_BLANK = r"[ \t\n\r\x{b}\x{c}]+"


def substring_grammar(request: SpanRequest, *, opened: bool = False, special: Sequence[str] = ()) -> str:
    r"""Return a Lark grammar for llguidance, or for vLLM's structured outputs with the backend ``guidance``.

    It lets the same texts be quoted as the request does under `Matching.TEXT`, in any tokenisation. Set `opened` where
    the prompt ends in the opening mark, so that the answer begins inside a quote. `special` are the texts of the
    model's special tokens (``tokenizer.all_special_tokens``): no quote contains one.

    Of the rules, `min_tokens` counts characters. What a grammar cannot say:

    - `max_tokens`: a quote may reach the end of its segment;
    - `quote_thought`, and `Matching.EXACT`;
    - where a quote comes from: `verify_quotes` finds its sources afterwards;
    - marks that are special tokens: the model would have to spell them.

    llguidance 1.7 takes about 80,000 characters in all, and with `whole_words` 190,000 of prose or more.

    >>> print(substring_grammar(SpanRequest((Segment("note", "I saw two cats."),))), end="")
    %llguidance {}
    start: (LEAD QUOTE)* FREE
    FREE: /(?s:.*)/ & ~/(?s:.*)<quote>(?s:.*)/
    LEAD: /(?s:.*)<quote>/ & ~/(?s:.*)<quote>(?s:.+)/
    QUOTE: ((TEXT_0) & /(?s:.{1,})/ & ~/[ \t\n\r\x{b}\x{c}]+/) "</quote>"
    TEXT_0: %regex {"substring_chunks": ["I", " ", "saw", " ", "two", " ", "cats", "."]}
    """
    texts = list(dict.fromkeys(part for segment in request.segments for part in _parts(segment, request, special)))
    whole = request.rules.whole_words
    filled = f" & ~/{_BLANK}/" if whole else ""
    mark, close = _escape(request.delimiters.open), json.dumps(request.delimiters.close)
    lines = ["%llguidance {}"]
    if texts:
        names = " | ".join(f"TEXT_{number}" for number in range(len(texts)))
        lines += [
            f"start: {'QUOTE ' if opened else ''}(LEAD QUOTE)* FREE",
            rf"FREE: /(?s:.*)/ & ~/(?s:.*){mark}(?s:.*)/",
            rf"LEAD: /(?s:.*){mark}/ & ~/(?s:.*){mark}(?s:.+)/",
            f"QUOTE: (({names}) & /(?s:.{{{request.rules.min_tokens},}})/{filled}) {close}",
            *(f"TEXT_{number}: %regex {_substrings(text, whole_words=whole)}" for number, text in enumerate(texts)),
        ]
    else:
        lines += [f"start: {close + ' ' if opened else ''}FREE", rf"FREE: /(?s:.*)/ & ~/(?s:.*){mark}(?s:.*)/"]
    return "\n".join(lines) + "\n"


def _parts(segment: Segment, request: SpanRequest, special: Sequence[str]) -> Iterator[str]:
    """Yield what may be quoted of a segment: its text between the marks, special tokens and forbidden places in it."""
    texts = sorted(filter(None, (request.delimiters.open, request.delimiters.close, *special)), key=len, reverse=True)
    marks = "|".join(map(re.escape, texts))
    holes = [found.span() for found in re.finditer(marks, segment.text)]
    holes += [(one.start, one.end) for one in request.forbidden if one.segment == segment.id]
    start, shortest = 0, max(request.rules.min_tokens, 1)
    for low, high in (*sorted(holes), (len(segment.text), 0)):
        blank = request.rules.whole_words and not segment.text[start:low].encode().strip()
        if low - start >= shortest and not blank:
            yield segment.text[start:low]
        start = max(start, high)


def _substrings(text: str, *, whole_words: bool) -> str:
    return json.dumps({"substring_chunks": _CHUNK.findall(text)} if whole_words else {"substring_chars": text})


def _escape(text: str) -> str:
    """Return a regular expression, for between slashes, that matches `text`."""
    escaped = re.escape(text).replace("/", r"\/")
    return re.sub(r"\\?([\x00-\x1f\x7f])", lambda found: rf"\x{{{ord(found[1]):x}}}", escaped)

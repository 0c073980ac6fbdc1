"""Takes the power from text that looks like a model's control tokens."""

import re

CHAT_MARKS = re.compile(r"<[|\uff5c][^<>\n]{1,60}?[|\uff5c]>|</?think(?:ing)?>")
"""The marks chat models share: ``<|im_end|>``, ``<think>`` and their kin, with the full-width bar too."""


def disarm_marks(text: str, marks: re.Pattern[str] = CHAT_MARKS) -> str:
    """Return `text` with a space after the first character of every mark, so that no tokeniser takes it for one.

    >>> disarm_marks("Stop here.<|im_end|>")
    'Stop here.< |im_end|>'
    """
    return marks.sub(lambda found: f"{found[0][0]} {found[0][1:]}", text)

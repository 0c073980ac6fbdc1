"""The answer in what a model wrote: what it thought before is cut off, or set between marks."""

_OPENING = "<think>"
_CLOSING = "</think>"


def cut_thought(text: str, *, opened: bool = False) -> str:
    """Return what stands behind the thought at the beginning of `text`; nothing if the thought does not end.

    A thought that only ends was opened by the prompt: chat templates of reasoning models do so. JSON is returned whole,
    for it may quote such a mark.

    Args:
        text: what the model wrote.
        opened: the prompt is known to open a thought.

    >>> cut_thought("<think>2 and 2</think> It is 4."), cut_thought("2 and 2</think> It is 4."), cut_thought("It is 4.")
    ('It is 4.', 'It is 4.', 'It is 4.')
    """
    text = text.strip()
    if text.startswith(("{", "[")) and not opened:
        return text
    begins = opened or text.startswith(_OPENING)
    before, closing, after = text.partition(_CLOSING)
    if closing and (begins or _OPENING not in before):
        return after.strip()
    return "" if begins else text


def mark_thought(text: str, *, opened: bool = False, thought: str = "", ended: bool = True) -> str:
    r"""Return an answer whose thought, if there is one, stands before it between its marks.

    Args:
        text: what the model wrote.
        opened: the prompt is known to open a thought.
        thought: what a server set apart from the text.
        ended: the model ended by itself: a thought that a server set apart is closed even if nothing follows it.

    >>> mark_thought("2 and 2</think> It is 4.", opened=True), mark_thought("It is 4.", thought="2 and 2")
    ('<think>\n2 and 2</think> It is 4.', '<think>\n2 and 2\n</think>\n\nIt is 4.')
    """
    text = text.strip()
    if thought.strip():
        closed = f"\n{_CLOSING}\n\n{text}" if text or ended else ""
        return f"{_OPENING}\n{thought.strip()}{closed}".strip()
    return f"{_OPENING}\n{text}" if opened and not text.startswith(_OPENING) else text


def opens_thought(prompt: str) -> bool:
    """Whether a prompt ends in an opened thought."""
    return prompt.rstrip().endswith(_OPENING)

"""The answer in what a model wrote: what it thought before is cut off."""

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


def opens_thought(prompt: str) -> bool:
    """Whether a prompt ends in an opened thought."""
    return prompt.rstrip().endswith(_OPENING)

"""The answer in what a model wrote: what it thought before is cut off, or set between marks."""

from midthought.reasoner.engines.thinking_formats import THINK, find_format_by_name, load_formats, read_format

_OPENING = "<think>"
_CLOSING = "</think>"


def cut_thought(text: str, *, opened: bool = False) -> str:
    """Return what stands behind the thought at the beginning of `text`; nothing if the thought does not end.

    A thought that only ends was opened by the prompt: chat templates of reasoning models do so. JSON is returned whole,
    for it may quote such a mark. The marks are those of the first thinking format that the text shows.

    Args:
        text: what the model wrote.
        opened: the prompt is known to open a thought.

    >>> cut_thought("<think>2 and 2</think> It is 4."), cut_thought("2 and 2</think> It is 4."), cut_thought("It is 4.")
    ('It is 4.', 'It is 4.', 'It is 4.')
    """
    text = text.strip()
    thinking = read_format(text)
    opening = thinking.opening.strip()
    begins = opened or (bool(opening) and text.startswith(opening))
    if text.startswith(("{", "[")) and not begins:
        return text
    divided = thinking.divide(text, opened=begins)
    if divided.closed and (begins or opening not in text.partition(thinking.closings[0])[0]):
        return divided.answer
    return "" if begins else text


def mark_thought(text: str, *, opened: bool = False, thought: str = "", ended: bool = True) -> str:
    r"""Return an answer whose thought, if there is one, stands before it between ``<think>`` and ``</think>``.

    Args:
        text: what the model wrote.
        opened: the prompt is known to open a thought.
        thought: what a server set apart from the text.
        ended: the model ended by itself: a thought that a server set apart is closed even if nothing follows it.

    >>> mark_thought("2 and 2</think> It is 4.", opened=True), mark_thought("It is 4.", thought="2 and 2")
    ('<think>\n2 and 2</think> It is 4.', '<think>\n2 and 2\n</think>\n\nIt is 4.')
    """
    text = text.strip()
    thinking = read_format(text)
    if not thought.strip() and thinking.closings and thinking != find_format_by_name(THINK):
        divided = thinking.divide(text, opened=opened)
        thought, text, opened, ended = divided.thought, divided.answer, False, divided.closed
    if thought.strip():
        closed = f"\n{_CLOSING}\n\n{text}" if text or ended else ""
        return f"{_OPENING}\n{thought.strip()}{closed}".strip()
    return f"{_OPENING}\n{text}" if opened and not text.startswith(_OPENING) else text


def opens_thought(prompt: str) -> bool:
    """Whether a prompt ends in an opened thought, of any format."""
    return any(thinking.is_opened_by(prompt) for thinking in load_formats())

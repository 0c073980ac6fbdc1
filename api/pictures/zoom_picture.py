"""Draws what was open when, over the text: as an SVG picture, and as lines for a terminal."""

from collections.abc import Sequence
from html import escape

from midthought.reasoner.thought.receipts import ZoomRecord
from midthought.reasoner.zoom.zoom_step import ZoomStep

_SHADES = " ░▒▓█"
_EXCERPT = 56
_CELL, _LINE, _MARGIN, _LETTER = 10, 16, 24, 7.2


def zoom_lines(record: ZoomRecord) -> list[str]:
    """Return a line for every part of the text: its beginning, and by step how many heads saw it.

    The last lines say how many tokens were visible, and how far the heads agreed.
    """
    if not record.steps:
        return ["nothing was written down: the thought was too short"]
    lines = [
        f"{_excerpt(record.text, start, end):<{_EXCERPT}} |{''.join(map(_shade, shares))}|"
        for (start, end), shares in _rows(record.steps)
    ]
    last = record.steps[-1]
    lines.append(f"{'':<{_EXCERPT}}  one column a record, from token {record.steps[0].length} to {last.length}")
    lines += [_describe(step) for step in dict.fromkeys([record.steps[0], last])]
    return lines


def draw_zoom(record: ZoomRecord) -> str:
    """Return an SVG picture: text on the left, steps from left to right, the darker the more heads saw the part."""
    rows = _rows(record.steps)
    left = _MARGIN + _EXCERPT * _LETTER
    width, height = left + len(record.steps) * _CELL + _MARGIN, (len(rows) + 4) * _LINE + 2 * _MARGIN
    pieces = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width:.0f}" height="{height}" font-family="monospace" '
        'font-size="12">',
        '<rect width="100%" height="100%" fill="#ffffff"/>',
        f'<text x="{_MARGIN}" y="{_MARGIN}">what was open, by the step that chose it</text>',
    ]
    for number, ((start, end), shares) in enumerate(rows):
        top = _MARGIN + (number + 1) * _LINE
        pieces.append(f'<text x="{_MARGIN}" y="{top + 12}">{escape(_excerpt(record.text, start, end))}</text>')
        for step, share in enumerate(shares):
            if share:
                place = f'x="{left + step * _CELL:.0f}" y="{top}" width="{_CELL - 1}" height="{_LINE - 2}"'
                pieces.append(
                    f'<rect {place} fill="#1b6ca8" fill-opacity="{share:.2f}"><title>{share:.0%}</title></rect>'
                )
    top = _MARGIN + (len(rows) + 2) * _LINE
    for line, shown in enumerate(dict.fromkeys([record.steps[0], record.steps[-1]] if record.steps else [])):
        pieces.append(f'<text x="{_MARGIN}" y="{top + line * _LINE}">{escape(_describe(shown))}</text>')
    return "\n".join([*pieces, "</svg>", ""])


def _rows(steps: Sequence[ZoomStep]) -> list[tuple[tuple[int, int], list[float]]]:
    """Return every part that was ever open, in order of the text, with the share of heads at each step.

    A part at the end of the text grows from step to step; it is one part, as long as it became.
    """
    ends: dict[int, int] = {}
    for one in (part for step in steps for part in step.opened):
        ends[one.start] = max(one.end, ends.get(one.start, 0))
    found = {start: [0.0] * len(steps) for start in sorted(ends)}
    for number, step in enumerate(steps):
        for one in step.opened:
            found[one.start][number] = one.share
    return [((start, ends[start]), shares) for start, shares in found.items()]


def _excerpt(text: str, start: int, end: int) -> str:
    words = " ".join(text[start:end].split())
    return words if len(words) < _EXCERPT else words[: _EXCERPT - 2] + "…"


def _shade(share: float) -> str:
    return _SHADES[min(len(_SHADES) - 1, -int(-share * (len(_SHADES) - 1) // 1))]


def _describe(step: ZoomStep) -> str:
    agreed = "all was visible" if step.agreement is None else f"heads agree {step.agreement:.2f}"
    held = step.device_bytes + step.host_bytes
    over = f", {held / step.stock_bytes:.2f} times a full cache" if step.stock_bytes else ""
    return (
        f"at token {step.length}: {step.visible:.0f} visible ({step.visible / step.length:.0%}), {agreed}, "
        f"{step.device_bytes / 1e6:.1f} MB on the device, {step.host_bytes / 1e6:.1f} MB in host memory{over}"
    )

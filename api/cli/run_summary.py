"""A finished run in a few lines: the answer, what was recalled, and what did not happen."""

from collections import Counter

from midthought.reasoner.thought import events
from midthought.reasoner.thought.arms import Arm
from midthought.reasoner.thought.receipts import FinishReason, ReceiptKind, Run, Value
from midthought.reasoner.thought.triggers.trigger import TRIGGERS, Trigger


def explain_no_answer(run: Run) -> str:
    """Return why the chosen sample has no marked answer: it was cut off, or ended without one."""
    best = next((one for one in run.samples if one.rank == 1), None)
    wanted = r"\boxed{...} or a line 'Final answer: ...'"
    if best is not None and best.finish is FinishReason.LENGTH:
        return f"none marked: the chosen thought was cut off after {best.tokens} tokens, before {wanted}"
    return f"none marked: the chosen thought ended without {wanted}"


def _describe_way(run: Run) -> list[str]:
    """Return how a server went on with the thought; nothing of an engine in this process."""
    said = dict(run.configuration)
    if "engine.continuation" not in said:
        return []
    first = "; the hints stand before the thought" if run.arm != said["arm"] else ""
    return [f"  the server continues by {said['engine.continuation']}{first}"]


def _describe_silent_triggers(run: Run) -> list[str]:
    """Return a line for each trigger that watched the thought and caused no recall."""
    said = dict(run.configuration)
    if run.arm != Arm.IN_THOUGHT or not said.get("recalls"):
        return []
    fired = {receipt.trigger for receipt in run.receipts}
    names = [name for name in str(said.get("triggers", "")).split(",") if name in TRIGGERS and Trigger(name).watches]
    longest = max((one.tokens for one in run.samples), default=0)
    return [f"  trigger {name} {_why_silent(name, said, longest)}" for name in names if name not in fired]


def _why_silent(name: str, said: dict[str, Value], longest: int) -> str:
    least = said.get(f"triggering.{name}_tokens")
    if isinstance(least, int) and longest < least:
        return f"did not fire: the longest thought ended after {longest} tokens, before {name}_tokens = {least}"
    return f"did not fire in {longest} tokens"


def summarise_run(run: Run) -> str:
    """Return the answer and the receipts in a few lines."""
    lines = [f"answer: {run.answer or explain_no_answer(run)}"]
    lines.append(f"run {run.id}: {run.tokens} tokens in {run.seconds:.1f} s, {len(run.receipts)} receipts")
    lines += _describe_way(run)
    lines += _describe_silent_triggers(run)
    if run.withheld:
        lines.append("  held out by chance: nothing that was recalled was put into the thought")
    for receipt in run.receipts:
        if receipt.kind is not ReceiptKind.QUOTE:
            found = ", ".join(f"{use.entry_id} version {use.version}" for use in receipt.entries)
            cause = f" ({receipt.trigger})" if receipt.sample != events.BEFORE else ""
            lines.append(f"  {receipt.kind}{cause}: {found or receipt.abstention}")
    verdicts = Counter(receipt.quote.verdict for receipt in run.receipts if receipt.quote)
    if verdicts:
        counts = ", ".join(f"{count} {verdict}" for verdict, count in verdicts.items())
        lines.append(f"  {verdicts.total()} quotes: {counts}")
    if run.zoom:
        lines.append(f"  what was visible when: midthought zoom show {run.id}")
    return "\n".join(lines)

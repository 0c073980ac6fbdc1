"""Spans in vLLM: one plugin for both of its model runners; requests that do not ask for spans are left alone.

vLLM loads it in every process, by the entry point ``vllm.logits_processors``, and makes one `SpanProcessor` a worker.
``docs/spans_vllm.md`` tells how to ask for spans, and what was run. The interfaces are those of vLLM 0.32:
``vllm/v1/sample/logits_processor/interface.py`` and ``vllm/v1/worker/gpu/sample/logits_processor/interface.py``.
"""

import importlib
import logging
import types
from functools import cache
from typing import TYPE_CHECKING, Any

from midthought.memory.errors import MissingExtra
from midthought.reasoner.spans.decoding import Decoding
from midthought.reasoner.spans.served_spans import (
    ServedSequence,
    SpanServer,
    asks_for_spans,
    check_arguments,
    push_any,
)

if TYPE_CHECKING:
    from torch import Tensor

_log = logging.getLogger(__name__)

_INTERFACES = (
    "vllm.v1.sample.logits_processor.interface",
    "vllm.v1.worker.gpu.sample.logits_processor.interface",
)
"""Of the first runner and of the second, which not every version has."""


class BatchRows:
    """The rows of the first runner (V1), which says what changes in its batch and shares its lists of tokens."""

    def __init__(self, server: SpanServer) -> None:
        self._server = server
        self._rows: dict[int, tuple[ServedSequence, list[int]]] = {}

    def update(self, change: Any) -> None:
        """Follow a change of the batch: rows removed, then added, then moved; None if there is none."""
        if change is None:
            return
        for row in change.removed:
            self._rows.pop(row, None)
        for row, params, prompt, written in change.added:
            # vLLM may put a new request into a row without removing the earlier one first.
            self._rows.pop(row, None)
            beside = [one for one, _ in self._rows.values()]
            sequence = self._server.begin(params, prompt or [], beside=beside)
            if sequence is not None:
                self._rows[row] = (sequence, written)
        for first, second, direction in change.moved:
            self._move(first, second, swap=direction is type(direction).SWAP)

    def apply(self, logits: "Tensor") -> "Tensor":
        """Mask the scores in place, shape ``(rows, vocabulary)``."""
        for row, (sequence, written) in self._rows.items():
            sequence.read(written)
            _mask_row(logits, row, sequence, sequence.state)
        return logits

    def _move(self, first: int, second: int, *, swap: bool) -> None:
        here, there = self._rows.pop(first, None), self._rows.pop(second, None)
        if here is not None:
            self._rows[second] = here
        if there is not None and swap:
            self._rows[first] = there


class SlotRows:
    """The rows of the second runner (V2), which keeps the tokens of every request in a slot, on the device.

    Reading them waits for the device, once a step in which a row asks for spans.
    """

    def __init__(self, server: SpanServer, slots: Any) -> None:
        self._server = server
        self._slots = slots
        self._asked: dict[int, Any] = {}
        self._begun: dict[int, ServedSequence] = {}

    def add(self, slot: int, params: Any) -> bool:
        """Take over a slot, and say whether its request asks for spans."""
        self._begun.pop(slot, None)
        self._asked.pop(slot, None)
        # Its tokens are not on the device yet: it is begun at its first step.
        if asks_for_spans(params):
            self._asked[slot] = params
        return slot in self._asked

    def apply(self, logits: "Tensor", step: Any) -> "Tensor":
        """Mask the scores in place; a request has one row, and one more for every token that is only proposed."""
        # Without spans in the batch nothing is read from the device.
        if not any(slot in self._asked for slot in step.idx_mapping_np.tolist()):
            return logits
        slots, places = step.expanded_idx_mapping.tolist(), step.pos.tolist()
        proposed, fed = step.expanded_local_pos.tolist(), step.input_ids.tolist()
        state = None
        for row, slot in enumerate(slots):
            if slot not in self._asked:
                continue
            sequence = self._follow(slot, places[row] - proposed[row] + 1)
            if sequence is None:
                continue
            state = push_any(state, fed[row]) if proposed[row] else sequence.state
            _mask_row(logits, row, sequence, state)
        return logits

    def _follow(self, slot: int, length: int) -> ServedSequence | None:
        """Return the sequence of a slot, read to `length` tokens; None while its prompt is not complete."""
        prompt = int(self._slots.prompt_len.np[slot])
        if length < prompt:
            return None
        if slot not in self._begun:
            self._begin(slot, prompt)
        sequence = self._begun[slot]
        # Reading tokens waits for the device, so it is done only if there are new ones.
        if length != prompt + sequence.count:
            sequence.read(self._slots.all_token_ids.gpu[slot, prompt:length].tolist())
        return sequence

    def _begin(self, slot: int, prompt: int) -> None:
        tokens = self._slots.all_token_ids.gpu[slot, :prompt].tolist()
        sequence = self._server.begin(self._asked[slot], tokens, beside=self._begun.values())
        assert sequence is not None, "a slot that asked for nothing"
        self._begun[slot] = sequence


class _Processor:
    """Constrains the rows of requests that carry `SPAN_ARGUMENT`; the part of `SpanProcessor` that is ours.

    Args:
        vllm_config: of the server.
        runner: the first runner's device and whether memory is pinned, or the second runner's slots.
    """

    def __init__(self, vllm_config: Any, *runner: Any) -> None:
        model = vllm_config.model_config
        server = SpanServer(
            model.tokenizer,
            width=model.get_vocab_size(),
            revision=model.tokenizer_revision,
            trust_remote_code=model.trust_remote_code,
        )
        self._slots = SlotRows(server, runner[0]) if len(runner) == 1 else None
        self._batch = BatchRows(server)
        if self._slots is None and vllm_config.scheduler_config.async_scheduling and not model.logits_processors:
            _log.warning(
                "under asynchronous scheduling vLLM hides the tokens from plugins of its first model runner: requests "
                "for spans will end after one token. Start it with --no-async-scheduling, or with --logits-processors "
                "%s:SpanProcessor",
                __name__,
            )

    @classmethod
    def validate_params(cls, sampling_params: Any) -> None:
        """Raise `ValueError` for a request that cannot be served; vLLM answers it with HTTP 400."""
        check_arguments(sampling_params)

    def is_argmax_invariant(self) -> bool:
        """Say that the likeliest token changes."""
        return False

    def update_state(self, batch_update: Any) -> None:
        """Follow the first runner's batch."""
        self._batch.update(batch_update)

    def add_request(self, req_idx: int, sampling_params: Any) -> bool:
        """Take over a slot of the second runner."""
        return self._slots is not None and self._slots.add(req_idx, sampling_params)

    def apply(self, logits: "Tensor", ctx: Any = None) -> "Tensor":
        """Mask the rows of requests with spans, in place."""
        return self._batch.apply(logits) if self._slots is None else self._slots.apply(logits, ctx)


def __getattr__(name: str) -> Any:
    """Make `SpanProcessor` at its first import: importing this module alone loads nothing of vLLM."""
    if name == "SpanProcessor":
        return _make_processor()
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


@cache
def _make_processor() -> type:
    """Return the processor as a subclass of every interface that this version of vLLM has."""
    interfaces = [found for name in _INTERFACES if (found := _find_interface(name)) is not None]
    if not interfaces:
        raise MissingExtra("vllm", extra="vllm", purpose="serving spans with vLLM")
    return types.new_class("SpanProcessor", (_Processor, *interfaces), exec_body=_describe)


def _find_interface(name: str) -> Any:
    try:
        return importlib.import_module(name).LogitsProcessor
    except ImportError:
        return None


def _describe(body: dict[str, Any]) -> None:
    body.update(__module__=__name__, __doc__=_Processor.__doc__)


def _mask_row(logits: "Tensor", row: int, sequence: ServedSequence, state: Decoding | None) -> None:
    scores = logits[row]
    masked = sequence.mask(scores, state)
    if masked is not scores:
        logits[row] = masked

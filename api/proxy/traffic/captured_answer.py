"""An answer whose bytes are kept on their way, and handed on when the request has ended."""

from dataclasses import dataclass, replace

from midthought.api.proxy.proxy_answer import ProxyAnswer, ProxyInjection, ProxyReceipt, ProxyWay
from midthought.api.proxy.proxy_call import ProxyCall
from midthought.api.proxy.proxy_mode import ProxyMode
from midthought.api.proxy.traffic.answer_capture import AnswerCapture
from midthought.api.proxy.traffic.passed_thought import PassedThought, ShownHint
from midthought.api.proxy.traffic.traffic import KEY_ENDED, READS_ONLY, Traffic


@dataclass(frozen=True, slots=True)
class CapturedAnswer:
    """One answer that is captured.

    Attributes:
        answer: what is sent to the client, in place of the one that was captured.
        call: the request.
        capture: keeps the bytes.
        traffic: takes them in the end.
    """

    answer: ProxyAnswer
    call: ProxyCall
    capture: AnswerCapture
    traffic: Traffic

    def hand_on(self, receipt: ProxyReceipt) -> None:
        """Hand on what passed, however the request ended. Called once; never waits and never raises."""
        call, capture = self.call, self.capture
        is_first = receipt.way is ProxyWay.HINT_FIRST
        self.traffic.take(
            PassedThought(
                namespace=call.namespace,
                kind=call.kind,
                question=call.question,
                body=capture.body(),
                encoding=dict(self.answer.headers).get("content-encoding", ""),
                status=self.answer.status,
                model=call.model,
                run_id=receipt.run,
                shown=tuple(_as_shown(one, is_first=is_first) for one in receipt.injections),
                expected=call.options.expected,
                is_complete=capture.is_complete,
                is_whole=capture.is_whole,
                request=call.body,
            )
        )

    def leave_out(self) -> None:
        """Learn nothing from it: the key of its caller has ended meanwhile. Called in place of `hand_on`."""
        self.capture.drop()
        self.traffic.leave_out(self.call.namespace, KEY_ENDED)


def capture_answer(answer: ProxyAnswer, call: ProxyCall, traffic: Traffic) -> CapturedAnswer | None:
    """Return an answer whose bytes are kept; None if nothing is learnt from it.

    With the memory off nobody reads what passes; a namespace that did not opt in keeps nothing.
    """
    if call.options.mode is ProxyMode.OFF or not call.kind.recalls:
        return None
    if not call.teaches:
        traffic.leave_out(call.namespace, READS_ONLY)
        return None
    capture = traffic.capture(call.namespace)
    if capture is None:
        return None
    return CapturedAnswer(replace(answer, chunks=capture.tee(answer.chunks)), call, capture, traffic)


def _as_shown(one: ProxyInjection, *, is_first: bool) -> ShownHint:
    return ShownHint(tuple(use.entry_id for use in one.entries), one.text, None if is_first else one.position)

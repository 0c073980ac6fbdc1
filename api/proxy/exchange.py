"""One request with recall, from its beginning until its run is recorded."""

import asyncio
import logging
import secrets
import time
from dataclasses import dataclass, field, replace

import httpx

from midthought.api.operations.recall import MAX_QUESTION
from midthought.api.proxy.asked_numbers import keep_recorded
from midthought.api.proxy.proxy_answer import ProxyAnswer, ProxyReceipt
from midthought.api.proxy.proxy_call import ProxyCall
from midthought.api.proxy.proxy_headers import OWN, RUN
from midthought.api.proxy.proxy_mode import ProxyMode
from midthought.api.proxy.proxy_service import MAX_RECORDING, ProxyService
from midthought.api.proxy.proxy_session import RecallNotes, RequestSession
from midthought.api.proxy.recording import ENGINE, FinishedRequest, record_run
from midthought.api.proxy.thought_steps import ThoughtSteps
from midthought.api.proxy.traffic.captured_answer import CapturedAnswer, capture_answer
from midthought.api.proxy.upstream import Headers
from midthought.api.rest.access import Admission, AdmissionEnded
from midthought.api.watch.listener import ProxiedRequest
from midthought.memory.errors import StoreError
from midthought.memory.records.api_key import Scope
from midthought.memory.records.ids import ID_LENGTH
from midthought.reasoner.thought.arms import Arm

_log = logging.getLogger(__name__)
FAILED = "failed"
"""What the header says if the memory was in trouble before the answer began."""


@dataclass(slots=True)
class ProxyExchange:
    """One request while it is answered.

    Attributes:
        call: the request.
        admission: the right by which it was let in; without it any more, the memory adds and learns nothing more.
        service: what it shares with others.
        receipt: what the memory did.
        notes: what was recalled, and held back.
        steps: recalls; None if nothing is.
        withheld: by chance nothing is put in.
        arm: how the memory is used, for the record.
        started: by the clock that runs are timed with.
        is_answered: the upstream began a completion; without one there is no run.
    """

    call: ProxyCall
    admission: Admission
    service: ProxyService
    receipt: ProxyReceipt
    notes: RecallNotes = field(default_factory=RecallNotes)
    steps: ThoughtSteps | None = None
    withheld: bool = False
    arm: Arm = Arm.NONE
    started: float = field(default_factory=time.perf_counter)
    is_answered: bool = False
    _shadow: asyncio.Task[None] | None = None
    _captured: CapturedAnswer | None = None

    def capture(self, answer: ProxyAnswer) -> ProxyAnswer:
        """Return an answer whose bytes are kept on their way, if the namespace learns from its traffic."""
        self._captured = capture_answer(answer, self.call, self.service.traffic)
        return self._captured.answer if self._captured else answer

    def begin_recall(self) -> ThoughtSteps:
        """Return what recalls for this request; from now on it has a run."""
        service, mode = self.service, self.call.options.mode
        self.withheld = mode is ProxyMode.ON and service.draw() < service.settings.holdout
        session = RequestSession(
            self.call, service.memory, self.notes, withhold=self.withheld or mode is ProxyMode.SHADOW
        )
        timeout = service.settings.proxy_recall_timeout
        self.steps = ThoughtSteps(session, executor=service.threads, timeout=timeout, check=self.admission.check)
        if service.records_runs and service.recording >= MAX_RECORDING:
            self.receipt.degraded.append(f"no run: {MAX_RECORDING} wait to be recorded, the most there may be")
        elif service.records_runs:
            self.receipt.run = f"run-{secrets.token_hex(ID_LENGTH // 2)}"
        self._show()
        return self.steps

    def _show(self) -> None:
        """Let what the memory does be watched."""
        call = self.call
        live = self.service.live.begin(call.namespace, call.question[:MAX_QUESTION], run_id=self.receipt.run)
        live.pass_on(f"{ENGINE}:{call.model}")
        self.notes.live = self.receipt.live = live

    def settle(self, *, may_recall: bool) -> None:
        """Note that the answer begins. Without a recall, now or later, and without a namespace there is no run."""
        was_asked = self.steps is not None and self.steps.was_asked
        if not (may_recall or was_asked) or not self.notes.has_namespace:
            self.receipt.run = ""

    def note_status(self, status: int) -> None:
        """Note how the upstream answered, before the headers go down. An error of it leaves no run."""
        self.is_answered = status == httpx.codes.OK
        if not self.is_answered:
            self.receipt.run = ""

    def begin_shadow(self) -> None:
        """Recall beside the request, which does not wait."""
        self._shadow = asyncio.create_task(self._step(self.begin_recall()))

    async def _step(self, steps: ThoughtSteps) -> None:
        self.receipt.note_step(await steps.step("", position=0))

    def headers(self) -> Headers:
        """Return the headers that say what the memory does."""
        if not self.call.kind.recalls:
            return []
        has_failed = self.steps is not None and self.steps.has_failed
        mode = (OWN, FAILED if has_failed else self.call.options.mode.value)
        return [mode, (RUN, self.receipt.run)] if self.receipt.run else [mode]

    def end(self) -> None:
        """Record the run and learn from it, later and elsewhere: nobody waits. Called once, however it ended."""
        if self.notes.live is not None:
            self.service.live.end(self.notes.live)
            self.notes.live = self.receipt.live = None
        if self._captured is not None:
            self._teach(self._captured)
        if self.call.kind.recalls:
            self.service.memory.watch.proxied(self._describe())
        self._drop_body()
        if self.receipt.run and self.is_answered:
            self.service.spawn(self._record())
        elif self._shadow is not None:
            self.service.spawn(self._wait())

    def _teach(self, captured: CapturedAnswer) -> None:
        try:
            replace(self.admission, needed=Scope.WRITE).check()
        except AdmissionEnded:
            captured.leave_out()
        else:
            captured.hand_on(self.receipt)

    def _describe(self) -> ProxiedRequest:
        receipt = self.receipt
        return ProxiedRequest(
            self.call.kind.value, receipt.mode.value, receipt.way.value, degraded=bool(receipt.degraded)
        )

    def _drop_body(self) -> None:
        """Keep of the request what its record says: many may wait for a store that is busy, each with images."""
        self.steps = None
        self.call = replace(self.call, raw=b"", headers=(), body=keep_recorded(self.call.body))

    async def _wait(self) -> None:
        if self._shadow is not None:
            await self._shadow

    async def _record(self) -> None:
        await self._wait()
        seconds = time.perf_counter() - self.started
        done = FinishedRequest(self.call, self.receipt, self.notes, self.withheld, self.arm, seconds)
        loop = asyncio.get_running_loop()
        try:
            await loop.run_in_executor(
                self.service.recording_threads, record_run, done, self.service.memory, self.service.settings.holdout
            )
        except StoreError as error:  # as of a full disk, where a traceback for each request would not help
            _log.error("the run %s of a request of the proxy was not recorded: %s", self.receipt.run, error)
        except Exception:  # noqa: BLE001  # a run that is not recorded costs nobody an answer
            _log.exception("the run %s of a request of the proxy was not recorded", self.receipt.run)

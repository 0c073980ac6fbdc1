"""The thoughts of a service that run now, for whoever may read their namespaces; none is kept when it has ended."""

from collections.abc import Generator, Iterable, Iterator
from contextlib import AbstractContextManager, closing, contextmanager, nullcontext
from datetime import UTC, datetime
from threading import Lock

from midthought.api.live.live_thought import LiveThought
from midthought.api.live.thought_ids import make_thought_id
from midthought.memory.records.namespace import Namespace
from midthought.reasoner.thought.events import ThinkEvent

MAX_WATCHED = 1_000
"""Thoughts that can be watched at once: many pass through a proxy. Of others nothing is held."""


class LiveThoughts:
    """The thoughts that can be watched."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._running: dict[str, LiveThought] = {}

    def begin(self, namespace: Namespace, question: str, *, run_id: str = "") -> LiveThought:
        """Return a thought that begins now; it can be watched until it ends, unless too many run.

        `run_id` is the id of its run if that is known before the end; the thought has it, too.
        """
        begun = datetime.now(UTC).replace(tzinfo=None)
        thought = LiveThought(run_id or make_thought_id(question, begun), namespace, question, begun)
        with self._lock:
            if len(self._running) < MAX_WATCHED:
                self._running[thought.id] = thought
        return thought

    def end(self, thought: LiveThought) -> None:
        """Keep nothing of a thought any longer."""
        thought.has_ended = True
        with self._lock:
            self._running.pop(thought.id, None)

    @contextmanager
    def running(self, namespace: Namespace, question: str) -> Iterator[LiveThought]:
        """Give a thought that can be watched until the block ends."""
        thought = self.begin(namespace, question)
        try:
            yield thought
        finally:
            self.end(thought)

    def follow(
        self, namespace: Namespace, question: str, events: Iterable[ThinkEvent]
    ) -> Generator[ThinkEvent, None, None]:
        """Yield the events of a thought as they are; whoever watches it sees them. Closing it closes `events`."""
        with self.running(namespace, question) as thought, closing_events(events):
            for event in events:
                thought.hear(event)
                yield event

    def list(self, namespace: Namespace) -> list[LiveThought]:
        """Return the thoughts of a namespace that run, the newest first."""
        with self._lock:
            found = [one for one in self._running.values() if one.namespace == namespace and not one.has_ended]
        return sorted(found, key=lambda one: one.begun, reverse=True)

    def find(self, namespace: Namespace, thought_id: str) -> LiveThought | None:
        """Return a thought of a namespace; None if none of this id runs there."""
        with self._lock:
            found = self._running.get(thought_id)
        return found if found is not None and found.namespace == namespace else None


def closing_events(events: Iterable[ThinkEvent]) -> AbstractContextManager[object]:
    """Return what closes a generator at the end, and leaves any other list of events alone."""
    return closing(events) if isinstance(events, Generator) else nullcontext()

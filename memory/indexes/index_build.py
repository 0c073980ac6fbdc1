"""Builds the next vector index of a field while the present one is searched, checks it, and has it switched in.

The build copies the rows that are held at its beginning, a few thousand at a time. What is added or removed meanwhile
is noted, and replayed before the switch. So neither a search nor a write waits for more than one such step.
"""

import logging
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from threading import Event, RLock

import numpy as np

from midthought.memory.indexes.index_check import draw_sample
from midthought.memory.indexes.vectors.base import VectorIndex, Vectors, spread
from midthought.memory.records.index_changes import Seqs

_log = logging.getLogger(__name__)
_STEP = 1_024
"""Rows per step: a graph takes 1,024 rows in some .1 s, and copying them out of the present index takes 1 ms."""
_LAST_ROWS = 256
"""Maximum number of changed rows that are replayed during the switch, while writes to the index wait."""
BUILD_ERRORS = (ValueError, RuntimeError, OSError, MemoryError)
"""What FAISS, NumPy or the disk may raise: the present index is then searched on."""


@dataclass(slots=True, eq=False)
class IndexBuild:
    """One build: `run` in a thread, `note` what changes meanwhile, set `stopped` to end it soon.

    Attributes:
        present: the index that is searched meanwhile.
        index: an empty index, to be filled.
        lock: guards `present` against changes while it is read.
        finish: called under the lock, in the thread of the build, with the index to switch to; None if it is refused.
        done, total: rows copied, and rows to copy.
        refusal: why the index that was built is not used.
        stopped: set to end the build after its present step.
        over: set when the build has ended, whatever came of it.
    """

    present: VectorIndex
    index: VectorIndex
    lock: RLock
    finish: Callable[["IndexBuild", VectorIndex | None], None]
    done: int = 0
    total: int = 0
    refusal: str = ""
    stopped: Event = field(default_factory=Event)
    over: Event = field(default_factory=Event)
    _changed: list[Seqs] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.total = len(self.present)

    def describe(self) -> str:
        """Return what is being done, for people."""
        return f"{self.index.kind} is being built beside it ({self.done:,} of {self.total:,} rows)"

    def note(self, seqs: Seqs) -> None:
        """Note that rows were added, replaced or removed; called under the lock."""
        self._changed.append(seqs)

    def run(self) -> None:
        """Build until the end, or until it is stopped; the present index stays if the build fails."""
        try:
            with closing(self.steps()) as steps:
                for _ in steps:
                    if self.stopped.is_set():
                        return
        except BUILD_ERRORS as error:
            self.refusal = f"{self.index.kind} could not be built: {error}"
            self._end(None)
        finally:
            self.over.set()

    def steps(self) -> Generator[None, None, None]:
        """Build, pausing after each step; between two steps anything may be added or removed."""
        with self.lock:
            seqs = np.sort(self.present.seqs())
            self._changed.clear()
        self.total = len(seqs)
        yield from self._fill(self.index, seqs)
        if not self.index.approximate or (yield from self._passes(self.index)):
            yield from self._catch_up(self.index)
        else:
            self._end(None)

    def _fill(self, index: VectorIndex, seqs: Seqs) -> Iterator[None]:
        if wanted := index.sample_size(len(seqs)):
            parts = []
            for part in _parts(spread(seqs, wanted)):
                parts.append(self._vectors_of(part)[1])
                yield
            yield from index.learn(np.concatenate(parts), expected=len(seqs))
        for part in _parts(seqs):
            index.add(*self._vectors_of(part))
            self.done += len(part)
            yield

    def _passes(self, index: VectorIndex) -> Generator[None, None, bool]:
        """Return whether an index finds what it should, if need be by searches that compare more rows."""
        sample = yield from draw_sample(index)
        while not (result := (yield from sample.search(index))).passed:
            if not index.widen():
                self.refusal = f"{index.kind} is not used for {len(index):,} rows, as it would miss some: {result}"
                return False
            _log.info("%s of %d rows compares more of them: %s", index.kind, len(index), result)
        return True

    def _catch_up(self, index: VectorIndex) -> Iterator[None]:
        """Replay what has changed since the beginning, and switch once little is left."""
        while True:
            with self.lock:
                changed = _joined(self._changed)
                self._changed.clear()
                # Under the lock up to the switch, so that no row changes after the last replay.
                if len(changed) <= _LAST_ROWS:
                    self._replay(index, changed)
                    self._end(index)
                    return
            for part in _parts(changed):
                self._replay(index, part)
                yield

    def _replay(self, index: VectorIndex, seqs: Seqs) -> None:
        # Rows that were removed meanwhile have no vector any more, so only those that are still there come back.
        index.remove(seqs)
        index.add(*self._vectors_of(seqs))

    def _end(self, index: VectorIndex | None) -> None:
        if index is None:
            self.index.discard()
        with self.lock:
            # The store may be closed by now, and the present index with it.
            if not self.stopped.is_set():
                self.finish(self, index)

    def _vectors_of(self, seqs: Seqs) -> tuple[Seqs, Vectors]:
        with self.lock:
            return self.present.vectors_of(seqs)


def _parts(seqs: Seqs) -> Iterator[Seqs]:
    for start in range(0, len(seqs), _STEP):
        yield seqs[start : start + _STEP]


def _joined(parts: Sequence[Seqs]) -> Seqs:
    return np.unique(np.concatenate([np.empty(0, dtype=np.int64), *parts]))

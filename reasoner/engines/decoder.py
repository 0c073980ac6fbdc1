"""The decoding loop of a model in this process: reads prompts, and writes one text, or several in step."""

from collections.abc import Container, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from midthought.memory.errors import EngineFailed
from midthought.reasoner.engines.base import BranchStream, Token, TokenStream
from midthought.reasoner.engines.branch_cache import CopiedBranches, SharedBranches
from midthought.reasoner.engines.growing_text import GrowingText
from midthought.reasoner.engines.model_loading import LoadedModel
from midthought.reasoner.engines.prefix import shared_length
from midthought.reasoner.engines.prompt_tokens import PromptTokens
from midthought.reasoner.engines.stop_strings import StopCutter
from midthought.reasoner.zoom.zoom_policy import OpenedZoom
from midthought.reasoner.zoom.zoom_recorder import ZoomRecorder
from midthought.reasoner.zoom.zoom_step import in_characters

if TYPE_CHECKING:
    from torch import Tensor
    from transformers import DynamicCache

_RECORD_EVERY = 16
"""Steps from one record of what was visible to the next; a record takes about as long as two layers."""
_ROOM = 1024
"""Tokens that a batch of texts has room for from the start."""


@dataclass(slots=True, eq=False)
class _Row:
    """One of several texts that are written in step."""

    place: int
    text: GrowingText
    cutter: StopCutter
    ended: bool = False

    def take(self, scores: "Tensor") -> Iterator[tuple[int, Token]]:
        token = self.text.take(scores)
        self.ended = token is None or not self.text.room
        ready = self.cutter.push(token) if token else []
        self.ended = self.ended or self.cutter.stopped
        yield from ((self.place, one) for one in ready)
        if self.ended:
            yield from ((self.place, one) for one in self.cutter.finish())


class Decoder:
    """Reads and writes with one model; what it holds lies in the model's `PrefixStore`.

    Args:
        loaded: the model.
        name: of the engine, for errors.
    """

    def __init__(self, loaded: LoadedModel, name: str) -> None:
        self._loaded = loaded
        self._name = name

    def write(self, text: GrowingText, zoom: OpenedZoom | None = None) -> TokenStream:
        """Yield the tokens of one continuation; closing the stream keeps what was read and written for the next."""
        if text.room < 1:
            return
        cache, pending = self.prefill(text.prompt, zoom)
        recorder = ZoomRecorder(cache) if zoom else None
        try:
            while text.room:
                recorded = recorder if recorder and text.written % _RECORD_EVERY == 0 else None
                if recorded:
                    recorded.listen()
                scores = self.forward(pending, cache)
                if not (zoom or text.written):
                    self._hold(text.ids, cache)
                token = text.take(scores, zoom)
                if token is None:
                    return
                # The place of what was seen is counted in the text before this token.
                starts = text.prompt.starts[:-1]
                yield replace(token, zoom=in_characters(recorded.take(), starts)) if recorded else token
                pending = text.ids[-1:]
        finally:
            if not zoom:
                self._hold(text.ids, cache)

    def write_together(
        self, texts: Sequence[tuple[int, GrowingText]], *, stop: Sequence[str], closed: Container[int]
    ) -> BranchStream:
        """Yield the tokens of several continuations with their places, one of each at a time.

        The prompts are read one after the other, so that each is read as if it were alone and a beginning that they
        share is read once; what follows is written as one batch, in which a text that has ended has no row.
        """
        rows = [_Row(place, text, StopCutter(stop)) for place, text in texts if text.room]
        caches = []
        for row in rows:
            cache, pending = self.prefill(row.text.prompt)
            scores = self.forward(pending, cache)
            self._hold(row.text.ids, cache)
            yield from row.take(scores)
            caches.append(cache)
        going = [place for place, row in enumerate(rows) if not row.ended and row.place not in closed]
        if going:
            batch = _Batch(self, self._loaded, [rows[place] for place in going], [caches[place] for place in going])
            del caches
            yield from batch.write(closed)

    def prefill(self, prompt: PromptTokens, zoom: OpenedZoom | None = None) -> "tuple[DynamicCache, list[int]]":
        """Read all of a prompt but its last, possibly partial, chunk; return the cache and that chunk."""
        loaded, ids = self._loaded, prompt.ids
        # At least one token is left for the first step, whose scores give the first new token.
        cache, done = (zoom.cache, prompt.held) if zoom else loaded.prefixes.lend(ids[:-1])
        prompt.reused = 0 if zoom else done
        last = max(done, (len(ids) - 1 - done) // loaded.chunk * loaded.chunk + done)
        for start in range(done, last, loaded.chunk):
            self.forward(ids[start : start + loaded.chunk], cache)
        if loaded.exact_reuse and not zoom:
            loaded.prefixes.keep(ids[:last], cache)
        return cache, ids[last:]

    def _hold(self, ids: list[int], cache: "DynamicCache") -> None:
        """Hold what a cache has of a text, whoever has read or written it; not where only whole chunks are equal."""
        if not self._loaded.exact_reuse:
            self._loaded.prefixes.keep(ids[: cache.get_seq_length()], cache)

    def forward(self, ids: list[int], cache: "DynamicCache") -> "Tensor":
        """Feed `ids` to one text and return the scores of the token after them, shape ``(vocabulary,)``."""
        return self.step([ids], cache)[0]

    def step(self, rows: list[list[int]], cache: "DynamicCache", **more: Any) -> "Tensor":
        """Feed equally many tokens to every row; return the scores of the next, shape ``(rows, vocabulary)``."""
        import torch

        model = self._loaded.model
        try:
            # Not around the loop: a generator would leave the caller in inference mode between two tokens.
            with torch.inference_mode():
                ids = torch.tensor(rows, device=model.device)
                read = model(ids, past_key_values=cache, use_cache=True, logits_to_keep=1, **more)
                scores: Tensor = read.logits[:, -1]
                return scores
        except RuntimeError as cause:
            raise EngineFailed(f"{self._name} stopped after {cache.get_seq_length()} tokens: {cause}") from cause


class _Batch:
    """Texts of different lengths that are written in step."""

    def __init__(self, decoder: Decoder, loaded: LoadedModel, rows: list[_Row], caches: "list[DynamicCache]") -> None:
        import torch

        self._decoder = decoder
        self._loaded = loaded
        self._rows = rows
        room = min(_ROOM, max(row.text.room for row in rows))
        read = [row.text.ids[: cache.get_seq_length()] for row, cache in zip(rows, caches, strict=True)]
        shared = min(shared_length(read[0], one) for one in read)
        with torch.inference_mode():
            self._branches: CopiedBranches | SharedBranches = (
                SharedBranches(loaded.model, caches, shared=shared, room=room)
                if shared and loaded.can_share
                else CopiedBranches(loaded.model, caches, room=room)
            )

    def write(self, closed: Container[int]) -> BranchStream:
        """Yield the tokens of all rows by turns."""
        try:
            self._leave(closed)
            while self._rows:
                scores = self._step()
                for row, one in zip(list(self._rows), scores, strict=True):
                    if row.place not in closed:
                        yield from row.take(one)
                self._leave(closed)
        finally:
            for number in range(len(self._rows)):
                self._keep(number)

    def _step(self) -> "Tensor":
        """Feed the last token of every row."""
        branches = self._branches
        with branches.reading():
            newest = [row.text.ids[-1:] for row in self._rows]
            return self._decoder.step(newest, branches.cache, **branches.arguments())

    def _leave(self, closed: Container[int]) -> None:
        """Let go of the rows that have ended, or that nobody wants."""
        import torch

        going = [number for number, row in enumerate(self._rows) if not row.ended and row.place not in closed]
        if len(going) == len(self._rows):
            return
        for number in set(range(len(self._rows))) - set(going):
            self._keep(number)
        self._rows = [self._rows[number] for number in going]
        if going:
            with torch.inference_mode():
                self._branches.select(going)

    def _keep(self, number: int) -> None:
        """Hold what a row has read and written, for the next text that begins so."""
        import torch

        if self._loaded.exact_reuse:
            return
        with torch.inference_mode():
            layers = self._branches.read_row(number)
        if layers:
            length = layers[0][0].shape[-2]
            self._loaded.prefixes.keep_layers(self._rows[number].text.ids[:length], layers)

"""Completions whose prompts are token ids: what a model has read or written is sent again as it was."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from midthought.memory.errors import EngineFailed
from midthought.reasoner.engines.base import TokenStream
from midthought.reasoner.engines.known_ids import KnownIds, KnownText, are_token_ids
from midthought.reasoner.engines.prompt_tokens import encode_behind
from midthought.reasoner.engines.served.completion_stream import read_completion_deltas
from midthought.reasoner.engines.served.deltas import Delta, split_deltas
from midthought.reasoner.engines.served.model_server import ModelServer, ServerRoute, choice_in
from midthought.reasoner.engines.served.token_chances import TOP, completion_chances
from midthought.reasoner.engines.served.way import ThoughtRequest

Encode = Callable[[str], list[int]]
"""Text to ids, with no token added."""
Decode = Callable[[list[int]], str]
"""Ids to text, with every mark."""


@dataclass(frozen=True, slots=True)
class IdTrial:
    """What one completion of ids showed: the server reads them, returns those that it writes, gives log-probs."""

    reads_ids: bool
    returns_ids: bool
    log_probs: bool
    reason: str


def judge_ids(ids: list[int], content: Mapping[str, Any]) -> IdTrial:
    """Return what the answer to a completion of `ids` by one token shows."""
    choice = choice_in(content)
    usage = content.get("usage")
    told = usage.get("prompt_tokens") if isinstance(usage, dict) else None
    reads = choice.get("prompt_token_ids", ids) == ids and told == len(ids)
    returns = reads and bool(choice.get("token_ids")) and are_token_ids(choice["token_ids"])
    reason = "" if reads else f"{len(ids)} token ids were read as {told} tokens"
    return IdTrial(reads, returns, bool(completion_chances(choice.get("logprobs"))), reason)


class IdCompletions:
    """Continues texts by their ids.

    Args:
        server: where.
        encode: tokenises what is put behind a text that is known.
        decode: the other way round.
        encode_whole: tokenises a text of which nothing is known.
        window: the maximum number of tokens of prompt and answer; 0 if it is not known.
    """

    def __init__(
        self, server: ModelServer, encode: Encode, *, decode: Decode, encode_whole: Encode, window: int = 0
    ) -> None:
        self._server = server
        self._encode = encode
        self._decode = decode
        self._encode_whole = encode_whole
        self._known = KnownIds()
        self.window = window
        self.returns_ids = True

    def remember(self, text: str, ids: list[int]) -> None:
        """Let `text` be what `ids` are."""
        self._known.begin(text, ids)

    def try_out(self, ids: list[int]) -> IdTrial:
        """Complete `ids` by one token."""
        body = {"prompt": ids, "max_tokens": 1, "temperature": 0, "logprobs": TOP, **_SHOW_ALL}
        reply = self._server.ask(ServerRoute.COMPLETIONS, body)
        if reply.is_refusal:
            body.pop("logprobs")
            reply = self._server.ask(ServerRoute.COMPLETIONS, body)
        if reply.is_refusal:
            return IdTrial(False, False, False, f"status {reply.status}: {reply.shown}")
        tried = judge_ids(ids, reply.content)
        self.returns_ids = tried.returns_ids
        return tried

    def generate(self, request: ThoughtRequest) -> TokenStream:
        """Yield the continuation. Raises `EngineFailed`."""
        ids = self._prompt_ids(request.prompt)
        known = self._known.begin(request.prompt, ids)
        body = {"prompt": ids, **request.sampling(), **_SHOW_ALL, **_COUNT_ALL}
        body["max_tokens"] = self._room(len(ids), request.max_tokens)
        if request.log_probs:
            body["logprobs"] = TOP
        events = self._server.stream(ServerRoute.COMPLETIONS, body)
        return split_deltas(self._note(read_completion_deltas(events), known), max_tokens=request.max_tokens)

    def _note(self, deltas: Iterator[Delta], known: KnownText) -> Iterator[Delta]:
        for delta in deltas:
            if self.returns_ids:
                self._known.push(known, delta.text, delta.ids)
            yield delta

    def encode_behind(self, before: list[int], text: str) -> list[int]:
        """Return the ids of a text that follows others, which stay as they are."""
        behind = encode_behind(self._encode, self._decode, before, text)
        # A tokeniser that can only make both together is rare; what comes before counts more than a space.
        return self._encode(text) if behind is None else behind

    def _prompt_ids(self, prompt: str) -> list[int]:
        length, ids = self._known.find(prompt)
        if not length:
            ids = self._encode_whole(prompt)
        elif length < len(prompt):
            ids = [*ids, *self.encode_behind(ids, prompt[length:])]
        if not ids:
            raise ValueError("the prompt must not be empty")
        return ids

    def _room(self, prompt: int, wanted: int) -> int:
        if not self.window:
            return wanted
        if prompt >= self.window:
            raise EngineFailed(f"the prompt has {prompt} tokens, and the model reads at most {self.window - 1}")
        return min(wanted, self.window - prompt)


# Special tokens are shown, as the marks of a thought may be special.
_SHOW_ALL: dict[str, Any] = {"return_token_ids": True, "skip_special_tokens": False}
_COUNT_ALL: dict[str, Any] = {"stream_options": {"include_usage": True, "continuous_usage_stats": True}}

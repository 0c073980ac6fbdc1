"""Thoughts of a model that vLLM runs in this process: ids in, tokens out, all continuations in one batch."""

from collections import deque
from collections.abc import Container, Iterator, Sequence
from typing import Any

from midthought.ingest.language_model import PromptMessage
from midthought.memory.errors import EngineFailed, Unreachable
from midthought.reasoner.engines.base import BranchStream, PromptRead, Token, TokenStream
from midthought.reasoner.engines.branch_streams import take_turns
from midthought.reasoner.engines.chat_prompt import begins_itself, special_marks, write_chat
from midthought.reasoner.engines.known_ids import KnownIds, KnownText
from midthought.reasoner.engines.prompt_tokens import encode_behind
from midthought.reasoner.engines.served.deltas import Delta, is_cut, split_deltas
from midthought.reasoner.engines.served.token_chances import TOP, ServedChance, entropy_bound
from midthought.reasoner.engines.served.way import TOP_P, ThoughtRequest
from midthought.reasoner.engines.stop_strings import cut_at_stop
from midthought.reasoner.engines.thinking_formats import AUTO, ThinkingFormat, find_format, find_format_by_name
from midthought.reasoner.engines.vllm_loop import VllmLoop


class VllmThoughts:
    """Opens and continues thoughts. Threads may share it.

    Args:
        loop: steps vLLM.
        name: of the engine, for errors.
        thinking: the name of a thinking format, or ``auto``.
    """

    def __init__(self, loop: VllmLoop, *, name: str, thinking: str = AUTO) -> None:
        self._loop = loop
        self._name = name
        self._tokenizer = loop.llm.get_tokenizer()
        self._known = KnownIds()
        self.thinking: ThinkingFormat = (
            find_format(self._tokenizer) if thinking == AUTO else find_format_by_name(thinking)
        )

    def open_thought(self, question: str) -> str:
        """See `Engine.open_thought`."""
        marks = special_marks(self._tokenizer)
        return self.thinking.open(write_chat(self._tokenizer, (PromptMessage("user", question),), marks))

    def generate(self, request: ThoughtRequest, stop: Sequence[str]) -> TokenStream:
        """See `Engine.generate`."""
        return cut_at_stop(self._follow(request), stop)

    def generate_many(
        self, requests: Sequence[ThoughtRequest], stop: Sequence[str], *, at_once: int, closed: Container[int]
    ) -> BranchStream:
        """See `ParallelEngine.generate_many`: the requests of a group are all begun before any is read."""

        def begin(place: int) -> TokenStream:
            following = self._begin_now(requests[place])
            next(following)
            return cut_at_stop(following, stop)

        return take_turns(begin, len(requests), at_once=at_once, closed=closed)

    def _begin_now(self, request: ThoughtRequest) -> TokenStream:
        """Begin a request with the first, empty token."""
        following = self._follow(request, is_begun=True)
        if request.max_tokens < 1:
            yield Token("")
        yield from following

    def _follow(self, request: ThoughtRequest, *, is_begun: bool = False) -> TokenStream:
        if request.max_tokens < 1:
            return
        ids = self._prompt_ids(request.prompt)
        known = self._known.begin(request.prompt, ids)
        outputs: deque[Any] = deque()
        number = self._add(ids, request, outputs)
        try:
            if is_begun:
                yield Token("")
            yield from split_deltas(self._deltas(outputs, known), max_tokens=request.max_tokens)
        finally:
            with self._loop.turn:
                self._loop.drop([number])

    def _deltas(self, outputs: "deque[Any]", known: KnownText) -> Iterator[Delta]:
        finished = False
        while not finished:
            self._loop.work_until(lambda: bool(outputs), self._loop.step)
            output = outputs.popleft()
            if isinstance(output, Unreachable):
                raise EngineFailed(f"{output}; the end of the text so far: {''.join(known.pieces)[-80:]!r}") from output
            finished = output.finished
            delta = self._read(output)
            self._known.push(known, delta.text, delta.ids)
            yield delta

    def _read(self, output: Any) -> Delta:
        (written,) = output.outputs
        if written.finish_reason not in (None, "stop", "length"):
            raise EngineFailed(f"{self._name} gave up the request: {written.finish_reason}")
        ids, chances = tuple(written.token_ids), tuple(map(_chance, written.logprobs or (), written.token_ids))
        if written.finish_reason == "stop":
            ids, chances = ids[:-1], chances[: len(ids) - 1]  # the token that ends the text has no characters
        read = PromptRead(len(output.prompt_token_ids), output.num_cached_tokens or 0)
        return Delta(written.text, ids, chances, None, read, is_cut=is_cut(written.finish_reason))

    def _add(self, ids: list[int], request: ThoughtRequest, outputs: "deque[Any]") -> str:
        from vllm.exceptions import VLLMClientError

        try:
            params = self._params(request, len(ids))
            with self._loop.turn:
                return self._loop.add(ids, params, outputs.append)
        except Unreachable as error:
            raise EngineFailed(str(error)) from error
        except (ValueError, VLLMClientError) as cause:
            raise EngineFailed(f"{self._name} refused the request: {cause}") from cause

    def _params(self, request: ThoughtRequest, prompt: int) -> Any:
        from vllm import SamplingParams
        from vllm.platforms import current_platform
        from vllm.sampling_params import RequestOutputKind

        window = self._loop.llm.model_config.max_model_len
        if prompt >= window:
            raise EngineFailed(f"the prompt has {prompt} tokens, and {self._name} reads at most {window - 1}")
        return SamplingParams(
            temperature=request.temperature,
            top_p=TOP_P if request.temperature > 0 else 1.0,
            max_tokens=min(request.max_tokens, window - prompt),
            # On a CPU a seeded prompt that is read in parts ends vLLM: its generators have no offset.
            seed=None if current_platform.is_cpu() else request.seed,
            logprobs=TOP if request.log_probs else None,
            skip_special_tokens=False,  # the marks of a thought may be special
            output_kind=RequestOutputKind.DELTA,
        )

    def _prompt_ids(self, prompt: str) -> list[int]:
        length, ids = self._known.find(prompt)
        if not length:
            whole = self._tokenizer(prompt, add_special_tokens=not begins_itself(self._tokenizer, prompt))
            ids = list(whole.input_ids)
        elif length < len(prompt):
            behind = encode_behind(self._encode, self._decode, ids, prompt[length:])
            ids = [*ids, *(self._encode(prompt[length:]) if behind is None else behind)]
        if not ids:
            raise ValueError("the prompt must not be empty")
        return ids

    def _encode(self, text: str) -> list[int]:
        return list(self._tokenizer(text, add_special_tokens=False).input_ids)

    def _decode(self, ids: list[int]) -> str:
        return str(self._tokenizer.decode(ids, skip_special_tokens=False))


def _chance(tops: Any, token: int) -> ServedChance:
    """Return the chance of a token, from vLLM's table of the likeliest ones and it."""
    return ServedChance(min(0.0, tops[token].logprob), entropy_bound([one.logprob for one in tops.values()]))

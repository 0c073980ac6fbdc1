"""Completes prompts with a model in this process, one after the other."""

import secrets
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from midthought.ingest.language_model import Answer, Completion, CompletionRequest, Finish
from midthought.memory.errors import BadSettings, EngineFailed
from midthought.reasoner.engines.answer_text import cut_thought, mark_thought, opens_thought
from midthought.reasoner.engines.chat_prompt import write_chat
from midthought.reasoner.engines.sampling import Sampler

if TYPE_CHECKING:
    from midthought.reasoner.engines.base import TokenStream
    from midthought.reasoner.engines.model_loading import LoadedModel
    from midthought.reasoner.engines.prompt_tokens import PromptTokens

Read = Callable[[str], "PromptTokens"]
Write = Callable[["PromptTokens", Sampler, int], "TokenStream"]


def load_or_refuse(load: Callable[[], "LoadedModel"]) -> "LoadedModel":
    """Return the model. Raises `BadSettings` if it cannot be loaded: no request can succeed then."""
    try:
        return load()
    except EngineFailed as cause:
        raise BadSettings(f"{cause}; see the setting 'model'") from cause


def complete_request(loaded: "LoadedModel", request: CompletionRequest, read: Read, write: Write) -> Answer:
    """Return the answer of a model, or why it has none to this request.

    Args:
        loaded: the model.
        request: what is asked; its schema is without effect.
        read: makes tokens of a prompt.
        write: continues a prompt by at most a number of tokens.
    """
    started = time.perf_counter()
    try:
        prompt = write_chat(loaded.tokenizer, request.messages, loaded.marks)
        tokens = read(prompt)
        room = min(request.sampling.max_tokens, loaded.window - len(tokens.ids))
        pieces = [token.text for token in write(tokens, _sampler(request), room)]
    except EngineFailed as error:
        return error
    ended = len(pieces) < room
    read_text = mark_thought if request.shows_thought else cut_thought
    return Completion(
        read_text("".join(pieces), opened=opens_thought(prompt)),
        Finish.STOP if ended else Finish.LENGTH,
        len(tokens.ids),
        len(pieces) + ended,  # the end of text is a token too
        tokens.reused,
        time.perf_counter() - started,
    )


def _sampler(request: CompletionRequest) -> Sampler:
    drawn = request.sampling
    # Without a seed a request that is asked again must be able to get another answer.
    seed = secrets.randbits(63) if drawn.seed is None else drawn.seed
    return Sampler(drawn.temperature, drawn.top_p, seed)

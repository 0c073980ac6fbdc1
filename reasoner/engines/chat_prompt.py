"""Messages as the one text that a model in this process reads."""

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from midthought.memory.errors import EngineFailed
from midthought.memory.records.control_marks import disarm_marks

if TYPE_CHECKING:
    from midthought.ingest.language_model import PromptMessage


def write_chat(tokenizer: Any, messages: "Sequence[PromptMessage]", marks: re.Pattern[str]) -> str:
    """Return the chat template around `messages`, and the turn of the model opened.

    Control tokens in the messages lose their meaning. Without a template the messages are joined by blank lines.

    Args:
        tokenizer: one of transformers.
        messages: at least one.
        marks: matches the special tokens of the tokeniser.

    Raises:
        EngineFailed: the template refuses the messages, as some do with a message of the system.
    """
    turns = [{"role": one.role, "content": disarm_marks(one.text, marks)} for one in messages]
    if tokenizer.chat_template is None:
        return "\n\n".join(turn["content"] for turn in turns) + "\n\n"
    from jinja2 import TemplateError  # a requirement of chat templates in transformers

    try:
        return str(tokenizer.apply_chat_template(turns, tokenize=False, add_generation_prompt=True))
    except TemplateError as cause:
        raise EngineFailed(f"the chat template refuses the messages: {cause}") from cause


def special_marks(tokenizer: Any) -> re.Pattern[str]:
    """Return the pattern of the tokeniser's special tokens (one that never matches if there is none)."""
    special = {str(token) for token in tokenizer.added_tokens_decoder.values() if token.special}
    return re.compile("|".join(re.escape(token) for token in sorted(special, key=len, reverse=True)) or r"(?!)")


def begins_itself(tokenizer: Any, prompt: str) -> bool:
    """Whether a prompt has the begin-of-text token already: a second one makes models worse."""
    return bool(tokenizer.bos_token) and prompt.startswith(tokenizer.bos_token)

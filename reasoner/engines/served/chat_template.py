"""The chat template and the tokeniser of a model that runs elsewhere, from its directory."""

import importlib.util
from functools import cached_property
from pathlib import Path
from threading import Lock
from typing import Any

from midthought.ingest.language_model import PromptMessage
from midthought.memory.errors import BadSettings, MissingExtra
from midthought.reasoner.engines.chat_prompt import begins_itself, special_marks, write_chat
from midthought.reasoner.engines.thinking_formats import ThinkingFormat, find_format


class ChatTemplate:
    """Writes chats and makes token ids. Threads may share it; the files are read at the first use.

    Args:
        folder: with ``tokenizer.json`` and ``tokenizer_config.json``, as a model is published; no weights are needed.

    Raises:
        BadSettings: there is no such directory.
        MissingExtra: transformers is not installed.
    """

    def __init__(self, folder: Path) -> None:
        if not folder.is_dir():
            raise BadSettings(f"setting 'model_tokenizer': {folder} is not a directory")
        if importlib.util.find_spec("transformers") is None:
            raise MissingExtra("transformers", extra="st", purpose="the setting 'model_tokenizer'")
        self._folder = folder
        self._lock = Lock()

    def write(self, question: str) -> str:
        """Return the prompt that asks a question. Raises `EngineFailed` if the template refuses it."""
        return write_chat(self._tokenizer, (PromptMessage("user", question),), special_marks(self._tokenizer))

    def encode(self, text: str) -> list[int]:
        """Return the ids of a text, with no token added."""
        with self._lock:  # a tokeniser of Rust is not safe for threads that change its options
            ids: list[int] = self._tokenizer(text, add_special_tokens=False).input_ids
        return ids

    def decode(self, ids: list[int]) -> str:
        """Return the text of ids, with every mark."""
        return str(self._tokenizer.decode(ids, skip_special_tokens=False, clean_up_tokenization_spaces=False))

    def encode_whole(self, text: str) -> list[int]:
        """Return the ids of a whole prompt, with the token that begins texts if it lacks it."""
        with self._lock:
            begun = begins_itself(self._tokenizer, text)
            ids: list[int] = self._tokenizer(text, add_special_tokens=not begun).input_ids
        return ids

    def find_format(self) -> ThinkingFormat:
        """Return how the model marks its thought."""
        return find_format(self._tokenizer)

    @cached_property
    def _tokenizer(self) -> Any:
        from transformers import AutoTokenizer

        try:
            return AutoTokenizer.from_pretrained(self._folder, local_files_only=True)
        except (OSError, ValueError) as cause:
            raise BadSettings(f"setting 'model_tokenizer': {self._folder} holds no tokeniser: {cause}") from cause

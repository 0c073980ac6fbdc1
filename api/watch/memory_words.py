"""What operations are called in the GenAI conventions of OpenTelemetry, of which the words for memories are a part.

The conventions are of `open-telemetry/semantic-conventions-genai`, version 0.1.0. A namespace is what they call a
memory store, an entry is a memory record.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from midthought.api.operations.drafts import AcceptDrafts
from midthought.api.operations.entries import AddEntries, ForgetEntry, PatchEntry, ReviseEntry
from midthought.api.operations.namespaces import CreateNamespace, ForgetNamespace
from midthought.api.operations.request import Request

OPERATION = "gen_ai.operation.name"
PROVIDER = "gen_ai.provider.name"
MODEL = "gen_ai.request.model"
STORE_ID = "gen_ai.memory.store.id"
RECORD_ID = "gen_ai.memory.record.id"
RECORD_COUNT = "gen_ai.memory.record.count"
QUERY_TEXT = "gen_ai.memory.query.text"
RECORDS = "gen_ai.memory.records"
ERROR = "error.type"


class MemoryWord(StrEnum):
    """What is done to a memory."""

    SEARCH = "search_memory"
    CREATE = "create_memory"
    UPDATE = "update_memory"
    UPSERT = "upsert_memory"
    DELETE = "delete_memory"
    CREATE_STORE = "create_memory_store"
    DELETE_STORE = "delete_memory_store"


@dataclass(frozen=True, slots=True)
class MemoryCall:
    """One operation in these words.

    Attributes:
        record_id: the entry that it is about; empty if it is about several or none.
        count: of entries that it tries to write or delete; None if it is about none.
    """

    word: MemoryWord
    record_id: str = ""
    count: int | None = None


def describe_call(request: Request[Any]) -> MemoryCall | None:
    """Return an operation in words of the conventions; None if they have none for it.

    Without an id, a deletion would say that every entry of the namespace is deleted: there is no such call.
    """
    match request:
        case AddEntries(entries=entries, dry_run=False):  # what is known gains a source, what is not is new
            return MemoryCall(MemoryWord.UPSERT, count=len(entries))
        case AcceptDrafts(ids=ids):
            return MemoryCall(MemoryWord.CREATE, count=len(ids))
        case ReviseEntry(entry_id=entry_id) | PatchEntry(entry_id=entry_id):
            return MemoryCall(MemoryWord.UPDATE, entry_id, 1)
        case ForgetEntry(entry_id=entry_id) if entry_id.strip():
            return MemoryCall(MemoryWord.DELETE, entry_id, 1)
        case CreateNamespace():
            return MemoryCall(MemoryWord.CREATE_STORE)
        case ForgetNamespace():
            return MemoryCall(MemoryWord.DELETE_STORE)
    return None


_CHAT = ("/chat/completions", "/responses", "/messages")


def name_model_call(path: str) -> tuple[str, str]:
    """Return the operation and the provider of a request to a model server, by its path; empty for what is none.

    The provider says whose format it is: of a server with the API of OpenAI, that is OpenAI's.
    """
    route = path.partition("?")[0].rstrip("/")
    if route.endswith(_CHAT):
        return "chat", "anthropic" if route.endswith("/messages") else "openai"
    if route.endswith("/completions"):
        return "text_completion", "openai"
    if route.endswith("/embeddings"):
        return "embeddings", "openai"
    return "", ""

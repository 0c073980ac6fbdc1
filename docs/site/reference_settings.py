"""Every setting, from the dataclass that the settings are."""

from dataclasses import Field, fields
from enum import StrEnum
from typing import Any

from md_parts import attributes_of, code, table

from midthought.api.chat_query_reasoner import ChatQueryReasoner
from midthought.api.setting_values import choices_of
from midthought.api.settings import Settings
from midthought.reasoner.engines.model_endpoint import ModelEndpoint
from midthought.reasoner.thought.triggers.trigger_settings import TriggerSettings
from midthought.retrieval.encoders.registry import EncoderEndpoint

HEAD = """# All settings

Made from the definition of the settings. `port` in `midthought.toml` is `MIDTHOUGHT_PORT` in the environment, and so on
for all. Where a setting is looked for, what the longer ones mean, and examples: [settings](../settings.md).
"""


PARTS = {
    "EncoderEndpoint": ("encoder_", EncoderEndpoint),
    "ModelEndpoint": ("model_", ModelEndpoint),
    "ChatQueryReasoner": ("query_reasoner_", ChatQueryReasoner),
    "TriggerSettings": ("", TriggerSettings),
}
"""Where the settings of a part are described, and what stands before its names in the settings."""


def settings_page() -> str:
    """Return the page: one row per setting, in the order of the definition."""
    meanings = attributes_of(Settings.__doc__)
    rows = [(code(one.name), takes(one), _default(one),
             meaning_of(one.name, meanings)) for one in fields(Settings)]  # fmt: skip
    return f"{HEAD}\n{table(('key', 'takes', 'default', 'meaning'), rows)}"


def meaning_of(name: str, meanings: dict[str, str]) -> str:
    """Return what a setting means; one that is described together with others, by its part if that says more."""
    said = meanings.get(name, "")
    for part, (prefix, described) in PARTS.items():
        if f"see `{part}`" in said.replace("See", "see"):
            more = attributes_of(described.__doc__).get(name.removeprefix(prefix), "")
            head = (
                said.replace("See", "see")
                .replace("; an empty URL for none", "")
                .partition(f"see `{part}`")[0]
                .rstrip("; .")
            )
            return f"{head}: {more}" if more else head
    return said


def takes(field: "Field[Any]") -> str:
    """Return which values a setting takes: its choices, its bounds, or its type."""
    if "registry" in field.metadata:
        others = ", or a name" if field.metadata.get("open") else ""
        return ", ".join(code(one) for one in choices_of(field) if one) + others
    if isinstance(field.type, type) and issubclass(field.type, StrEnum):
        return ", ".join(code(one.value) for one in field.type)
    kind = _kind(field)
    low, high = field.metadata.get("bounds", (None, None))
    return f"{kind}, {low:,} to {high:,}" if high is not None else kind


def _kind(field: "Field[Any]") -> str:
    name = str(getattr(field.type, "__name__", field.type)).removesuffix(" | None")
    words = {"str": "text", "int": "whole number", "float": "number", "bool": "`true`, `false`", "Path": "path",
             "Keyring": "keys", "TrafficPolicies": "table"}  # fmt: skip
    for one in str(field.type).split(" | "):
        name = one.rpartition(".")[2].strip("'>") if one != "None" else name
    secret = ", secret" if field.metadata.get("secret") else ""
    return f"{words.get(name, words.get(str(getattr(field.type, '__name__', '')), name))}{secret}"


def _default(field: "Field[Any]") -> str:
    value = getattr(field.default, "value", field.default)
    if isinstance(value, bool):
        return code(str(value).lower())
    return code(str(value)) if isinstance(value, int | float | str) or type(value).__name__.endswith("Path") else ""

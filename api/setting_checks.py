"""What each setting may be, beyond its type. Each function raises `BadSettings` that names the setting."""

from dataclasses import Field, fields
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from midthought.api.setting_values import choices_of
from midthought.memory.errors import BadInput, BadSettings
from midthought.memory.indexes.vectors.kinds import AUTO
from midthought.memory.records.namespace import Namespace
from midthought.reasoner.engines.thinking_formats import find_format_by_name
from midthought.reasoner.spans.delimiters import Delimiters
from midthought.reasoner.thought.think_settings import check_temperature
from midthought.reasoner.thought.triggers.trigger import read_triggers, split_names
from midthought.reasoner.thought.triggers.trigger_settings import TriggerSettings

if TYPE_CHECKING:
    from midthought.api.settings import Settings


def check_settings(settings: "Settings") -> None:
    """Each setting is one that can be, and so are those that depend on each other."""
    try:
        Namespace(settings.namespace)
    except BadInput as error:
        raise BadSettings(f"setting 'namespace': {error}") from None
    for one in fields(settings):
        if "bounds" in one.metadata:
            check_range(one.name, getattr(settings, one.name), *one.metadata["bounds"])
        if "registry" in one.metadata:
            check_choice(one, getattr(settings, one.name))
    for name in ("max_unpacked_mb", "max_records", "max_thought_characters"):
        check_cap(name, getattr(settings, name))
    check_temperature_setting(settings.temperature)
    check_triggers(settings.trigger, settings.tag_open, settings.tag_close)
    if settings.thinking != AUTO:
        find_format_by_name(settings.thinking)
    check_delimiters(settings.quote_open, settings.quote_close)
    check_url(settings.url)
    check_scheme("encoder_url", settings.encoder_url)
    check_scheme("query_reasoner_url", settings.query_reasoner_url)
    check_scheme("model_url", settings.model_url)
    check_upstream(settings.upstream, settings.upstream_key)
    settings.milvus  # noqa: B018  # an address that cannot be is an error here
    if settings.model_url and not settings.model:
        raise BadSettings("setting 'model_url' needs 'model', the name of the model at that server")
    if not (settings.api_key.isascii() and settings.api_key.isprintable()):
        raise BadSettings("setting 'api_key': a key must be printable ASCII text")
    if settings.backup_every and settings.backups is None:
        raise BadSettings("setting 'backup_every' needs 'backups', the directory to make them in")
    if not settings.host:
        raise BadSettings("setting 'host' must not be empty")


def check_cap(name: str, value: int | None) -> None:
    """A cap of sources is 1 or more."""
    if value is not None and value < 1:
        raise BadSettings(f"setting {name!r} must be 1 or more, got {value}: leave it out for no cap")


def check_temperature_setting(value: float) -> None:
    """The temperature is one that can be drawn with."""
    try:
        check_temperature("temperature", value)
    except ValueError as error:
        raise BadSettings(f"setting 'temperature': {error}") from None


def check_triggers(names: str, opening: str, closing: str) -> None:
    """Triggers are known, and the marks of `tag` can be told apart."""
    try:
        read_triggers(split_names(names))
    except ValueError as error:
        raise BadSettings(f"setting 'trigger': {error}") from None
    try:
        TriggerSettings(tag_open=opening, tag_close=closing)
    except ValueError as error:
        raise BadSettings(f"settings 'tag_open' and 'tag_close': {error}") from None


def check_delimiters(opening: str, closing: str) -> None:
    """The marks around quotes can be told apart."""
    try:
        Delimiters(opening, closing)
    except ValueError as error:
        raise BadSettings(f"settings 'quote_open' and 'quote_close': {error}") from None


def check_scheme(name: str, url: str) -> None:
    """A URL of a server has a scheme and a port that exist."""
    if url and not url.startswith(("http://", "https://")):
        raise BadSettings(f"setting {name!r} must start with http:// or https://, got {url!r}")
    try:
        _ = urlsplit(url).port
    except ValueError as error:
        raise BadSettings(f"setting {name!r} is no URL ({error}), got {url!r}") from None


def check_url(url: str) -> None:
    """The URL of a service names a host."""
    check_scheme("url", url)
    parts = urlsplit(url)
    is_valid = not url or (url.isascii() and parts.hostname and parts.port != 0 and ".." not in parts.hostname)
    if not is_valid:
        raise BadSettings(f"setting 'url' must be a host in ASCII, as in http://127.0.0.1:8377, got {url!r}")


def check_upstream(url: str, key: str) -> None:
    """The upstream is a base URL, and its key can be a header."""
    check_scheme("upstream", url)
    parts = urlsplit(url)
    if url and (not parts.hostname or parts.query or parts.fragment or "@" in parts.netloc):
        raise BadSettings(f"setting 'upstream' must be a base URL, as in http://localhost:8000/v1, got {url!r}")
    if parts.path.rstrip("/").endswith(("/completions", "/responses", "/messages", "/models")):
        raise BadSettings(f"setting 'upstream' must end before or behind /v1, as in http://localhost:8000, got {url!r}")
    if key and not url:
        raise BadSettings("setting 'upstream_key' needs 'upstream', the URL of the model server")
    if not (key.isascii() and key.isprintable()):
        raise BadSettings("setting 'upstream_key': a key must be printable ASCII text")


def check_range(name: str, value: float | None, low: float, high: float) -> None:
    """A number is within its bounds."""
    if value is not None and not low <= value <= high:
        raise BadSettings(f"setting {name!r} must be {low}..{high}, got {value}")


def check_choice(setting: "Field[Any]", value: str) -> None:
    """A name is one of the registry's."""
    if not setting.metadata.get("open") and value not in choices_of(setting):
        known = ", ".join(filter(None, choices_of(setting)))
        raise BadSettings(f"setting {setting.name!r} must be one of {known}, got {value!r}")

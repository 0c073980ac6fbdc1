"""Who calls a service, and what that allows: the one place that decides."""

from dataclasses import dataclass

from midthought.memory.errors import NotAllowed
from midthought.memory.records.api_key import EVERY, Scope, opens
from midthought.memory.records.namespace import Namespace, missing_namespace

OF_SETTINGS = "settings-"
"""Begins the ids of the keys of the settings; those of the store are hexadecimal digits."""


@dataclass(frozen=True, slots=True)
class CallerKey:
    """The key that a request came with. It holds no secret, so that it may be logged.

    Where None stands for a caller, that is a program on this machine at a service without keys: it may do everything.

    Attributes:
        id: public and stable; ``settings-1`` is the first key of the setting `api_keys`.
        namespaces: the names of those that it opens; `EVERY` for all.
        scope: the most that it may do in them.
    """

    id: str
    namespaces: tuple[str, ...] = (EVERY,)
    scope: Scope = Scope.ADMIN

    @property
    def is_of_settings(self) -> bool:
        """Whether it is a key of the setting `api_keys`, which lasts as long as the process."""
        return self.id.startswith(OF_SETTINGS)

    @property
    def opens_all(self) -> bool:
        """Whether the key is good for every namespace."""
        return EVERY in self.namespaces

    def opens(self, namespace: Namespace) -> bool:
        """Whether the key is good for a namespace."""
        return opens(self.namespaces, namespace)


NOBODY = CallerKey("", (), Scope.READ)
"""Who asks for what needs no key: it opens no namespace."""


def may(caller: CallerKey | None, needed: Scope) -> bool:
    """Whether the key of a caller has the scope that is needed."""
    return caller is None or caller.scope.allows(needed)


def check_scope(caller: CallerKey | None, needed: Scope) -> None:
    """Raise `NotAllowed` if the key of a caller has not the scope that is needed."""
    if caller is not None and not may(caller, needed):
        raise NotAllowed(f"this needs a key with the scope {needed}, and that of this key is {caller.scope}")


def check_every(caller: CallerKey | None) -> None:
    """Raise `NotAllowed` if a caller may not ask for all namespaces."""
    if caller is not None and not caller.opens_all:
        raise NotAllowed("this needs a key for all namespaces, and this key opens some")


def check_namespace(caller: CallerKey | None, namespace: Namespace, *, may_begin: bool = False) -> None:
    """Raise `NotFound`, as for a namespace that does not exist, if the key of a caller does not open one.

    With `may_begin` the request would make a namespace that does not exist, so that it cannot be answered as if there
    were none: it raises `NotAllowed`. Neither says whether the namespace exists, and nothing looks.
    """
    if caller is None or caller.opens(namespace):
        return
    if may_begin:
        raise NotAllowed(f"this key does not open a namespace {namespace}, and may not make it")
    raise missing_namespace(namespace)


def explain_missing(caller: CallerKey | None, name: str, told: str) -> str:
    """Return what a caller is told of a namespace that is not there.

    A key that opens some namespaces is told that it may be the reason, whether it opens this one or not.
    """
    if caller is None or caller.opens_all or not tells_missing(name, told):
        return told
    return f"{told}; or this key does not open it"


def tells_missing(name: str, told: str) -> bool:
    """Whether an error tells that a namespace is not there."""
    return told.startswith(f"there is no namespace {name}:")

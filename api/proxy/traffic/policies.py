"""Which namespaces learn from what passes through the proxy, and what their traces wait for."""

from dataclasses import dataclass
from enum import StrEnum

from midthought.memory.errors import BadInput
from midthought.memory.records.namespace import Namespace


class TrafficPolicy(StrEnum):
    """When a trace of the traffic is learnt, and as what."""

    FEEDBACK = "feedback"
    """When somebody said whether its run was right."""
    CHECKER = "checker"
    """Judged by the answer that the request expected, or by other attempts at its question."""
    UNJUDGED = "unjudged"
    """At once, without a verdict."""


@dataclass(frozen=True, slots=True)
class TrafficPolicies:
    """The names of the namespaces that opted in, each with its policy; no other namespace keeps anything."""

    named: tuple[tuple[str, TrafficPolicy], ...] = ()

    def __bool__(self) -> bool:
        return bool(self.named)

    @property
    def namespaces(self) -> tuple[Namespace, ...]:
        """The namespaces that opted in."""
        return tuple(Namespace(name) for name, _ in self.named)

    def find(self, namespace: Namespace) -> TrafficPolicy | None:
        """Return the policy of a namespace; None if it did not opt in."""
        return next((policy for name, policy in self.named if name == namespace.name), None)


def read_policies(given: object) -> TrafficPolicies:
    """Return what a setting gives: ``alice=feedback,bob=unjudged`` as text, or a table. Raises `ValueError`.

    >>> read_policies("alice=feedback").named
    (('alice', <TrafficPolicy.FEEDBACK: 'feedback'>),)
    """
    match given:
        case TrafficPolicies():
            return given
        case str():
            parts = [part.strip().partition("=") for part in given.split(",") if part.strip()]
            named = [(name.strip(), policy.strip()) for name, _, policy in parts]
        case dict():
            named = list(given.items())
        case _:
            raise ValueError("expected namespaces with their policies, as in alice=feedback,bob=unjudged")
    if len({name for name, _ in named}) < len(named):
        raise ValueError("expected one policy for each namespace")
    return TrafficPolicies(tuple((_read_name(name), _read_policy(name, policy)) for name, policy in named))


def _read_name(name: object) -> str:
    try:
        return Namespace(str(name)).name
    except BadInput as error:
        raise ValueError(str(error)) from None


def _read_policy(name: object, policy: object) -> TrafficPolicy:
    if policy not in tuple(TrafficPolicy):
        raise ValueError(f"expected one of {', '.join(TrafficPolicy)} for the namespace {name}, got {policy!r}")
    return TrafficPolicy(str(policy))

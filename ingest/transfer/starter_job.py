"""The operation that planted the starter memory: its id depends on the namespace, so an export names it by a word."""

from midthought.memory.records.ids import content_id
from midthought.memory.records.namespace import Namespace

STARTER = "starter"
"""What an export calls it."""


def starter_job(namespace: Namespace) -> str:
    """Return the id `plant_starter` gives its operation in a namespace."""
    return content_id("o", namespace.name, STARTER)

"""Every operation there is, found in the modules that define them."""

from midthought.api.operations import (
    calibration,
    concepts,
    drafts,
    entries,
    jobs,
    namespaces,
    reason,
    recall,
    trajectories,
    upkeep,
)
from midthought.api.operations.codec import Operation
from midthought.api.operations.request import Request

OPERATIONS: tuple[Operation, ...] = tuple(
    member
    for module in (trajectories, jobs, entries, concepts, drafts, recall, reason, calibration, namespaces, upkeep)
    for member in vars(module).values()
    if isinstance(member, type) and issubclass(member, Request) and member.__module__ == module.__name__
)
"""Every operation, in the order in which the modules define them."""

"""Every operation there is, found in the modules that define them."""

from midthought.api.operations import (
    calibration,
    concepts,
    drafts,
    entries,
    feedback,
    harvest,
    job_reports,
    jobs,
    keys,
    namespaces,
    reason,
    recall,
    recall_batch,
    retention,
    runs,
    sessions,
    traffic,
    trajectories,
    upkeep,
    upkeep_jobs,
    utility,
)
from midthought.api.operations.codec import Operation
from midthought.api.operations.request import Request

_OF_ENTRIES = (trajectories, jobs, entries, concepts, drafts)
_OF_USE = (recall, recall_batch, reason, sessions, runs, feedback, traffic, utility, calibration)
OPERATIONS: tuple[Operation, ...] = tuple(
    member
    for module in (*_OF_ENTRIES, *_OF_USE, namespaces, retention, keys, upkeep, upkeep_jobs, job_reports, harvest)
    for member in vars(module).values()
    if isinstance(member, type) and issubclass(member, Request) and member.__module__ == module.__name__
    # One whose result is open is what others share.
    if not getattr(member, "__parameters__", ())
)
"""Every operation, in the order in which the modules define them."""

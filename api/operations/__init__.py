"""What the API can do: one class per operation, from which the methods, the routes and the clients are made."""

from midthought.api.operations.entries import AddEntries, ForgetEntry, GetEntry, GetHistory, ListEntries, ReviseEntry
from midthought.api.operations.namespaces import (
    CreateNamespace,
    ForgetNamespace,
    GetStats,
    ListDuplicates,
    ListNamespaces,
    SetNamespace,
)
from midthought.api.operations.recall import GetRun, ListReceipts, Recall
from midthought.api.operations.trajectories import (
    ForgetTrajectory,
    GetJob,
    GetTrajectory,
    ListJobs,
    ListRejections,
    ListTrajectories,
    UploadTrajectories,
)
from midthought.api.operations.upkeep import (
    CheckIntegrity,
    Compact,
    Export,
    Import,
    ListGenerations,
    Reindex,
    Repair,
    WarmUp,
    WriteBackup,
)

OPERATIONS = (
    UploadTrajectories,
    ListTrajectories,
    GetTrajectory,
    ForgetTrajectory,
    AddEntries,
    ListEntries,
    GetEntry,
    GetHistory,
    ReviseEntry,
    ForgetEntry,
    Recall,
    ListJobs,
    GetJob,
    ListRejections,
    GetRun,
    ListReceipts,
    ListDuplicates,
    GetStats,
    ListNamespaces,
    CreateNamespace,
    SetNamespace,
    ForgetNamespace,
    ListGenerations,
    Repair,
    CheckIntegrity,
    Compact,
    Reindex,
    WriteBackup,
    Export,
    Import,
    WarmUp,
)
"""Every operation, in the order of the reference pages."""

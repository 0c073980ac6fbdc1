"""Every operation answers alike in process, over ASGI and over a socket, awaited or not: results and errors."""

import asyncio
import inspect
import json
from collections.abc import Awaitable, Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import fields, is_dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
import uvicorn
from fastapi import FastAPI
from fastapi.testclient import TestClient

from midthought.api.keyring import ApiKey, Keyring
from midthought.api.operations.catalogue import OPERATIONS
from midthought.api.operations.keys import MadeKey
from midthought.api.operations.request import StoreRead
from midthought.api.operations.sessions import SessionOpened
from midthought.api.operations.upkeep_jobs import HarvestTask, StartBackup, StartCompact, StartHarvest, StartReindex
from midthought.api.python.async_client import AsyncClient
from midthought.api.python.client import Client
from midthought.api.python.interface import MemoryInterface
from midthought.api.python.memory import Memory, core_of, open_memory
from midthought.api.rest.connections import limits_of_process, server_config
from midthought.api.settings import Settings
from midthought.api.upkeep_tasks import UpkeepPlan
from midthought.ingest.transfer.layout import ExportManifest
from midthought.memory.database.tables.api_keys import insert_key, revoke_key
from midthought.memory.errors import BadInput, MidthoughtError
from midthought.memory.maintenance.backup import Backup
from midthought.memory.records.api_key import Scope, StoredKey, digest_of_key
from midthought.memory.records.batch import Batch, TrajectoryWrite
from midthought.memory.records.dead_letter import DeadLetter
from midthought.memory.records.draft import DraftWrite
from midthought.memory.records.entry import Concept, ConceptKind, Parameter, Provenance, StoredEntry, WorkedCheck
from midthought.memory.records.ids import content_id
from midthought.memory.records.job import Counts, Job, JobState
from midthought.memory.records.job_request import JobRequest
from midthought.memory.records.link import RecognisedLink
from midthought.memory.records.namespace import DEFAULT_NAMESPACE, Namespace
from midthought.memory.records.retention import KeepLimit, Protection, RetentionChange
from midthought.memory.records.run import EntryRole, ReceiptRow, RunEntry, RunRow
from midthought.memory.records.step import Step, StepKind
from midthought.memory.records.trajectory import Part, Span, Trajectory
from midthought.memory.store_reader import StoreReader
from midthought.reasoner.engines.scripted import make_demo_engine
from midthought.reasoner.spans.segments import Segment
from midthought.reasoner.spans.span_settings import SpanMode, SpanSettings
from midthought.reasoner.thought.think_settings import ThinkSettings
from midthought.retrieval.abstention.judged import JudgedQuery
from midthought.retrieval.encoders.hashing import HashingEncoder

from ..running_server import run_uvicorn
from .async_twin import SOURCES, make_twin
from .conftest import LESSON, PROCEDURE, TRACE, ServiceTransport, service_over

CONCEPT = Concept(
    "Pigeonhole",
    ConceptKind.STRUCTURE,
    "More things than places: two share one.",
    parameters=(Parameter("n", "int", "how many places"),),
    cues=("more than",),
    check=WorkedCheck("Three in two.", "result = 2", "2"),
)
USES = (RunEntry(PROCEDURE.id, 1, EntryRole.INJECTED, 12, 0, chosen=True), RunEntry("l-0", 2, EntryRole.RECALLED))
RUN = RunRow("r-1", "How many?", "unknown", 7, 0.5, '{"answer":"42","seconds":0.5,"text":"déjà"}', entries=USES)
HARMFUL = [
    replace(RUN, id=f"r-{outcome}-{number}", outcome=outcome, withheld=withheld, holdout=0.5)
    for number in range(20)
    for outcome, withheld in (("wrong", False), ("correct", True))
]
"""Runs that retire a lesson."""
RECEIPT = ReceiptRow("receipt-1", "recall", "How many?", '{"entries":[],"query":"How many?"}', "r-1")
WORDING = replace(PROCEDURE, subroutine="Cut away from yourself.")
SEEDED = StoredKey("0123456789ab", "seeded", ("default",), Scope.READ, datetime(2026, 1, 1))
ENDED = replace(SEEDED, id="0123456789cd", name="ended")
MASTER = "the key of the clients"
SETTINGS = Settings(api_keys=Keyring((ApiKey(MASTER),)))
BAD = {"question": "Q?"}
FIRST_TRAJECTORY = Trajectory("Why?", "Because I think so.", metadata='{"a":[1,"ä"]}')
SPLIT = Trajectory("How?", "With a knife.", "Cut.")
STEPS = (
    Step(Span(Part.THOUGHT, 0, 4), StepKind.PLAN, "how", 1),
    Step(Span(Part.THOUGHT, 4, 13), StepKind.WORK),
    Step(Span(Part.ANSWER, 0, 4), StepKind.RESULT),
)
DRAFTS = [DraftWrite(one, (Provenance(None, "tests"),)) for one in sorted((PROCEDURE, LESSON), key=lambda one: one.id)]
DEAD = Job("o-dead", "ingest", "night.jsonl", JobState.FINISHED, 1, Counts(read=1, merged=1, calls=2, dead_letters=1))
DRY_RUN = content_id("o", "default", "retention", '{"arguments": {"dry_run": true}, "task": "retention"}', 1)
"""The first job of retention."""
STOPPED = Job("o-stopped", "ingest", "more.jsonl", JobState.FAILED, error="the disk is full")
REPORTED = Job("o-9", "import", "memories.json", JobState.FINISHED)
LETTER = DeadLetter("o-dead", "t-1", "subroutine", "How?", "names no passage", "\u00e9", 3)
DRAFTING = Job("o-drafting", "ingest", "traces.jsonl", JobState.FINISHED)
QUOTING = ThinkSettings(samples=2, procedures=1, spans=SpanSettings(SpanMode.VERIFY))
Case = Callable[[Any], Any]
ERRORS = {"BadInput", "NotFound", "BadSettings", "NoModel"}

CALIBRATING = [JudgedQuery(PROCEDURE.key, (PROCEDURE.id,)), JudgedQuery("zebras on the moon")] * 20
CASES: dict[str, list[Case]] = {
    "AddEntries": [
        lambda m: m.add_entries([PROCEDURE, LESSON, CONCEPT]),
        lambda m: m.add_entries([LESSON], source="elsewhere"),
        lambda m: m.add_entries([replace(LESSON, suggestion=" ")]),
        lambda m: m.add_entries([LESSON], namespace="No Way"),
        lambda m: m.add_entries([LESSON, replace(LESSON, suggestion="Leave it."), LESSON], dry_run=True),
        lambda m: m.add_entries("x"),
    ],
    "UploadTrajectories": [
        lambda m: m.ingest([TRACE, BAD]),
        lambda m: m.ingest(TRACE, namespace="second"),
        lambda m: m.ingest([TRACE, BAD], strict=True, namespace="third"),
        lambda m: m.ingest_trajectories([FIRST_TRAJECTORY]),
        lambda m: m.ingest("nowhere.jsonl"),
        lambda m: m.ingest([{"question": object()}]),
        lambda m: m.ingest(TRACE, format="runes"),
        lambda m: m.ingest({"q": "?", "s": "t"}, map={"question": "q", "thought": "s"}, namespace="mapped"),
        lambda m: m.ingest(TRACE, map="question=q", namespace="mapped"),
        lambda m: m.ingest(TRACE, map="question=question,thought=thought", format="own", namespace="mapped"),
    ],
    "Recall": [
        lambda m: m.recall(PROCEDURE.key),
        lambda m: m.recall(CONCEPT.key, k=2, kinds=["concept", "lesson"], since="2000-01-01"),
        lambda m: m.recall(LESSON.key, sources=["elsewhere"], tags=(), until="2999-01-01T00:00+02:00"),
        lambda m: m.recall("zebras on the moon"),
        lambda m: m.recall("zebras on the moon", min_similarity=-1),
        lambda m: m.recall(PROCEDURE.key, min_similarity=1.0, kinds=["lesson"]),
        lambda m: m.recall("x", min_similarity=1.5),
        lambda m: m.recall(PROCEDURE.key, as_of="2000-01-01"),
        lambda m: m.recall(LESSON.key, exclude=[LESSON.id, "p-unknown"], min_similarity=-1),
        lambda m: m.recall(LESSON.key, exclude_question=FIRST_TRAJECTORY.question, min_similarity=-1),
        lambda m: m.recall(LESSON.key, max_tokens=30, min_similarity=-1),
        lambda m: m.recall(LESSON.key, max_tokens=1, min_similarity=-1),
        lambda m: m.recall("zebras on the moon", shadow=True),
        lambda m: m.recall(PROCEDURE.key, explain=True, kinds=["procedure"], exclude=[LESSON.id]),
        lambda m: m.recall("zebras on the moon", explain=True),
        lambda m: m.recall(" ", explain=True),
        lambda m: m.recall("x", exclude="p-unknown"),
        lambda m: m.recall("x", exclude=["\ud800"]),
        lambda m: m.recall("x", exclude_question="a\0b"),
        lambda m: m.recall(LESSON.key, for_question=FIRST_TRAJECTORY.question, min_similarity=-1),
        lambda m: m.recall("x", for_question="a\0b"),
        lambda m: m.recall("x", max_tokens=0),
        lambda m: m.recall("x", max_tokens=10**9),
        lambda m: m.recall(" "),
        lambda m: m.recall("x", k=0),
        lambda m: m.recall("x", kinds=["spell"]),
        lambda m: m.recall("a\0b"),
        lambda m: m.recall("half \ud800"),
        lambda m: m.recall("x", domains=["\ud800"]),
        lambda m: m.recall("x", since="2001-01-01", until="2000-01-01"),
        lambda m: m.recall("x", namespace="typo"),
    ],
    "RecallBatch": [
        lambda m: m.recall_batch([PROCEDURE.key, "zebras on the moon", " "], k=2),
        lambda m: m.recall_batch([LESSON.key], kinds=["lesson"]),
        lambda m: m.recall_batch([]),
        lambda m: m.recall_batch(["x", "a\0b"]),
        lambda m: m.recall_batch(["x"], k=0),
        lambda m: m.recall_batch(["x"], namespace="typo"),
    ],
    "Reason": [
        lambda m: m.reason("How many?", namespace="mapped"),
        lambda m: m.reason("How many?", settings=QUOTING, context=[Segment("a", "Swans.")], namespace="mapped"),
        lambda m: m.reason("How many?", settings=ThinkSettings(evidence=1)),
        lambda m: m.reason("How many?", context=[Segment("question", "x")]),
        lambda m: m.reason(" "),
        lambda m: m.reason("a\0b"),
        lambda m: m.reason("How many?", namespace="typo"),
        lambda m: m.reason("How many?", namespace="No Way"),
    ],
    "Calibrate": [
        lambda m: m.calibrate([]),
        lambda m: m.calibrate([JudgedQuery(PROCEDURE.key, (PROCEDURE.id,)), JudgedQuery("zebras")], error_rate=0.1),
        lambda m: m.calibrate([JudgedQuery("x", ("p-unknown",))]),
        lambda m: m.calibrate([JudgedQuery("a\0b")]),
        lambda m: m.calibrate([], error_rate=0),
        lambda m: m.calibrate(CALIBRATING, error_rate=0.2),
        lambda m: m.recall("zebras on the moon", shadow=True),
        lambda m: m.calibrate([], namespace="typo"),
    ],
    "ClearCalibration": [
        lambda m: m.clear_calibration(),
        lambda m: m.clear_calibration(),
        lambda m: m.clear_calibration(namespace="typo"),
    ],
    "ListEntries": [
        lambda m: m.list_entries(),
        lambda m: m.list_entries(kind="concept", limit=1),
        lambda m: m.list_entries(after=LESSON.id, limit=1),
        lambda m: m.list_entries(origin="starter"),
        lambda m: m.list_entries(unverified=True),
        lambda m: m.list_entries(limit=0),
        lambda m: m.list_entries(kind="spell"),
    ],
    "GetEntry": [
        lambda m: m.get(PROCEDURE.id),
        lambda m: m.get("p-none"),
        lambda m: m.get(" "),
        lambda m: m.get("a/b?c"),
    ],
    "ReviseEntry": [
        lambda m: m.revise(PROCEDURE.id, WORDING, source="editor"),
        lambda m: m.revise("p-none", WORDING),
        lambda m: m.revise(PROCEDURE.id, LESSON),
    ],
    "PatchEntry": [
        lambda m: m.patch(LESSON.id, {"suggestion": LESSON.suggestion}),
        lambda m: m.patch(CONCEPT.id, {"cues": ["more than", "at least two"]}),
        lambda m: m.patch(LESSON.id, {}),
        lambda m: m.patch(LESSON.id, {"suggestion": 7}),
        lambda m: m.patch(LESSON.id, {"subroutine": "x"}),
        lambda m: m.patch(LESSON.id, {"kind": "procedure"}),
        lambda m: m.patch(LESSON.id, {"suggestion": " "}),
        lambda m: m.patch("p-none", {"suggestion": "x"}),
    ],
    "ListLinks": [
        lambda m: m.links(WORDING.id),
        lambda m: m.links(PROCEDURE.id, limit=1),
        lambda m: m.links("p-none"),
        lambda m: m.links(WORDING.id, limit=0),
    ],
    "ListDrafts": [
        lambda m: m.list_drafts(namespace="drafts"),
        lambda m: m.list_drafts(namespace="drafts", after=DRAFTS[0].entry.id, limit=1),
        lambda m: m.list_drafts(limit=0),
        lambda m: m.ingest(TRACE, namespace="drafted", draft=True),
        lambda m: m.list_entries(namespace="drafted"),
    ],
    "EditDraft": [
        lambda m: m.edit_draft(PROCEDURE.id, WORDING, namespace="drafts"),
        lambda m: m.edit_draft(WORDING.id, replace(LESSON, suggestion=" "), namespace="drafts"),
        lambda m: m.edit_draft(WORDING.id, PROCEDURE, namespace="drafts"),
        lambda m: m.edit_draft("p-none", LESSON, namespace="drafts"),
    ],
    "AcceptDrafts": [
        lambda m: m.accept_drafts([WORDING.id, "p-none"], namespace="drafts"),
        lambda m: m.accept_drafts([WORDING.id, WORDING.id], namespace="drafts"),
        lambda m: m.accept_drafts([WORDING.id], namespace="drafts"),
        lambda m: m.accept_drafts([]),
        lambda m: m.accept_drafts("x"),
        lambda m: m.get(WORDING.id, namespace="drafts"),
    ],
    "RejectDrafts": [
        lambda m: m.reject_drafts([LESSON.id, "p-none"], namespace="drafts"),
        lambda m: m.reject_drafts([LESSON.id], namespace="drafts"),
        lambda m: m.reject_drafts([LESSON.id], namespace="drafts"),
        lambda m: m.reject_drafts(["\0"]),
        lambda m: m.stats(namespace="drafts"),
    ],
    "GetHistory": [lambda m: m.history(WORDING.id), lambda m: m.history("p-none")],
    "ForgetEntry": [lambda m: m.forget(CONCEPT.id), lambda m: m.forget(CONCEPT.id)],
    "ListTrajectories": [lambda m: m.list_trajectories(), lambda m: m.list_trajectories(limit=1)],
    "GetTrajectory": [
        lambda m: m.get_trajectory(FIRST_TRAJECTORY.id),
        lambda m: m.get_trajectory("t-none"),
        lambda m: m.get_trajectory("\0"),
    ],
    "GetSteps": [
        lambda m: m.get_steps(SPLIT.id),
        lambda m: m.get_steps(FIRST_TRAJECTORY.id),
        lambda m: m.get_steps("t-none"),
        lambda m: m.get_steps("\0"),
    ],
    "ForgetTrajectory": [lambda m: m.forget(FIRST_TRAJECTORY.id), lambda m: m.forget("t-none")],
    "ListJobs": [lambda m: m.jobs(namespace="jobs"), lambda m: m.jobs(namespace="typo")],
    "GetJob": [lambda m: m.get_job(DEAD.id, namespace="jobs"), lambda m: m.get_job("o-none")],
    "ListRejections": [lambda m: m.rejections("o-none")],
    "ListDeadLetters": [lambda m: m.dead_letters(DEAD.id, namespace="jobs"), lambda m: m.dead_letters("o-none")],
    "WaitJob": [
        lambda m: m.wait_job(DEAD.id, namespace="jobs"),
        lambda m: m.wait_job(DEAD.id, timeout=0, namespace="jobs"),
        lambda m: m.wait_job("o-none"),
        lambda m: m.wait_job(DEAD.id, timeout="soon", namespace="jobs"),
    ],
    "CancelJob": [
        lambda m: m.cancel_job(DEAD.id, namespace="jobs"),
        lambda m: m.cancel_job(STOPPED.id, namespace="jobs"),
        lambda m: m.cancel_job("o-none"),
        lambda m: m.cancel_job("a/b"),
    ],
    "RetryJob": [
        lambda m: m.retry_job(DEAD.id, namespace="jobs"),
        lambda m: m.retry_job(STOPPED.id, namespace="jobs"),
        lambda m: m.retry_job("o-none"),
        lambda m: m.ingest(TRACE, namespace="keyed", idempotency_key="one"),
        lambda m: m.ingest(TRACE, namespace="keyed", idempotency_key="one"),
        lambda m: m.ingest([TRACE, TRACE], namespace="keyed", idempotency_key="one"),
        lambda m: m.ingest(TRACE, namespace="keyed", idempotency_key="\u00e9"),
        lambda m: m.jobs(namespace="keyed"),
    ],
    "OpenSession": [
        lambda m: m.open_session("How many?", triggers=["start", "tag"], recalls=3),
        lambda m: m.open_session("How many?", triggers=["uncertainty"]),
        lambda m: m.open_session("How many?", triggers=["never", "start"]),
        lambda m: m.open_session(" "),
        lambda m: m.open_session("How many?", k=0),
        lambda m: m.open_session("How many?", namespace="typo"),
    ],
    "StepSession": [
        lambda m: m.step_session("s-none", "So", position=0),
        lambda m: m.step_session("s-none", "So", position=-1),
    ],
    "CloseSession": [lambda m: m.close_session("s-none"), lambda m: m.close_session("a/b")],
    "GetRun": [lambda m: m.get_run("r-1"), lambda m: m.get_run("r-2")],
    "ListRuns": [
        lambda m: m.runs(),
        lambda m: m.runs(arm="in-thought", outcome="unknown", entry_id=PROCEDURE.id, limit=5),
        lambda m: m.runs(arm="withheld"),
        lambda m: m.runs(after="r-none"),
        lambda m: m.runs(outcome="maybe"),
    ],
    "CompareRuns": [
        lambda m: m.compare_runs("withheld", "in-thought"),
        lambda m: m.compare_runs("withheld", "a\0b"),
    ],
    "ForgetRun": [lambda m: m.forget_run("r-gone"), lambda m: m.forget_run("r-2")],
    "GiveFeedback": [
        lambda m: m.feedback("r-1", "correct", source="checker", note="déjà"),
        lambda m: m.feedback("r-1", "correct", source="checker", note="déjà"),
        lambda m: m.feedback("r-1", "unknown"),
        lambda m: m.feedback("r-2", "wrong"),
        lambda m: m.runs(outcome="correct"),
    ],
    "ListTraffic": [lambda m: m.traffic(), lambda m: m.traffic(limit=0)],
    "ListUtility": [lambda m: m.utility(), lambda m: m.utility(limit=0)],
    "VerifyEntry": [lambda m: m.verify(PROCEDURE.id), lambda m: m.verify("p-none"), lambda m: m.verify("\0")],
    "RestoreEntry": [lambda m: m.restore_entry(LESSON.id), lambda m: m.restore_entry(PROCEDURE.id)],
    "ListReceipts": [
        lambda m: m.receipts(limit=50),
        lambda m: m.receipts(limit=-1),
        lambda m: m.receipts(after="q-none"),
    ],
    "ListDuplicates": [
        lambda m: m.duplicates(),
        lambda m: m.duplicates(verdict="merged", limit=2),
        lambda m: m.duplicates(verdict="maybe"),
    ],
    "ComposeConcepts": [
        lambda m: m.concepts(),
        lambda m: m.concepts(starter=True),
        lambda m: m.concepts(namespace="typo"),
    ],
    "GetStats": [lambda m: m.stats(), lambda m: m.stats(namespace="typo")],
    "CreateNamespace": [lambda m: m.create_namespace("fresh", starter=False), lambda m: m.create_namespace("../up")],
    "GetNamespace": [lambda m: m.get_namespace("fresh"), lambda m: m.get_namespace("typo")],
    "SetNamespace": [
        lambda m: m.set_namespace("fresh", starter=True),
        lambda m: m.set_namespace(
            "fresh", retention=RetentionChange(runs=KeepLimit(30, 9), protect=Protection.SOURCES)
        ),
        lambda m: m.set_namespace("fresh", retention=RetentionChange(runs=KeepLimit())),
        lambda m: m.set_namespace("fresh"),
        lambda m: m.set_namespace("typo", starter=True),
    ],
    "ApplyRetention": [
        lambda m: m.set_namespace("default", retention=RetentionChange(trajectories=KeepLimit(max_count=0))),
        lambda m: m.apply_retention(dry_run=True),
        lambda m: m.wait_job(DRY_RUN),
        lambda m: m.apply_retention(dry_run=True, retention=RetentionChange(jobs=KeepLimit(max_count=0))),
        lambda m: m.apply_retention(retention=RetentionChange(jobs=KeepLimit(max_count=0))),
        lambda m: m.apply_retention(namespace="typo"),
    ],
    "GetRetentionReport": [lambda m: m.retention_report(DRY_RUN), lambda m: m.retention_report("o-none")],
    "ListNamespaces": [lambda m: m.namespaces()],
    "ForgetNamespace": [lambda m: m.forget_namespace("second"), lambda m: m.forget_namespace("typo")],
    "CreateKey": [
        lambda m: m.create_key("ci", namespaces=["default", "fresh"], scope="write", expires_at="2999-01-01"),
        lambda m: m.create_key("all", namespaces=["*"], scope="admin"),
        lambda m: m.create_key(" ", namespaces=["*"]),
        lambda m: m.create_key("x", namespaces=[]),
        lambda m: m.create_key("x", namespaces=["No Way"]),
        lambda m: m.create_key("x", namespaces=["*"], scope="root"),
    ],
    "ListKeys": [lambda m: m.list_keys()],
    "GetKey": [lambda m: m.get_key(SEEDED.id), lambda m: m.get_key("k-none"), lambda m: m.get_key("a/b")],
    "RotateKey": [
        lambda m: m.rotate_key(SEEDED.id, grace=60),
        lambda m: m.rotate_key("k-none"),
        lambda m: m.rotate_key(SEEDED.id, grace=-1),
    ],
    "RevokeKey": [
        lambda m: m.revoke_key(SEEDED.id),
        lambda m: m.rotate_key(ENDED.id),
        lambda m: m.revoke_key("k-none"),
    ],
    "ListGenerations": [lambda m: m.generations()],
    "Repair": [lambda m: m.repair(), lambda m: m.repair(namespace="typo")],
    "CheckIntegrity": [lambda m: m.check_integrity()],
    "Export": [
        lambda m: m.export("exported.jsonl"),
        lambda m: m.export("exported", format="parquet", vectors=True),
        lambda m: m.export("exported"),
        lambda m: m.export("other.jsonl", format="parquet"),
        lambda m: m.export("other", namespace="typo"),
    ],
    "Import": [
        lambda m: m.import_("exported.jsonl", namespace="copied"),
        lambda m: m.import_("exported", namespace="unpacked", trusted=True),
        lambda m: m.import_("memories.json", namespace="foreign"),
        lambda m: m.import_("nothing.jsonl", namespace="nowhere"),
        lambda m: m.list_entries(namespace="unpacked"),
        lambda m: m.namespaces(),
    ],
    "UploadImport": [lambda m: m.import_("skills", namespace="skilled")],
    "WriteBackup": [lambda m: m.backup("copy"), lambda m: m.backup("copy")],
    "Reindex": [lambda m: m.reindex("hashing")],
    "Compact": [lambda m: m.compact()],
    "WarmUp": [lambda m: m.warm_up()],
    "StartHarvest": [lambda m: m.send(StartHarvest(tasks=(HarvestTask("What is 2 + 2?", "4"),)))],
    "StartBackup": [lambda m: begun(m.send(StartBackup(name="early")))],
    "StartReindex": [
        lambda m: begun(m.send(StartReindex(encoder="hashing"))),
        lambda m: m.send(StartReindex(encoder="/etc")),
    ],
    "StartCompact": [lambda m: begun(m.send(StartCompact()))],
    "GetJobReport": [
        lambda m: after(m.jobs(), lambda jobs: begun(m.wait_job(of_kind("compact", jobs)))),
        lambda m: m.job_report(REPORTED.id, namespace="jobs"),
        lambda m: m.job_report("o-none"),
        lambda m: m.job_report(DEAD.id, namespace="jobs"),
    ],
    "GetUpkeepReport": [
        lambda m: after(m.jobs(), lambda jobs: m.upkeep_report(of_kind("compact", jobs))),
        lambda m: after(m.jobs(), lambda jobs: m.upkeep_report(of_kind("ingest", jobs))),
        lambda m: m.upkeep_report("o-none"),
    ],
    "Harvest": [lambda m: m.harvest("tasks.jsonl")],
}
"""Calls of every operation, good and bad ones, in the order in which they are made on every memory."""

UNEQUAL = {"seq", "request_id", "moment", "encode_ms", "search_ms", "created_at", "drafted_at", "retired_at", "path"}
UNEQUAL |= {"stages", "laps"}
UNEQUAL |= {"bytes_before", "bytes_after"}
UNEQUAL |= {"mark"}  # how far an entry is trusted is compared instead
UNEQUAL |= {"oldest", "newest", "rate", "seconds", "seconds_left", "given_at", "decided_at"}
"""Fields that differ between two memories of the same content."""


def plain(value: Any) -> Any:
    """A result without what differs between two memories."""
    if isinstance(value, ReceiptRow):
        return (value.kind, value.query, value.run_id)
    if isinstance(value, Backup):  # a service has records of its jobs as well
        return (value.store_format, value.folder, dict(value.rows)["entries"], dict(value.rows)["trajectories"])
    if isinstance(value, ExportManifest):
        return (value.version, value.format, value.encoder, [(one.table, one.file, one.rows) for one in value.files])
    if isinstance(value, SessionOpened):  # ids are drawn by chance
        return (value.instruction, value.idle_seconds, value.total_seconds)
    if isinstance(value, MadeKey):  # ids and secrets are drawn by chance
        return plain(value.stored)
    if isinstance(value, StoredKey):
        return (value.name, value.namespaces, value.scope, bool(value.expires_at), bool(value.revoked_at))
    if isinstance(value, StoredEntry):
        return (value.trust, plain(value.entry), value.version, value.provenance, value.origin, value.seen)
    if is_dataclass(value) and not isinstance(value, type):
        named = ((one.name, getattr(value, one.name)) for one in fields(value))
        return type(value).__name__, {name: plain(inner) for name, inner in named if name not in UNEQUAL}
    if isinstance(value, dict):
        return {name: plain(inner) for name, inner in value.items() if name not in UNEQUAL}
    if not isinstance(value, list | tuple):
        return value
    # Receipts of one commit have one time, and are listed by their ids, which are drawn by chance.
    items = [plain(one) for one in value]
    return sorted(items, key=str) if any(isinstance(one, ReceiptRow) for one in value) else items


def after(found: Any, follow: Callable[[Any], Any]) -> Any:
    """What a call gives that needs the result of another one."""
    if not inspect.isawaitable(found):
        return follow(found)

    async def chained() -> Any:
        result = follow(await found)
        return await result if inspect.isawaitable(result) else result

    return chained()


def begun(started: Any) -> Any:
    """What a job is, whatever the runs that it had before."""
    return after(started, lambda job: (job.kind, job.source, job.state))


def of_kind(kind: str, jobs: list[Job]) -> str:
    """The id of the last job of a kind."""
    return [one.id for one in jobs if one.kind == kind][-1]


async def outcomes(face: Any) -> list[tuple[str, int, object]]:
    """What every case ended with, in order: its result, or the class and the words of its error."""
    found: list[tuple[str, int, object]] = []
    for operation, cases in CASES.items():
        for number, case in enumerate(cases):
            try:
                result = case(face)
                result = await result if inspect.isawaitable(result) else result
                result = [one async for one in result] if inspect.isasyncgen(result) else result
                result = list(result) if inspect.isgenerator(result) else result
            except MidthoughtError as error:
                result = type(error).__name__, str(error)
            found.append((operation, number, plain(result)))
    return found


@contextmanager
def seeded(folder: Path) -> Iterator[Memory]:
    """A memory with what no operation writes."""
    folder.parent.joinpath("tasks.jsonl").write_text('{"question": "What is 2 + 2?", "answer": "4"}\n')
    folder.parent.joinpath("memories.json").write_text('[{"id": "a", "memory": "The kettle is in the kitchen"}]')
    skill = folder.parent / "skills" / "halving" / "SKILL.md"
    skill.parent.mkdir(parents=True)
    skill.write_text("---\nname: halving\ndescription: Halve an even number.\n---\nDivide by two.\n")
    with open_memory(folder, encoder=HashingEncoder(), starter=False, engine=make_demo_engine()) as memory:
        core_of(memory).jobs.upkeep.plan = UpkeepPlan(backups=folder.parent / "backups")
        memory.store.writer.record_run(DEFAULT_NAMESPACE, RUN, [RECEIPT])
        memory.store.writer.record_run(DEFAULT_NAMESPACE, replace(RUN, id="r-gone", withheld=True, entries=()))
        for run in HARMFUL:
            role = EntryRole.WITHHELD if run.withheld else EntryRole.INJECTED
            memory.store.writer.record_run(DEFAULT_NAMESPACE, replace(run, entries=(RunEntry(LESSON.id, 1, role),)))
        memory.store.writer.write(Namespace("drafts"), Batch(drafts=tuple(DRAFTS), job=DRAFTING))
        memory.store.writer.write(Namespace("jobs"), Batch(job=DEAD, dead_letters=(LETTER,)))
        memory.store.writer.put_job(Namespace("jobs"), STOPPED)
        memory.store.writer.put_job(Namespace("jobs"), REPORTED)
        did = {"imported": {"format": "mem0", "tables": [], "job": REPORTED.id}}
        told = JobRequest(REPORTED.id, "", "", json.dumps({"task": "import", "report": did}))
        memory.store.writer.put_request(Namespace("jobs"), told)
        with memory.store.transaction() as connection:
            for one in (SEEDED, ENDED):
                insert_key(connection, one, digest_of_key(one.id))
            revoke_key(connection, ENDED.id)
        memory.store.state.api_keys.load(connection)
        memory.add_entries([PROCEDURE])
        link = RecognisedLink(PROCEDURE.id, SPLIT.id, STEPS[0].span, 0.75, "cut", "tests-1")
        memory.store.writer.write(DEFAULT_NAMESPACE, Batch((TrajectoryWrite(SPLIT, "tests-1", STEPS),), links=(link,)))
        yield memory


@contextmanager
def on_socket(memory: Memory) -> Iterator[str]:
    """The service on a free port, in a thread."""
    server = uvicorn.Server(server_config(served(memory), limits_of_process()))
    with run_uvicorn(server) as url:
        yield url


def served(memory: Memory) -> FastAPI:
    """The service over a memory, with the backups of its plan."""
    app = service_over(memory, SETTINGS)
    app.state.settings = replace(SETTINGS, backups=core_of(memory).jobs.upkeep.plan.backups)
    return app


def over_asgi(memory: Memory, stack: ExitStack) -> Client:
    """A client whose requests are handed to the service in this process."""
    service = stack.enter_context(TestClient(served(memory), base_url="http://127.0.0.1"))
    return stack.enter_context(Client("http://127.0.0.1", api_key=MASTER, transport=ServiceTransport(service)))


def over_socket(memory: Memory, stack: ExitStack) -> Client:
    """A client that connects."""
    return stack.enter_context(Client(stack.enter_context(on_socket(memory)), api_key=MASTER))


def async_over_asgi(memory: Memory, stack: ExitStack) -> AsyncClient:
    """The same, awaited."""
    transport = httpx.ASGITransport(service_over(memory, SETTINGS))
    return AsyncClient("http://127.0.0.1", api_key=MASTER, transport=transport)


def async_over_socket(memory: Memory, stack: ExitStack) -> AsyncClient:
    """The same, awaited."""
    return AsyncClient(stack.enter_context(on_socket(memory)), api_key=MASTER)


FACES = [over_asgi, over_socket, async_over_asgi, async_over_socket]


@pytest.fixture(scope="module")
def embedded(tmp_path_factory: pytest.TempPathFactory) -> list[tuple[str, int, object]]:
    """What every case ends with in process."""
    folder = tmp_path_factory.mktemp("embedded")
    with pytest.MonkeyPatch.context() as patch, seeded(folder / "memory") as memory:
        patch.chdir(folder)
        return asyncio.run(outcomes(memory))


def test_every_operation_has_cases() -> None:
    """A new operation must be added here, once each."""
    assert set(CASES) == {one.__name__ for one in OPERATIONS}
    assert len(CASES) == len(OPERATIONS)


@pytest.mark.slow
@pytest.mark.parametrize("face", FACES)
def test_an_operation_answers_alike_on_every_way(
    embedded: list[tuple[str, int, object]],
    face: Callable[[Memory, ExitStack], Any],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Results are equal field by field, errors in class and words, whatever the way."""
    monkeypatch.chdir(tmp_path)

    async def run(reached: Any) -> list[tuple[str, int, object]]:
        found = await outcomes(reached)
        closing: Awaitable[None] | None = reached.close()
        if closing is not None:
            await closing
        return found

    with seeded(tmp_path / "memory") as memory, ExitStack() as stack:
        found = asyncio.run(run(face(memory, stack)))
    for here, there in zip(embedded, found, strict=True):
        assert there == here


def test_the_cases_see_results_and_errors(embedded: list[tuple[str, int, object]]) -> None:
    """Every operation answers once without an error, but those that need a setting, or only read what is missing."""
    good = {
        name
        for name, _, result in embedded
        if not (isinstance(result, list) and result[:1] and str(result[0]) in ERRORS)
    }
    assert {one.__name__ for one in OPERATIONS} - good == {"ListRejections", "StartHarvest", "Harvest"}


@pytest.mark.parametrize("operation", [one for one in OPERATIONS if issubclass(one, StoreRead)])
def test_an_operation_that_only_reads_has_the_arguments_of_the_reader(operation: type[StoreRead[Any]]) -> None:
    """The fields of the request are what the method takes beside the namespace, so the call cannot fail for them."""
    taken = list(inspect.signature(getattr(StoreReader, operation.reads)).parameters)
    assert taken[:2] == ["self", "namespace"]
    assert {one.name for one in fields(operation)} == set(taken[2:])


@pytest.mark.parametrize("name", SOURCES)
def test_the_async_methods_are_those_of_the_interface(root: Path, name: str) -> None:
    """The twin is made from the source: after a change, run ``python tests/api/async_twin.py``."""
    folder = root / "api" / "python"
    assert (folder / f"async_{name}").read_text() == make_twin(name, (folder / name).read_text())


def test_memory_and_client_have_the_same_methods() -> None:
    """Name and signature alike, but for what `Memory.ingest` takes beside."""

    def methods(cls: type) -> dict[str, str]:
        found = inspect.getmembers(cls, inspect.isfunction)
        return {name: str(inspect.signature(one)) for name, one in found if not name.startswith("_")}

    memory, client, awaited = methods(Memory), methods(Client), methods(AsyncClient)
    assert set(client) - set(memory) == {"health"}
    assert set(memory) - set(client) == set()
    assert set(client) == set(awaited)
    shared = methods(MemoryInterface)
    assert {name for name in shared if client[name] != shared[name]} == set()
    assert {name for name in shared if awaited[name] != shared[name]} == set()
    assert {name for name in shared if memory[name] != shared[name]} == {"ingest"}
    taken = [set(inspect.signature(cls.ingest).parameters) for cls in (MemoryInterface, Memory)]
    assert taken[1] - taken[0] == {"limits", "on_explained", "is_stopped", "ray"}
    assert taken[0] < taken[1]


@pytest.mark.slow
def test_a_service_refuses_what_is_out_of_bounds_as_bad_input(tmp_path: Path) -> None:
    """A service has upper bounds that a memory in process does without; the error names the field."""
    with seeded(tmp_path / "memory") as memory, ExitStack() as stack:
        assert memory.recall("x", k=1001).hits == ()
        with pytest.raises(BadInput, match=r"body\.k"):
            over_asgi(memory, stack).recall("x", k=1001)

"""Operations on the whole memory: its generations, its health, and what only the process with the directory can do."""

from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar, TypeVar

from midthought.api.opening import check_path
from midthought.api.operations.as_job import AsJob
from midthought.api.operations.job_reports import JobReport
from midthought.api.operations.request import MemoryCore, Request, Route
from midthought.api.operations.upkeep_jobs import StartBackup, StartCompact, StartReindex, UploadImport
from midthought.ingest.ingestion import Ingestion
from midthought.ingest.progress import OnProgress, Progress, ignore_progress
from midthought.ingest.stream.reader import storable_name
from midthought.ingest.transfer.export import export_namespace
from midthought.ingest.transfer.import_format import ImportFormat
from midthought.ingest.transfer.imports import Imported, import_path
from midthought.ingest.transfer.layout import ExportFormat, ExportManifest
from midthought.memory.errors import BadInput, MidthoughtError
from midthought.memory.maintenance.backup import Backup, write_backup
from midthought.memory.records.api_key import Scope
from midthought.memory.records.compacted import Compacted
from midthought.memory.records.faults import Fault
from midthought.memory.records.generation import Generation
from midthought.memory.records.job import Counts
from midthought.memory.records.namespace import Namespace
from midthought.retrieval.encoders.base import Encoder

Result = TypeVar("Result")
EXPORT_PATH = "/v1/namespaces/{namespace}/export"


def told(part: Result | None) -> Result:
    """Return the part of a report that its job must have."""
    if part is None:
        raise MidthoughtError("the report of the job does not tell what it did: is the service of another version?")
    return part


@dataclass(frozen=True, slots=True, kw_only=True)
class ListGenerations(Request[list[Generation]]):
    """Return the sets of vectors there are, by number: the one that is searched, and those to go back to."""

    route: ClassVar = Route("GET", "/v1/generations")
    result: ClassVar = list[Generation]

    def run(self, memory: MemoryCore, namespace: Namespace) -> list[Generation]:
        """Read them from the store."""
        return memory.store.reader.list_generations()


@dataclass(frozen=True, slots=True, kw_only=True)
class Repair(Request[list[Fault]]):
    """Mend what is wrong with a namespace, and return it."""

    route: ClassVar = Route("POST", "/v1/namespaces/{namespace}/repair", Scope.ADMIN)
    result: ClassVar = list[Fault]

    def run(self, memory: MemoryCore, namespace: Namespace) -> list[Fault]:
        """Mend it in the store, with no switch of encoders in the middle."""
        from midthought.memory.maintenance.repair import repair_namespace

        def repair() -> list[Fault]:
            with memory.store.exclusive():
                return repair_namespace(memory.store, namespace, memory.encoder.encode_documents)

        return memory.store.apart(repair)


@dataclass(frozen=True, slots=True)
class Integrity:
    """How many namespaces were checked, all of them whole."""

    namespaces: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckIntegrity(Request[Integrity]):
    """Answer only if truth and derived indexes agree in every namespace; for keys that open all of them."""

    route: ClassVar = Route("GET", "/v1/integrity", Scope.ADMIN)
    result: ClassVar = Integrity

    def run(self, memory: MemoryCore, namespace: Namespace) -> Integrity:
        """Compare them in the store."""
        checked = memory.store.reader.list_namespaces()
        for one in checked:
            memory.store.check_integrity(one)
        return Integrity(len(checked))


@dataclass(frozen=True, slots=True, kw_only=True)
class Compact(AsJob[Compacted]):
    """Leave no byte of what was forgotten in any file, nor vectors of earlier encoders; return the sizes."""

    of_all: ClassVar = True

    def run(self, memory: MemoryCore, namespace: Namespace) -> Compacted:
        """Rewrite the files of the store."""
        from midthought.memory.maintenance.compact import compact_store

        return compact_store(memory.store)

    def start(self) -> StartCompact:
        """Return what starts the job."""
        return StartCompact()

    def read(self, report: JobReport) -> Compacted:
        """Return the sizes."""
        return told(report.compacted)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reindex(AsJob[int]):
    """Encode all keys of all namespaces with another encoder and switch to it; return how many were encoded."""

    of_all: ClassVar = True

    encoder: Encoder | str
    """an encoder, or the name of one"""
    on_progress: OnProgress = ignore_progress

    def run(self, memory: MemoryCore, namespace: Namespace) -> int:
        """Make the new vectors while the old ones are searched, then switch."""

        def tell(done: int, total: int) -> None:
            self.on_progress(Progress("reindex", done, total, Counts()))

        named = self.encoder
        encoder = memory.jobs.upkeep.plan.find_encoder(named) if isinstance(named, str) else named
        return memory.current.reindex(encoder, on_progress=tell)

    def start(self) -> StartReindex:
        """Return what starts the job."""
        if not isinstance(self.encoder, str):
            raise BadInput("a service makes its encoder itself: give the name of one, such as 'minilm'")
        return StartReindex(encoder=self.encoder)

    def read(self, report: JobReport) -> int:
        """Return how many keys were encoded."""
        return told(report.encoded)


@dataclass(frozen=True, slots=True, kw_only=True)
class WriteBackup(AsJob[Backup]):
    """Copy the whole memory, all namespaces, to a new folder while other threads read and write."""

    of_all: ClassVar = True

    folder: str | Path = ""
    """a new folder; at a service the name of one, where empty is the time"""

    def run(self, memory: MemoryCore, namespace: Namespace) -> Backup:
        """Copy the database."""
        if not str(self.folder):
            raise BadInput("name a new folder: only a service has a directory for backups")
        return write_backup(memory.store, check_path(self.folder))

    def start(self) -> StartBackup:
        """Return what starts the job."""
        return StartBackup(name=str(self.folder))

    def read(self, report: JobReport) -> Backup:
        """Return the manifest."""
        return told(report.backup)


@dataclass(frozen=True, slots=True, kw_only=True)
class Export(Request[ExportManifest]):
    """Write everything of a namespace to a new folder or ``.jsonl`` file; a client downloads it from `EXPORT_PATH`."""

    target: str | Path
    format: ExportFormat = ExportFormat.JSONL
    vectors: bool = False
    on_progress: OnProgress = ignore_progress

    def run(self, memory: MemoryCore, namespace: Namespace) -> ExportManifest:
        """Write the files."""
        return export_namespace(
            memory.store,
            namespace,
            check_path(self.target),
            format=self.format,
            vectors=self.vectors,
            on_progress=self.on_progress,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Import(AsJob[Imported]):
    """Take in an export, a mem0 export, an ACE playbook or Markdown skills; what is new is not trusted at once."""

    makes_namespace: ClassVar = True

    source: str | Path
    format: ImportFormat = ImportFormat.AUTO
    trusted: bool = False
    """it is the owner's own: an export's entries keep the trust that their sources tell"""
    on_progress: OnProgress = ignore_progress

    def run(self, memory: MemoryCore, namespace: Namespace) -> Imported:
        """Read the files, encode what is new, and write it."""
        place = check_path(self.source)
        return memory.current.use(
            lambda encoder: import_path(
                Ingestion(memory.store, encoder, namespace),
                place,
                format=self.format,
                trusted=self.trusted,
                on_progress=self.on_progress,
            )
        )

    def start(self) -> UploadImport:
        """Return what starts the job; its body is what is at `source`."""
        return UploadImport(format=self.format, trusted=self.trusted, name=storable_name(Path(self.source).name)[:200])

    def read(self, report: JobReport) -> Imported:
        """Return what became of it."""
        return told(report.imported)


@dataclass(frozen=True, slots=True)
class WarmedUp:
    """The name of the encoder that is loaded."""

    encoder: str


@dataclass(frozen=True, slots=True, kw_only=True)
class WarmUp(Request[WarmedUp]):
    """Load the weights of encoder and reranker now, so that the first recall is as fast as the others."""

    route: ClassVar = Route("POST", "/v1/warm-up")
    changes_nothing: ClassVar = True
    result: ClassVar = WarmedUp

    def run(self, memory: MemoryCore, namespace: Namespace) -> WarmedUp:
        """Encode one text, and rerank it if there is a reranker."""
        for text in ("ready?", "steady?"):  # the default encoder prepares ONNX Runtime at the second
            memory.encoder.encode_queries([text])
        if memory.recall.reranker:
            memory.recall.reranker.warm_up()
        return WarmedUp(memory.encoder.identity.name)

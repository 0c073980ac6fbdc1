"""The methods of `AsyncClient`, made from ``async_upkeep_interface.py`` by ``python tests/api/async_twin.py``."""

from collections.abc import Callable, Sequence
from pathlib import Path

from midthought.api.argument_checks import check_arguments
from midthought.api.harvesting import DEFAULT_TEMPERATURE, DEFAULT_TOKENS, HarvestRequest
from midthought.api.operations.harvest import Harvest
from midthought.api.operations.job_reports import GetJobReport, GetUpkeepReport, JobReport
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
from midthought.api.python.async_keys_interface import AsyncKeysInterface
from midthought.api.recall_arguments import as_namespace, read_choice
from midthought.api.sources import Learning
from midthought.ingest.harvest.rounds import HarvestReport
from midthought.ingest.progress import IsStopped, OnProgress, ignore_progress, never
from midthought.ingest.transfer.import_format import ImportFormat
from midthought.ingest.transfer.imports import Imported
from midthought.ingest.transfer.layout import ExportFormat, ExportManifest
from midthought.memory.maintenance.backup import Backup
from midthought.memory.records.compacted import Compacted
from midthought.memory.records.faults import Fault
from midthought.memory.records.generation import Generation
from midthought.memory.records.namespace import DEFAULT_NAMESPACE, Namespace
from midthought.retrieval.encoders.base import Encoder


@check_arguments
class AsyncUpkeepInterface(AsyncKeysInterface):
    """The methods that keep a memory in order, move it, and let its model learn."""

    async def job_report(self, job_id: str, *, namespace: str | Namespace = DEFAULT_NAMESPACE) -> JobReport:
        """Return what a finished import, harvest or retention did; raises `NotFound`, and the error of a failed job."""
        return await self._transport.send(GetJobReport(job_id=job_id), as_namespace(namespace))

    async def upkeep_report(self, job_id: str) -> JobReport:
        """Return what a finished reindex, compaction or backup did, as `job_report`."""
        return await self._transport.send(GetUpkeepReport(job_id=job_id), DEFAULT_NAMESPACE)

    async def generations(self) -> list[Generation]:
        """Return all sets of vectors by number: the one that is searched, and those of earlier encoders."""
        return await self._transport.send(ListGenerations(), DEFAULT_NAMESPACE)

    async def repair(self, *, namespace: str | Namespace = DEFAULT_NAMESPACE) -> list[Fault]:
        """Repair the faults of a namespace and return them; `check_integrity` still raises for all others."""
        return await self._transport.send(Repair(), as_namespace(namespace))

    async def check_integrity(self) -> None:
        """Raise `StoreDamaged` unless truth and derived indexes agree in every namespace."""
        await self._transport.send(CheckIntegrity(), DEFAULT_NAMESPACE)

    async def compact(self) -> Compacted:
        """Remove every byte of what was forgotten, and the vectors of earlier encoders; return the sizes."""
        return await self._transport.send(Compact(), DEFAULT_NAMESPACE)

    async def reindex(self, encoder: Encoder | str, *, on_progress: OnProgress = ignore_progress) -> int:
        """Encode all keys of all namespaces with another encoder and switch to it; return how many were encoded.

        The encoder is an object, or the name of one: a service takes a name alone, one of those built in or that of its
        settings.
        Recalls and additions use the old encoder until the switch. If it is stopped, the next call continues it. Going
        back to an earlier encoder encodes only what was added since.
        """
        return await self._transport.send(Reindex(encoder=encoder, on_progress=on_progress), DEFAULT_NAMESPACE)

    async def backup(self, path: str | Path = "") -> Backup:
        """Copy the whole memory to a new folder; others may read and write meanwhile.

        A service makes it in the directory of its setting `backups`: the path is the name of the folder, by default the
        time.
        """
        return await self._transport.send(WriteBackup(folder=path), DEFAULT_NAMESPACE)

    async def export(
        self,
        path: str | Path,
        *,
        format: str = ExportFormat.JSONL,
        vectors: bool = False,
        namespace: str | Namespace = DEFAULT_NAMESPACE,
        on_progress: OnProgress = ignore_progress,
    ) -> ExportManifest:
        """Write everything of a namespace to a new folder or ``.jsonl`` file, here; from a service it is downloaded."""
        told = read_choice("format", format, ExportFormat)
        request = Export(target=path, format=told, vectors=vectors, on_progress=on_progress)
        return await self._transport.send(request, as_namespace(namespace))

    async def import_(
        self,
        path: str | Path,
        *,
        format: str = ImportFormat.AUTO,
        trusted: bool = False,
        namespace: str | Namespace = DEFAULT_NAMESPACE,
        on_progress: OnProgress = ignore_progress,
    ) -> Imported:
        """Read an export, a mem0 export, an ACE playbook or Markdown skills; to a service they are uploaded.

        Its entries are ``imported`` until they are verified, unless it is `trusted`, your own.
        """
        found = read_choice("format", format, ImportFormat)
        request = Import(source=path, format=found, trusted=trusted, on_progress=on_progress)
        return await self._transport.send(request, as_namespace(namespace))

    async def warm_up(self) -> None:
        """Load the encoder's weights now, so that the first recall is as fast as the others."""
        await self._transport.send(WarmUp(), DEFAULT_NAMESPACE)

    async def harvest(
        self,
        tasks: str | Path,
        *,
        samples: int = 4,
        rounds: int = 1,
        recall: bool = True,
        checker: str | Callable[[str, str], bool | None] = "",
        temperature: float = DEFAULT_TEMPERATURE,
        max_tokens: int = DEFAULT_TOKENS,
        wrong: str = "skip",
        skip_checks: Sequence[str] = (),
        mask_secrets: bool = True,
        decompose: bool = True,
        all_attempts: bool = False,
        namespace: str | Namespace = DEFAULT_NAMESPACE,
        on_progress: OnProgress = ignore_progress,
        is_stopped: IsStopped = never,
    ) -> HarvestReport:
        """Let the model of the memory attempt tasks that have a checker, and learn from its attempts.

        `tasks` is a file of JSON Lines with questions and right answers, or generated ones:
        ``reasoning-gym:NAME[+NAME...][:SIZE[:SEED]]``. Each task is attempted `samples` times in each of the `rounds`;
        from the second on, with `recall`, what the memory finds for a task is put before it. `checker` is a function of
        the question and the answer, or where it is (``module:function``); by default the right answers, or the
        generator of the tasks, judge; a service takes no checker. For the other choices see `Learning`;
        `midthought.ingest.harvest` says what is promised and raised.
        """
        learning = Learning(False, "skip", wrong, skip_checks, mask_secrets, decompose, all_attempts)
        drawn = (checker, temperature, max_tokens)
        wanted = HarvestRequest(tasks, samples, rounds, recall, *drawn, learning, on_progress, is_stopped)
        return await self._transport.send(Harvest(wanted=wanted), as_namespace(namespace))

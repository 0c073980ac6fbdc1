"""How trajectories become entries: read, extract, check, merge, write."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from midthought.ingest.compaction.options import CompactionOptions
    from midthought.ingest.decomposition.model_calls import Budget
    from midthought.ingest.decomposition.options import DecompositionOptions
    from midthought.ingest.decomposition.prompts import load_prompts
    from midthought.ingest.formats.format import Format
    from midthought.ingest.formats.own import write_trajectory
    from midthought.ingest.harvest.rounds import HarvestReport
    from midthought.ingest.ingest_options import IngestOptions, make_options
    from midthought.ingest.ingest_source import ingest_source
    from midthought.ingest.ingestion import Ingestion
    from midthought.ingest.language_model import CompletionRequest, LanguageModel
    from midthought.ingest.progress import IngestStopped, Progress
    from midthought.ingest.starter import plant_starter, read_starter
    from midthought.ingest.stream.limits import NO_LIMITS, Limits
    from midthought.ingest.stream.reader import read_trajectories
    from midthought.ingest.stream.records import BadRecord, ReadRecord
    from midthought.ingest.transfer.export import export_namespace
    from midthought.ingest.transfer.import_format import ImportFormat
    from midthought.ingest.transfer.imports import Imported, import_path
    from midthought.ingest.transfer.layout import ExportFormat, ExportManifest
else:
    from midthought.memory.lazy_exports import lazy_exports

    __getattr__, __dir__ = lazy_exports(__name__)

__all__ = [
    "NO_LIMITS",
    "BadRecord",
    "Budget",
    "CompactionOptions",
    "CompletionRequest",
    "DecompositionOptions",
    "ExportFormat",
    "ExportManifest",
    "Format",
    "HarvestReport",
    "ImportFormat",
    "Imported",
    "IngestOptions",
    "IngestStopped",
    "Ingestion",
    "LanguageModel",
    "Limits",
    "Progress",
    "ReadRecord",
    "export_namespace",
    "import_path",
    "ingest_source",
    "load_prompts",
    "make_options",
    "plant_starter",
    "read_starter",
    "read_trajectories",
    "write_trajectory",
]

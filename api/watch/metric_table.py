"""Every metric of a service, defined once: the values, the page `docs/watch.md` and its test read this table."""

from dataclasses import dataclass
from enum import StrEnum


class MetricKind(StrEnum):
    """How a metric changes."""

    COUNTER = "counter"
    """only grows, and begins at 0 with the process"""
    GAUGE = "gauge"
    """the state at the moment of the scrape"""
    HISTOGRAM = "histogram"
    """how often values were at most as large as each bound"""


@dataclass(frozen=True, slots=True)
class MetricRow:
    """The definition of a metric.

    Attributes:
        name: with its unit, which is a base unit; of a counter with ``_total``.
        help: what it tells, as the first sentence of its documentation.
        labels: each has few values, whatever callers send: never a namespace, an id, a key or a text.
        buckets: of a histogram, the upper bounds, in the unit of the name.
    """

    name: str
    kind: MetricKind
    help: str
    labels: tuple[str, ...] = ()
    buckets: tuple[float, ...] = ()


_REQUEST_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 60.0)
_RECALL_SECONDS = (0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0)
_STAGE_SECONDS = (0.0001, 0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.5, 2.0)
_UPSTREAM_SECONDS = (0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 300.0, 600.0)
_COUNTER, _GAUGE, _HISTOGRAM = MetricKind.COUNTER, MetricKind.GAUGE, MetricKind.HISTOGRAM

BUILD_INFO = MetricRow("midthought_build_info", _GAUGE, "Always 1; the label tells the version.", ("version",))
READY = MetricRow("midthought_ready", _GAUGE, "1 if /health/ready answers 200, else 0.")
REQUESTS = MetricRow(
    "midthought_http_requests_total",
    _COUNTER,
    "Requests answered, by the pattern of their path and the class of their status.",
    ("method", "route", "status"),
)
REQUEST_SECONDS = MetricRow(
    "midthought_http_request_duration_seconds",
    _HISTOGRAM,
    "From the first byte of a request to the last of its answer.",
    ("method", "route"),
    _REQUEST_SECONDS,
)
IN_FLIGHT = MetricRow("midthought_http_requests_in_flight", _GAUGE, "Requests that are being answered.")
OPERATIONS = MetricRow(
    "midthought_operations_total",
    _COUNTER,
    "Operations carried out, over whatever route: done, refused because of what was asked, or failed.",
    ("operation", "outcome"),
)
RECALLS = MetricRow(
    "midthought_recalls_total",
    _COUNTER,
    "Recalls, also those of thoughts and of the proxy: answered, the reason of an abstention, or failed.",
    ("outcome",),
)
RECALL_SECONDS = MetricRow(
    "midthought_recall_duration_seconds",
    _HISTOGRAM,
    "From a query to its hits or abstention, with its receipt and the wait for others.",
    buckets=_RECALL_SECONDS,
)
STAGE_SECONDS = MetricRow(
    "midthought_recall_stage_duration_seconds",
    _HISTOGRAM,
    "Time that a recall spent in one stage.",
    ("stage",),
    _STAGE_SECONDS,
)
RECALLS_DEGRADED = MetricRow(
    "midthought_recalls_degraded_total", _COUNTER, "Recalls that answered with something left out.", ("reason",)
)
QUEUE = MetricRow(
    "midthought_queue_length",
    _GAUGE,
    "What waits: changes for their commit, jobs and recalls for their turn, queries for the encoder, "
    "runs of the proxy to be recorded.",
    ("queue",),
)
STREAMS = MetricRow(
    "midthought_streams_open", _GAUGE, "Answers that are being streamed: thoughts, job events, proxied requests.",
    ("kind",),
)  # fmt: skip
SESSIONS = MetricRow("midthought_sessions_open", _GAUGE, "Sessions of thoughts elsewhere that are open.")
COMMITS = MetricRow("midthought_store_commits_total", _COUNTER, "Transactions that became durable.")
CHANGES = MetricRow(
    "midthought_store_changes_total", _COUNTER, "Writes that became durable; several share one transaction."
)
ROWS_BEHIND = MetricRow(
    "midthought_index_rows_behind", _GAUGE, "Entries written that the indexes have not followed yet."
)
NAMESPACES_BEHIND = MetricRow(
    "midthought_index_namespaces_behind", _GAUGE, "Namespaces whose indexes follow at their next search."
)
INDEXES_OPEN = MetricRow("midthought_indexes_open", _GAUGE, "Namespaces whose indexes are in memory.")
STORE_BYTES = MetricRow("midthought_store_size_bytes", _GAUGE, "Bytes of the files of the memory.", ("part",))
JOBS = MetricRow(
    "midthought_jobs", _GAUGE, "Jobs of all namespaces, by state; absent while the store is busy.", ("state",)
)
BACKUP_TIME = MetricRow(
    "midthought_backup_last_success_timestamp_seconds",
    _GAUGE,
    "When the newest whole backup in the directory of the setting backups was made; 0 if there is none.",
)
PROXIED = MetricRow(
    "midthought_proxy_requests_total",
    _COUNTER,
    "Requests with recall that the proxy answered; degraded if something could not be done.",
    ("kind", "mode", "way", "degraded"),
)
UPSTREAM = MetricRow(
    "midthought_upstream_requests_total", _COUNTER, "Requests to the model server, by the class of its status.",
    ("status",),
)  # fmt: skip
UPSTREAM_SECONDS = MetricRow(
    "midthought_upstream_response_duration_seconds",
    _HISTOGRAM,
    "From a request to the model server to the headers of its answer.",
    buckets=_UPSTREAM_SECONDS,
)

METRICS = tuple(row for row in list(vars().values()) if isinstance(row, MetricRow))
"""Every row, in the order above."""

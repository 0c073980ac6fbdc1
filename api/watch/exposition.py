"""The metrics of a service in the text format of Prometheus, version 0.0.4."""

from collections.abc import Iterator

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import Metric
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4
from prometheus_client.registry import Collector

CONTENT_TYPE = CONTENT_TYPE_PLAIN_0_0_4


class _WithoutCreated(Collector):
    """A registry without the times at which its series began: the text format has them as metrics beside the others."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._registry = registry

    def collect(self) -> Iterator[Metric]:
        for family in self._registry.collect():
            family.samples = [sample for sample in family.samples if sample.name != f"{family.name}_created"]
            yield family


def write_metrics(registry: CollectorRegistry) -> bytes:
    """Return every metric as text."""
    return generate_latest(_WithoutCreated(registry))

"""What a scraper may ask: counters of all processes together, and gauges read from the rows."""

import os
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

from django.conf import settings

if settings.METRICS_DIR:
    # prometheus_client decides at its import whether processes share their numbers.
    Path(settings.METRICS_DIR).mkdir(parents=True, exist_ok=True)
    os.environ["PROMETHEUS_MULTIPROC_DIR"] = settings.METRICS_DIR

from django.db import DatabaseError
from django.http import HttpRequest, HttpResponse
from django.utils.crypto import constant_time_compare
from django.views.decorators.http import require_safe
from prometheus_client import (
    CONTENT_TYPE_LATEST,
    REGISTRY,
    CollectorRegistry,
    Counter,
    Histogram,
    generate_latest,
)
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector

attempts = Counter(
    "ekyam_attempts", "Attempts to deliver, by what became of them.", ["connector", "outcome"]
)
end_to_end = Histogram(
    "ekyam_end_to_end_seconds",
    "From the receipt of an event to the success of its delivery.",
    buckets=(0.05, 0.1, 0.25, 0.5, 1, 2, 5, 10, 30, 60, 300, 1800, 7200, 86400),
)
budget_points = Counter(
    "ekyam_budget_points", "Points of the accounts' rate budgets that were spent.", ["connector"]
)
budget_waited = Counter(
    "ekyam_budget_waited_seconds", "How long requests waited for their rate budget.", ["connector"]
)
budget_throttled = Counter(
    "ekyam_budget_throttled", "Answers by which a vendor asked to slow down.", ["connector"]
)


class Reading(NamedTuple):
    """One gauge as it stands now."""

    name: str
    help: str
    value: float
    labels: dict[str, str] = {}


Source = Callable[[], Iterable[Reading]]
_sources: list[Source] = []


def gauge_source(source: Source) -> Source:
    """Register a function that is called at each scrape; may be used as a decorator."""
    _sources.append(source)
    return source


def _read_sources() -> Iterator[Reading]:
    """Without a database there are no gauges, and that itself is one: the counters still tell."""
    unreadable = 0
    for source in _sources:
        try:
            yield from list(source())
        except DatabaseError:
            unreadable += 1
    yield Reading("ekyam_gauges_unreadable", "Gauge sources that the database kept.", unreadable)


class _Gauges(Collector):
    def collect(self) -> Iterator[GaugeMetricFamily]:
        families: dict[str, GaugeMetricFamily] = {}
        for reading in _read_sources():
            names = list(reading.labels)
            family = families.setdefault(
                reading.name, GaugeMetricFamily(reading.name, reading.help, labels=names)
            )
            family.add_metric([reading.labels[name] for name in names], reading.value)
        yield from families.values()


def render() -> bytes:
    """Return everything in Prometheus' text format."""
    gauges = CollectorRegistry()
    gauges.register(_Gauges())
    if not settings.METRICS_DIR:
        return generate_latest(REGISTRY) + generate_latest(gauges)
    counters = CollectorRegistry()
    MultiProcessCollector(counters)  # type: ignore[no-untyped-call]
    return generate_latest(counters) + generate_latest(gauges)


@require_safe
def metrics(request: HttpRequest) -> HttpResponse:
    """Answer a scraper that knows the token; only development goes without one."""
    given = request.headers.get("Authorization", "")
    token = settings.METRICS_TOKEN
    if token and not constant_time_compare(given, f"Bearer {token}"):
        return HttpResponse(status=401, headers={"WWW-Authenticate": "Bearer"})
    return HttpResponse(render(), content_type=CONTENT_TYPE_LATEST)

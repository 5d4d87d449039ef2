"""Figures for Prometheus, read from the database at each scrape; nothing is counted in memory."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import structlog
from flask import Blueprint, Response
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector
from sqlalchemy.exc import SQLAlchemyError

from qbsync.flows import vitals
from qbsync.flows.insights import Values
from qbsync.ops.site import Site, site

log = structlog.get_logger(__name__)


def add_to(pages: Blueprint) -> None:
    """Put the metrics among the pages that answer everyone."""
    pages.add_url_rule("/metrics", "metrics", metrics)


def metrics() -> Response:
    """Every figure in Prometheus' text format; 503 where the database does not answer."""
    registry = CollectorRegistry()
    registry.register(DatabaseCollector(site()))
    try:
        return Response(generate_latest(registry), content_type=CONTENT_TYPE_LATEST)
    except SQLAlchemyError:
        log.exception("no_metrics")
        return Response("The database does not answer.\n", status=503, mimetype="text/plain")


class DatabaseCollector(Collector):
    """Reads the figures of an installation when it is asked for them."""

    def __init__(self, of: Site) -> None:
        self._site = of

    def describe(self) -> Iterable[GaugeMetricFamily]:
        """Nothing: being registered must not read the database."""
        return ()

    def collect(self) -> Iterable[GaugeMetricFamily]:
        """Every metric with its present values."""
        with self._site.database.read() as tx:
            found = vitals.gauges(tx, self._site.clock())
        return (
            _counts("qbsync_jobs", "Jobs by connection, kind and state.", found["jobs"], "kind", "state"),
            _counts(
                "qbsync_writebacks", "Procore calls by connection and state.", found["writebacks"], "state"
            ),
            _counts(
                "qbsync_deliveries",
                "Deliveries of webhooks in the last 28 days, by connection and what became of them.",
                found["deliveries"],
                "outcome",
            ),
            _counts(
                "qbsync_drift",
                "In how much QuickBooks' linked records are not as they were left.",
                found["drift"],
                "sort",
            ),
            _counts(
                "qbsync_procore_calls",
                "Calls made to Procore since the full hour, by connection and endpoint.",
                found["calls"],
                "endpoint",
            ),
            _by_connection(
                "qbsync_procore_calls_left",
                "Calls that polling may make now; below zero after others made more.",
                found["calls_left"],
            ),
            _by_connection(
                "qbsync_oldest_ready_job_age_seconds",
                "How long the job that waits longest could have been sent to QuickBooks.",
                found["oldest_ready_seconds"],
            ),
            _by_connection(
                "qbsync_seconds_since_last_contact",
                "How long the Web Connector has been silent; absent before its first call.",
                found["silent_seconds"],
            ),
            _by_connection(
                "qbsync_connection_stopped",
                "1 while nothing is written until a person acts.",
                found["stopped"],
            ),
            _by_connection("qbsync_connection_paused", "1 while a person paused it.", found["paused"]),
        )


def _counts(name: str, words: str, rows: Iterable[Values], *labels: str) -> GaugeMetricFamily:
    family = GaugeMetricFamily(name, words, labels=["connection", *labels])
    for row in rows:
        family.add_metric([row["connection"], *(row[label] for label in labels)], row["count"])
    return family


def _by_connection(name: str, words: str, values: Mapping[str, float]) -> GaugeMetricFamily:
    family = GaugeMetricFamily(name, words, labels=["connection"])
    for connection, value in values.items():
        family.add_metric([connection], float(value))
    return family

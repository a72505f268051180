"""What is counted in this process, and what the database knows of the log and its readers, for Prometheus.

Labels are route patterns and codes, never addresses or ids.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from django.db.models import Count
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

from ngomon.core import clock
from ngomon.core.events import head
from ngomon.core.models import Cursor, Delivery, DeliveryState, EventRow, Parked, Tick
from ngomon.core.react import reactions
from ngomon.core.units import Unit, before_commit

registry = CollectorRegistry()
requests = Counter("ngomon_requests", "Answered requests.", ["method", "route", "status"], registry=registry)
cpu_ms = Histogram(
    "ngomon_request_cpu_ms",
    "CPU of the thread that answered, in milliseconds.",
    ["route"],
    buckets=(1, 2, 3, 4, 5, 6, 8, 10, 15, 20, 30, 50, 100, 200, 500, 1000),
    registry=registry,
)
statements = Histogram(
    "ngomon_request_statements",
    "SQL statements per request.",
    ["route"],
    buckets=(0, 1, 2, 4, 6, 8, 10, 12, 14, 16, 20, 30, 50, 100),
    registry=registry,
)
units = Counter("ngomon_units", "Units of work that reached their commit.", registry=registry)
events = Counter("ngomon_events", "Events emitted by this process.", registry=registry)
consoles = Gauge("ngomon_live_consoles", "Open live streams.", registry=registry)

HEARTBEAT = "core.heartbeat"


@before_commit
def _count(unit: Unit) -> tuple[()]:
    units.inc()
    events.inc(len(unit.events))
    return ()


def lags() -> dict[str, int]:
    """How many positions each reaction is behind the head of the log."""
    top = head()
    known = Cursor.objects.filter(name__in=list(reactions)).values_list("name", "position")
    return {name: max(0, top - position) for name, position in known}


def waiting() -> dict[str, int]:
    """Deliveries that are not done, by state. Those that went are not counted: they only grow."""
    states = [DeliveryState.QUEUED, DeliveryState.SENDING, DeliveryState.DEAD]
    counted = dict.fromkeys((str(state) for state in states), 0)
    rows = Delivery.objects.filter(state__in=states).values_list("state").annotate(n=Count("id"))
    return counted | {str(state): n for state, n in rows}


def heartbeat_age() -> timedelta | None:
    """How long ago a worker last did its round; None when none ever did."""
    seen = Tick.objects.filter(name=HEARTBEAT).values_list("done_at", flat=True).first()
    return None if seen is None else clock.now() - seen


class _Database(Collector):
    """Read from the database when asked."""

    def collect(self) -> Iterator[Metric]:
        yield GaugeMetricFamily("ngomon_log_head", "Highest position of the log.", value=head())
        unplaced = EventRow.objects.filter(position__isnull=True).count()
        yield GaugeMetricFamily("ngomon_log_unplaced", "Committed events without a position.", value=unplaced)
        lag = GaugeMetricFamily("ngomon_cursor_lag", "Positions behind the head.", labels=["reaction"])
        for name, behind in lags().items():
            lag.add_metric([name], behind)
        yield lag
        due = GaugeMetricFamily("ngomon_deliveries", "Deliveries not done, by state.", labels=["state"])
        for state, n in waiting().items():
            due.add_metric([state], n)
        yield due
        parked = GaugeMetricFamily("ngomon_parked", "Parked events.", labels=["reaction"])
        for name, n in Parked.objects.values_list("reaction").annotate(n=Count("id")):
            parked.add_metric([name], n)
        yield parked
        age = heartbeat_age()
        yield GaugeMetricFamily(
            "ngomon_worker_heartbeat_age_s",
            "Since a worker's last round.",
            value=age.total_seconds() if age else -1,
        )

    def describe(self) -> list[Metric]:
        return []


registry.register(_Database())

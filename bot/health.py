"""Is everything alive? `/healthz` for machines that restart and people who wake, `/metrics` for Prometheus."""

from collections.abc import Iterable
from datetime import timedelta
from typing import Final

from flask import Blueprint, Response, jsonify
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector
from sqlalchemy import func, select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from bot.clock import real_now
from bot.models import CaseState, Escalation, State, Task, Tick
from bot.outbox import MESSAGE
from bot.parts import Parts, parts

bp = Blueprint("health", __name__)
OVERDUE: Final = timedelta(minutes=1)  # a case nobody acted on for this long after its moment is stuck
WAITING: Final = (State.PENDING, State.CLAIMED)


@bp.get("/healthz")
def healthz() -> tuple[Response, int]:
    """200, or 503 with the reasons."""
    try:
        with parts().db.read() as session:
            reasons = list(_what_is_wrong(session, parts()))
    except SQLAlchemyError as mistake:
        reasons = [f"database: {type(mistake).__name__}"]
    return jsonify(ok=not reasons, reasons=reasons), 503 if reasons else 200


def _what_is_wrong(session: Session, parts: Parts) -> Iterable[str]:
    now = parts.clock.now()
    late = timedelta(seconds=parts.settings.ticks.late_after_seconds)
    ticks = session.execute(select(Tick.name, Tick.ended_at).order_by(Tick.name)).all()
    if not ticks:
        yield "ticks: none has run yet"
    for name, ended_at in ticks:
        if real_now() - ended_at > late:
            yield f"ticks: {name} is late"
    stuck_before = now - timedelta(seconds=parts.settings.sending.stuck_after_seconds)
    stuck = session.scalar(select(func.count()).where(MESSAGE.c.state.in_(WAITING), MESSAGE.c.due_at < stuck_before)) or 0
    if stuck:
        yield f"texts: {stuck} are due and do not leave"
    held = session.scalar(select(func.count()).where(MESSAGE.c.state == State.HELD)) or 0
    if held:
        yield f"texts: {held} are held by our configuration (`flask doctor`)"
    overdue = select(func.count()).where(Escalation.state != CaseState.CLOSED, Escalation.next_action_at < now - OVERDUE)
    cases = session.scalar(overdue) or 0
    if cases:
        yield f"escalations: {cases} are overdue for their next step"


class _Gauges(Collector):
    """Counts, by our own words only."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    def collect(self) -> Iterable[Metric]:
        """Look now."""
        messages = GaugeMetricFamily("prepline_messages", "Outgoing texts by state.", labels=["state"])
        cases = GaugeMetricFamily("prepline_escalations", "Escalations by state and urgency.", labels=["state", "urgency"])
        tasks = GaugeMetricFamily("prepline_open_tasks", "Open rows of the worklist by kind.", labels=["kind"])
        ages = GaugeMetricFamily("prepline_tick_age_seconds", "Seconds since a tick last ended well.", labels=["tick"])
        with self._parts.db.read() as session:
            for state, count in session.execute(select(MESSAGE.c.state, func.count()).group_by(MESSAGE.c.state)):
                messages.add_metric([state], count)
            by_state = select(Escalation.state, Escalation.urgency, func.count()).group_by(Escalation.state, Escalation.urgency)
            for state, urgency, count in session.execute(by_state):
                cases.add_metric([state, urgency], count)
            for kind, count in session.execute(select(Task.kind, func.count()).where(Task.state == "open").group_by(Task.kind)):
                tasks.add_metric([kind], count)
            for name, ended_at in session.execute(select(Tick.name, Tick.ended_at)):
                ages.add_metric([name], (real_now() - ended_at).total_seconds())
        return messages, cases, tasks, ages


@bp.get("/metrics")
def metrics() -> Response:
    """For Prometheus; no patient is in a label."""
    registry = CollectorRegistry()
    registry.register(_Gauges(parts()))
    return Response(generate_latest(registry), mimetype="text/plain")

"""Which part of the journey a moment belongs to."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from flows.procedure import Procedure
from flows.understanding.reading import Stage


def stage_at(
    procedure: Procedure, *, procedure_at: datetime, zone: str, test: str, done_at: datetime | None, ended: bool, now: datetime
) -> Stage:
    """Before the test, its day, after it, or past the days that the line is kept open. All moments aware UTC.

    A test that nobody confirmed counts as done when its aftercare goes out.
    """
    if test == "not_done":
        return Stage.DONE if ended else Stage.PREP
    over = done_at or procedure_at + procedure.unconfirmed_after
    if ended or now >= over + timedelta(days=procedure.line_open_days):
        return Stage.DONE
    if done_at is not None or now >= over:
        return Stage.AFTERCARE
    here = ZoneInfo(zone)
    return Stage.DAY_OF if now.astimezone(here).date() >= procedure_at.astimezone(here).date() else Stage.PREP

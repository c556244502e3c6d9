"""The one clock. `app.py` hands it in; tests and the demo move it."""

import time
from datetime import UTC, datetime, timedelta
from typing import Protocol

from sqlalchemy import select, update

from bot.database import Database, insert_new
from bot.models import DemoClockRow, table

CACHED_SECONDS = 0.25  # how long a process may not notice that another one moved the demo clock


class Clock(Protocol):
    """Business time."""

    def now(self) -> datetime:
        """The moment it is, aware UTC."""


def real_now() -> datetime:
    """Real time, aware UTC: for the ownership of rows and for comparing with a carrier's own list, never for business."""
    return datetime.now(UTC)


class SystemClock:
    """The clock on the wall."""

    def now(self) -> datetime:
        """The moment it is, aware UTC."""
        return real_now()


class DemoClock:
    """Runs like the clock on the wall, and can be moved forward; how far stands in the database, so that all processes share it."""

    def __init__(self, db: Database) -> None:
        """`db` holds how far the clock was moved."""
        self._db = db
        self._ahead = timedelta()
        self._read_at = float("-inf")

    def now(self) -> datetime:
        """The moment it is in the demo, aware UTC."""
        if time.monotonic() - self._read_at > CACHED_SECONDS:
            with self._db.read() as session:
                seconds = session.scalar(select(DemoClockRow.ahead_seconds))
            self._ahead = timedelta(seconds=seconds or 0)
            self._read_at = time.monotonic()
        return real_now() + self._ahead

    def forward(self, by: timedelta) -> datetime:
        """Move it, and return the new now. It never goes back: `by` is not negative."""
        with self._db.write() as session:
            session.execute(insert_new(session.connection(), table(DemoClockRow)), [{"id": 1, "ahead_seconds": 0.0}])
            session.execute(update(DemoClockRow).values(ahead_seconds=DemoClockRow.ahead_seconds + by.total_seconds()))
        self._read_at = float("-inf")
        return self.now()

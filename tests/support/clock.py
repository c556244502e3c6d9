"""A clock that stands still until a test moves it."""

from datetime import UTC, datetime, timedelta


class HandClock:
    """Business time for tests. `now()` is an aware UTC datetime and changes only by `forward` and `set`."""

    def __init__(self, start: datetime = datetime(2026, 11, 2, 17, 0, tzinfo=UTC)) -> None:
        self.set(start)

    def now(self) -> datetime:
        return self._now

    def forward(self, **by: float) -> None:
        """Move by a timedelta, told as for `timedelta`: `clock.forward(days=1, minutes=5)`. Negative sets it back."""
        self._now += timedelta(**by)

    def set(self, to: datetime) -> None:
        """Jump to `to`. Raises ValueError when it has no time zone."""
        if to.tzinfo is None:
            raise ValueError(f"{to} has no time zone")
        self._now = to.astimezone(UTC)

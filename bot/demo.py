"""The demo: people to play with, and a clock that anybody may move."""

from datetime import UTC, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, func, select
from sqlalchemy.orm import Session

from bot import enrollments, oncall, privacy
from bot.clock import DemoClock
from bot.enrollments import NewEnrollment
from bot.models import CaseState, Enrollment, Escalation, Phone, Staff, State
from bot.outbox import MESSAGE, next_due
from bot.parts import Parts

BY: Final = "demo"
CONSENT: Final = "Demo: she agreed to texts on the phones page."
STAFF: Final = (  # name, role, number, rung; +1 xxx 555 01xx is kept for fiction
    ("Ana", "nurse", "+12025550111", "nurse"),
    ("Ben", "nurse", "+12025550112", "backup"),
    ("Lee", "lead", "+12025550113", "lead"),
    ("Sam", "scheduler", "+12025550114", None),
    ("Ada", "admin", "+12025550115", None),
)
PATIENT: Final = ("Maria Lopez", "+12025550143")
ZONE: Final = "America/New_York"
AREA_CODES: Final = (202, 303, 404, 505, 606, 707)
AHEAD_DAYS: Final = 8  # a test this far ahead gets every text of the preparation
AT_HOUR: Final = 14
LANDING: Final = timedelta(seconds=1)  # behind the event, so that it is due
LAST_MOMENT: Final = datetime(2100, 1, 1, tzinfo=UTC)


class TooFar(Exception):
    """The demo clock does not go there; the message says how far it goes."""


def furnish(parts: Parts) -> None:
    """Put the demo's people into an empty database: staff on call day and night, and a patient. Twice changes nothing."""
    with parts.db.write() as session:
        if session.scalar(select(Staff.id).limit(1)) is not None or session.scalar(select(Enrollment.id).limit(1)) is not None:
            return
        now = parts.clock.now()
        for name, role, number, rung in STAFF:
            staff_id = oncall.add_staff(session, name, role, number, None, BY, now)
            if rung:
                oncall.add_shift(session, staff_id, rung, None, None, BY, now)
        name, number = PATIENT
        enrollments.enroll(session, parts, NewEnrollment(name, number, booked_at(now, ZONE), ZONE, ZONE, "en", CONSENT), BY)


def booked_at(now: datetime, zone: str) -> datetime:
    """When a demo test is booked unless somebody says otherwise."""
    day = now.astimezone(ZoneInfo(zone)).date() + timedelta(days=AHEAD_DAYS)
    return datetime(day.year, day.month, day.day, AT_HOUR, tzinfo=ZoneInfo(zone))


def free_number(session: Session) -> str:
    """A number that nobody can have and nobody here has; empty when all are taken."""
    candidates = {privacy.ring().phone_hash(number): number for area in AREA_CODES for number in _fictional(area)}
    taken = set(session.scalars(select(Phone.number_hash).where(Phone.number_hash.in_(candidates))))
    return next((number for number_hash, number in candidates.items() if number_hash not in taken), "")


def _fictional(area: int) -> list[str]:
    return [f"+1{area}55501{line:02}" for line in range(44, 100)]


def forward(clock: DemoClock, by: timedelta) -> datetime:
    """Move the demo clock, and return the new now. Raises TooFar."""
    if clock.now() + by > LAST_MOMENT:
        raise TooFar(f"the demo clock ends in {LAST_MOMENT.year}")
    return clock.forward(by)


def next_event(connection: Connection, now: datetime) -> datetime | None:
    """The moment at which the next thing happens by itself.

    A text or a case whose moment has come is about to be worked on: it is the next event, so that moving on can't overtake it.
    """
    climbs = select(func.min(Escalation.next_action_at)).where(Escalation.state != CaseState.CLOSED)
    silence = select(func.min(MESSAGE.c.silence_at)).where(MESSAGE.c.silence_at > now)
    looks = select(func.min(MESSAGE.c.look_at)).where(MESSAGE.c.look_at > now, MESSAGE.c.state.in_((State.UNKNOWN, State.HELD)))
    moments = [next_due(connection), *(connection.execute(ask).scalar() for ask in (climbs, silence, looks))]
    return min((moment for moment in moments if moment is not None), default=None)


def landing(session: Session, now: datetime) -> datetime:
    """Where `next` takes the clock: just behind the next event, or nowhere when there is none."""
    event = next_event(session.connection(), now)
    return now if event is None else max(now, event + LANDING)

"""A whole Prepline between a stand-in Twilio and pretend phones, on a clock that moves by hand.

`forward` and `until` stop at every moment at which something is due, so that each text leaves at its own time.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from flask import Flask
from sqlalchemy import func, select

from bot import enrollments, escalations, oncall, schema
from bot.app import create_app
from bot.enrollments import NewEnrollment
from bot.models import CaseState, Enrollment, Escalation, EscalationEvent, MessageEvent, OutgoingMessage, State, Task
from bot.parts import Parts
from bot.settings import Settings, load
from scheduler import ticks
from tests.support.clock import HandClock
from tests.support.phones import Phone
from tests.support.standin_twilio import StandInTwilio
from tests.support.twilio_webhooks import Answer, Post

MARIA = "+12025550111"
STAFF_PHONES = {"ana": "+12025550121", "ben": "+12025550122", "lee": "+12025550123", "ada": "+12025550124"}
KEYS = "1:" + "QUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUE="


def settings_for(database_url: str, twilio: StandInTwilio | None, instance: Path, **overrides: str) -> Settings:
    """The shipped settings, with a database, keys and a carrier for tests."""
    environ: dict[str, str] = {
        "PREPLINE_DATABASE__URL": database_url,
        "PREPLINE_SECRET_KEY": "a key for tests",
        "PREPLINE_DATA_KEYS": KEYS,
        "PREPLINE_INSTANCE": str(instance),
    }
    if twilio is not None:
        environ |= {
            "PREPLINE_CARRIER__KIND": "twilio",
            "PREPLINE_TWILIO__API_URL": twilio.url,
            "PREPLINE_TWILIO__FROM_NUMBER": twilio.number,
            "PREPLINE_TWILIO__TIMEOUT_SECONDS": "1",
            "TWILIO_ACCOUNT_SID": twilio.account_sid,
            "TWILIO_AUTH_TOKEN": twilio.auth_token,
        }
    return load(environ | overrides)


def post_into(app: Flask) -> Post:
    """Hand a webhook to the application in this process, as Twilio would over the wire."""

    def post(url: str, form: Mapping[str, str], headers: Mapping[str, str]) -> Answer:
        parts = urlsplit(url)
        sent = {"query_string": parts.query, "data": form, "headers": dict(headers)}
        response = app.test_client().post(parts.path, **sent, buffered=True)  # read to its end, and closed
        return Answer(response.status_code, response.get_data(as_text=True), response.content_type or "")

    return post


class World:
    """The deployment under test and the people around it."""

    def __init__(self, settings: Settings, twilio: StandInTwilio, clock: HandClock) -> None:
        self.app = create_app(settings, clock=clock)
        self.parts: Parts = self.app.extensions["prepline"]
        self.twilio = twilio
        self.clock = clock
        twilio.public_url = settings.twilio.public_url
        twilio.webhooks.post = post_into(self.app)
        schema.upgrade(self.parts.db)
        self._phones: dict[str, Phone] = {}
        self.staff: dict[str, int] = {}

    def close(self) -> None:
        self.parts.db.close()

    # People

    def phone(self, number: str, name: str = "the phone") -> Phone:
        """The one pretend phone with this number."""
        if number not in self._phones:
            self._phones[number] = Phone(number, self._text, self.twilio.messages_to, self.settle, name)
        return self._phones[number]

    def _text(self, number: str, body: str) -> None:
        answer = self.twilio.text(number, body)
        assert answer.status == 200, f"the webhook answered {answer.status}"

    def nurse(self, name: str, rung: str | None = None, role: str = "nurse", number: str | None = None) -> Phone:
        """Somebody on call for ever on this rung (None: not on call), with a phone."""
        number = number or STAFF_PHONES[name]
        with self.parts.db.write() as session:
            staff = oncall.add_staff(session, name.title(), role, number, None, "test", self.clock.now())
            if rung is not None:
                oncall.add_shift(session, staff, rung, None, None, "test", self.clock.now())
        self.staff[name] = staff
        return self.phone(number, name)

    def enroll(
        self,
        procedure_at: datetime,
        *,
        number: str = MARIA,
        zone: str = "America/New_York",
        language: str = "en",
        consent: str | None = "asked by Sam at the desk",
        name: str = "Maria Lopez",
    ) -> int:
        """A patient on this number; `procedure_at` without a zone is on her clock."""
        at = procedure_at if procedure_at.tzinfo else procedure_at.replace(tzinfo=ZoneInfo(zone))
        new = NewEnrollment(name, number, at, zone, zone, language, consent)
        with self.parts.db.write() as session:
            return enrollments.enroll(session, self.parts, new, "test").id

    def change(self, act: Any, enrollment_id: int, *arguments: Any) -> None:
        """Carry out one act of staff on an enrollment: `world.change(enrollments.cancel, 7)`."""
        with self.parts.db.write() as session:
            act(session, self.parts, enrollments.find(session, enrollment_id), *arguments, "test")

    # Time

    def settle(self) -> None:
        """Let happen all that is due at this moment."""
        quiet = False
        while not quiet:
            before = self._activity()
            for name in ticks.TICKS:
                ticks.TICKS[name](self.parts)
            self.twilio.settle()
            quiet = self._activity() == before

    def _activity(self) -> tuple[int, int, int]:
        with self.parts.db.read() as session:
            moved = sum(session.scalar(select(func.count()).select_from(event)) or 0 for event in (EscalationEvent, MessageEvent))
        return len(self.twilio.posted), len(self.twilio.ledger.outbound()), moved

    def forward(self, **by: float) -> None:
        """Let time pass, told as for `timedelta`."""
        self.until(self.clock.now() + timedelta(**by))

    def until(self, moment: datetime) -> None:
        """Let time pass up to this moment, stopping wherever something is due."""
        self.settle()
        while (due := self._next_due()) is not None and due <= moment:
            self.clock.set(max(due, self.clock.now()))
            self.settle()
        self.clock.set(moment)
        self.settle()

    def _next_due(self) -> datetime | None:
        waiting = (
            select(func.min(OutgoingMessage.due_at)).where(OutgoingMessage.state == State.PENDING),
            select(func.min(OutgoingMessage.silence_at)),
            select(func.min(OutgoingMessage.look_at)),
            select(func.min(Escalation.next_action_at)).where(Escalation.state != CaseState.CLOSED),
        )
        now = self.clock.now()
        with self.parts.db.read() as session:
            return min((due for look in waiting if (due := session.scalar(look)) is not None and due > now), default=None)

    # What is remembered

    def planned(self, enrollment_id: int) -> dict[str, OutgoingMessage]:
        """The planned texts of the newest date, by step (a repeat as `step again`)."""
        with self.parts.db.read() as session:
            version = session.get_one(Enrollment, enrollment_id).date_version
            rows = session.scalars(
                select(OutgoingMessage).where(
                    OutgoingMessage.enrollment_id == enrollment_id, OutgoingMessage.planned, OutgoingMessage.date_version == version
                )
            )
            return {f"{row.step}{' again' if row.repeat else ''}": row for row in rows}

    def texts(self, **where: Any) -> list[OutgoingMessage]:
        """Outgoing texts whose columns have these values, oldest first."""
        with self.parts.db.read() as session:
            return list(session.scalars(select(OutgoingMessage).filter_by(**where).order_by(OutgoingMessage.id)))

    def tasks(self, state: str = "open") -> list[str]:
        """The kinds of the worklist's rows, in the order they were opened."""
        with self.parts.db.read() as session:
            return list(session.scalars(select(Task.kind).where(Task.state == state).order_by(Task.id)))

    def cases(self) -> list[Escalation]:
        """Every case, oldest first."""
        with self.parts.db.read() as session:
            return list(session.scalars(select(Escalation).order_by(Escalation.id)))

    def history(self, case: Escalation) -> list[str]:
        """What happened to a case, in order."""
        with self.parts.db.read() as session:
            return [event.what for event in escalations.history(session, case)]


def bodies(texts: Sequence[OutgoingMessage]) -> list[str]:
    """The words of texts."""
    return [text.body for text in texts]

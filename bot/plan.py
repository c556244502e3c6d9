"""Keeps the planned texts of an enrollment in line with its timeline. Nobody else edits them."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, Row, select, true, update
from sqlalchemy.orm import Session

from bot import outbox, places, worklist
from bot.models import Enrollment, EnrollmentState, Phone, PlaceRow, State, Weight
from bot.outbox import MESSAGE
from bot.parts import Parts
from bot.wording import Visit, cost
from flows import conversation, timeline
from flows.check_in import CHECK_IN
from flows.checklist import CHECKLIST
from flows.effects import Place
from flows.timeline import Fate, next_allowed

__all__ = ["Planned", "bring_in_line", "forget_open_question", "has_heard", "muted", "next_allowed", "place_of"]

NOTHING_LEFT = (*outbox.WAITING, State.SUPPRESSED)
REVIVABLE = (State.SUPPRESSED, State.CANCELED)
NOT_GONE = (*NOTHING_LEFT, State.CANCELED, State.EXPIRED)


@dataclass(frozen=True, slots=True)
class Planned:
    """How many texts are planned, whether a person must phone because some that matter can't reach her, and what silences all."""

    count: int
    phone_her: bool
    muted: str | None  # opted_out or no_consent


def place_of(session: Session, enrollment_id: int) -> Place:
    """Where she is in the conversation."""
    return places.loaded(session.get_one(PlaceRow, enrollment_id, populate_existing=True).place)


def note_test_done(session: Session, enrollment: Enrollment) -> None:
    """Nobody needs to ask her any more whether the test is over."""
    _change_place(session, enrollment.id, conversation.test_was_done)


def forget_open_question(session: Session, enrollment: Enrollment) -> None:
    """After a move or a cancellation an answer to the old date's question means nothing; only the checklist stays answered.

    How she is, and whether it is an emergency, stays a question whatever becomes of the visit.
    """

    def forget(place: Place) -> Place:
        answers = {question: answer for question, answer in place.answers.items() if question in CHECKLIST}
        kept = replace(place, answers=answers)
        return kept if place.awaiting in CHECK_IN else replace(kept, awaiting="none", asked="", asked_at=None)

    _change_place(session, enrollment.id, forget)


def _change_place(session: Session, enrollment_id: int, change: Callable[[Place], Place]) -> None:
    session.flush()
    row = session.get_one(PlaceRow, enrollment_id, populate_existing=True)
    row.place = places.saved(change(places.loaded(row.place)))
    session.flush()


def has_heard(session: Session, enrollment: Enrollment) -> bool:
    """Whether any planned text may have reached her."""
    gone = select(MESSAGE.c.id).where(MESSAGE.c.enrollment_id == enrollment.id, MESSAGE.c.planned, MESSAGE.c.state.not_in(NOT_GONE))
    return session.scalar(gone.limit(1)) is not None


def silenced_by(session: Session, phone_id: int) -> str | None:
    """What keeps every planned text from this phone: `opted_out` or `no_consent`."""
    phone = session.get_one(Phone, phone_id)
    return "opted_out" if phone.opted_out_at else None if phone.consent else "no_consent"


def muted(session: Session, message: outbox.NewMessage) -> outbox.NewMessage:
    """The message as it may be written: suppressed from the start where the phone opted out or gave no consent."""
    reason = silenced_by(session, message.phone_id)
    return replace(message, state=State.SUPPRESSED, reason=reason) if reason and message.state == State.PENDING else message


def bring_in_line(session: Session, parts: Parts, enrollment: Enrollment, now: datetime, cause: str) -> Planned:
    """Write, move, reword, cancel or revive planned rows until they are what the timeline says. Twice changes nothing."""
    session.flush()
    connection = session.connection()
    mine = select(MESSAGE).where(MESSAGE.c.enrollment_id == enrollment.id, MESSAGE.c.planned)
    rows = {row.key: row for row in connection.execute(mine)}
    planned = timeline.plan(parts.procedure, _facts(session, enrollment, tuple(rows.values())))
    wanted = {_key(enrollment, message): message for message in planned}
    fresh = []
    for key, message in wanted.items():
        row = rows.get(key)
        new = _new(session, parts, enrollment, key, message)
        if row is None:
            fresh += [new] if message.fate is not Fate.SKIPPED else []
        elif message.fate is Fate.SEND:
            _keep_in_line(session, row, new, now, cause)
        else:
            _cancel(session, row, now, cause, str(message.reason))
    outbox.put(connection, fresh, now, cause)
    for key, row in rows.items():
        if key not in wanted and row.date_version != enrollment.date_version:
            _cancel(session, row, now, cause, "moved")
    _end_silence(connection, enrollment)
    unreachable = timeline.unreachable_prep(planned) if enrollment.state == EnrollmentState.RUNNING else ()
    if unreachable:
        phone_her(connection, parts, enrollment, now)
    count = sum(message.fate is Fate.SEND and message.repeat == 0 for message in planned)
    return Planned(count, bool(unreachable), silenced_by(session, enrollment.phone_id))


def phone_her(connection: Connection, parts: Parts, enrollment: Enrollment, now: datetime) -> None:
    """A person must tell her how to prepare, once for each date of the test."""
    reason = f"enrollment:{enrollment.id}:{enrollment.date_version}"
    worklist.open_task(connection, parts.procedure, "phone_prep", reason=reason, now=now, enrollment_id=enrollment.id)


def _facts(session: Session, enrollment: Enrollment, rows: Sequence[Row[Any]]) -> timeline.EnrollmentFacts:
    return timeline.EnrollmentFacts(
        procedure_at=enrollment.procedure_at,
        zone=ZoneInfo(enrollment.timezone),
        site_zone=ZoneInfo(enrollment.site_timezone),
        enrolled_at=enrollment.enrolled_at,
        changed_at=enrollment.changed_at,
        date_version=enrollment.date_version,
        test=enrollment.test,
        canceled=enrollment.state == EnrollmentState.CANCELED,
        done_at=enrollment.done_at,
        sent=frozenset(row.step for row in rows if row.state not in NOT_GONE and row.sent_at < enrollment.changed_at),
        answered=place_of(session, enrollment.id).answers,
    )


def _key(enrollment: Enrollment, message: timeline.PlannedMessage) -> str:
    return f"enrollment:{enrollment.id}:{message.step}:{enrollment.date_version}:{message.repeat}"


def _new(session: Session, parts: Parts, enrollment: Enrollment, key: str, message: timeline.PlannedMessage) -> outbox.NewMessage:
    new = outbox.NewMessage(
        key=key,
        weight=Weight.CLINICAL,
        phone_id=enrollment.phone_id,
        enrollment_id=enrollment.id,
        step=message.step,
        text_key=message.text,
        planned=True,
        date_version=enrollment.date_version,
        repeat=message.repeat,
        asks=message.asks,
        body=parts.wording.text(message.text, enrollment.language, Visit(enrollment.procedure_at, enrollment.site_timezone)),
        due_at=message.due_at,
        not_after=message.not_after,
        silent_after=message.silent_after,
        silent_task=message.silent_task,
        state=State.PENDING if message.fate is Fate.SEND else State.EXPIRED,
        reason=str(message.reason) if message.reason else None,
    )
    return muted(session, new)


def _keep_in_line(session: Session, row: Row[Any], new: outbox.NewMessage, now: datetime, cause: str) -> None:
    """A waiting row takes the new moment and words; one that was silenced comes back when nothing silences it any more."""
    connection = session.connection()
    values: dict[str, Any] = {
        "text_key": new.text_key,
        "asks": new.asks,
        "body": new.body,
        "segments": cost(new.body),
        "due_at": new.due_at,
        "not_after": new.not_after,
        "silent_after_seconds": new.silent_after.total_seconds() if new.silent_after else None,
        "silent_task": new.silent_task,
    }
    which = MESSAGE.c.id == row.id
    if new.state == State.SUPPRESSED:
        if row.state in outbox.WAITING:
            outbox.move(connection, which, outbox.WAITING, State.SUPPRESSED, now=now, cause=cause, reason=new.reason, **values)
    elif row.state in REVIVABLE and (new.not_after is None or new.not_after > now):
        outbox.move(connection, which, REVIVABLE, State.PENDING, now=now, cause=cause, **values)
    elif row.state == State.PENDING and (row.body, row.due_at, row.not_after) != (new.body, new.due_at, new.not_after):
        outbox.reword(connection, row.id, values)


def _end_silence(connection: Connection, enrollment: Enrollment) -> None:
    """Nobody phones her about a visit that is over, or about a date that is no longer hers; how she is stays a question."""
    over = enrollment.test != "booked" or enrollment.state == EnrollmentState.CANCELED
    of_old_date = (MESSAGE.c.date_version != enrollment.date_version) & MESSAGE.c.asks.not_in(list(CHECKLIST))
    needless = MESSAGE.c.asks.not_in(list(CHECK_IN)) & (true() if over else of_old_date)
    which = (MESSAGE.c.enrollment_id == enrollment.id) & MESSAGE.c.silence_at.is_not(None) & needless
    connection.execute(update(MESSAGE).where(which).values(silence_at=None))


def _cancel(session: Session, row: Row[Any], now: datetime, cause: str, reason: str) -> None:
    if row.state in NOTHING_LEFT:
        outbox.move(
            session.connection(), MESSAGE.c.id == row.id, NOTHING_LEFT, State.CANCELED, now=now, cause=cause, reason=reason, owner=None
        )

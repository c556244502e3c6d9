"""Texts that a crash or a broken line left in between: taken over, looked up at the carrier, and only then sent again."""

from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import Connection, Row, and_, func, or_, select, update
from sqlalchemy.orm import Session

from bot import outbox, sending, worklist
from bot.carrier import CannotLook
from bot.clock import real_now
from bot.models import Phone, SendAttempt, State, Weight, table
from bot.outbox import MESSAGE
from bot.parts import Parts
from bot.process import living

ATTEMPT: Final = table(SendAttempt)
PHONE: Final = table(Phone)
LOOKS: Final = 2  # without a match before anything is sent again
AROUND: Final = timedelta(seconds=60)  # the carrier's clock and ours may differ
FORGOTTEN: Final = timedelta(seconds=60)  # an attempt of this very process that nobody is waiting for any more (real time)
AT_ONCE: Final = 20  # few, so that a slow list of the carrier does not keep a page waiting


def take_over(parts: Parts) -> None:
    """What a dead process held: claimed texts wait again, dispatched ones have an unknown outcome."""
    now = parts.clock.now()
    pace = parts.settings.sending
    dead = and_(MESSAGE.c.owner.is_not(None), MESSAGE.c.owner.not_in(living(timedelta(seconds=pace.owner_dead_after_seconds))))
    look_at = now + timedelta(seconds=pace.unknown_first_look_seconds)
    forgotten = and_(
        MESSAGE.c.owner == parts.process.owner,
        MESSAGE.c.token.not_in(parts.process.in_flight()),
        MESSAGE.c.token.in_(
            select(ATTEMPT.c.token).where(ATTEMPT.c.message_id == MESSAGE.c.id, ATTEMPT.c.called_at < real_now() - FORGOTTEN)
        ),
    )
    with parts.db.write() as session:
        connection = session.connection()
        outbox.move(connection, dead, [State.CLAIMED], State.PENDING, now=now, cause="owner died", owner=None)
        lost: dict[str, Any] = {"owner": None, "look_at": look_at, "looks": 0}
        outbox.move(connection, or_(dead, forgotten), [State.DISPATCHING], State.UNKNOWN, now=now, cause="owner died", **lost)


def look_up(parts: Parts) -> None:
    """Find out what became of texts whose outcome is unknown."""
    now = parts.clock.now()
    with parts.db.read() as session:
        rows = session.execute(
            select(MESSAGE, PHONE.c.number)
            .join(PHONE, PHONE.c.id == MESSAGE.c.phone_id)
            .where(MESSAGE.c.state == State.UNKNOWN, MESSAGE.c.look_at <= now)
            .order_by(MESSAGE.c.send_order, MESSAGE.c.look_at)
            .limit(AT_ONCE)
        ).all()
    for row in rows:
        carrier_id = _find(parts, row)
        if carrier_id is not None:
            sending.accepted(parts, row.id, row.token, carrier_id)
        else:
            _not_found(parts, row)


def _find(parts: Parts, row: Row[Any]) -> str | None:
    """The carrier's id of this text, if it took it and no other row of ours has it."""
    with parts.db.read() as session:
        first_call = session.scalar(select(ATTEMPT.c.called_at).where(ATTEMPT.c.message_id == row.id).order_by(ATTEMPT.c.number).limit(1))
        since = (first_call or real_now()) - AROUND
    try:
        found = parts.carrier.find(row.number, row.body, since=since)
    except CannotLook:
        return None
    ids = [text.carrier_id for text in found]
    with parts.db.read() as session:
        known = set(session.scalars(select(ATTEMPT.c.carrier_id).where(ATTEMPT.c.carrier_id.in_(ids))))
        free = [carrier_id for carrier_id in reversed(ids) if carrier_id not in known]
        return free[0] if len(free) > _others(session, row, since) else None


def _others(session: Session, row: Row[Any], since: datetime) -> int:
    """How many other texts with the same words left for this phone without our knowing the carrier's id yet: answers to a webhook."""
    left = (
        select(MESSAGE.c.body)
        .join(ATTEMPT, ATTEMPT.c.token == MESSAGE.c.token)
        .where(MESSAGE.c.phone_id == row.phone_id, MESSAGE.c.id != row.id, ATTEMPT.c.called_at >= since)
        .where(MESSAGE.c.carrier_id.is_(None), MESSAGE.c.state.in_((State.DISPATCHING, State.ACCEPTED)))
    )
    return sum(body == row.body for body in session.scalars(left))


def _not_found(parts: Parts, row: Row[Any]) -> None:
    """Looked for once: again later. Twice: danger goes out again, a planned text once more, anything else is for a person."""
    now = parts.clock.now()
    which = (MESSAGE.c.id == row.id) & (MESSAGE.c.token == row.token)
    with parts.db.write() as session:
        connection = session.connection()
        if row.looks + 1 < LOOKS:
            look_at = now + timedelta(seconds=parts.settings.sending.unknown_second_look_seconds)
            connection.execute(update(MESSAGE).where(which, MESSAGE.c.state == State.UNKNOWN).values(looks=row.looks + 1, look_at=look_at))
        elif row.weight == Weight.SAFETY or (row.weight == Weight.CLINICAL and _in_doubt(connection, row.id) <= 1):
            again: dict[str, Any] = {"due_at": now, "look_at": None, "silence_at": None}
            outbox.move(connection, which, [State.UNKNOWN], State.PENDING, now=now, cause="not found twice: sent again", **again)
        elif outbox.move(
            connection, which, [State.UNKNOWN], State.REVIEW, now=now, cause="not found twice", reason="outcome_unknown", look_at=None
        ):
            worklist.open_about(connection, parts.procedure, "sending_unknown", row, now)


def _in_doubt(connection: Connection, message_id: int) -> int:
    """How many of its attempts may have reached the carrier."""
    doubtful = ATTEMPT.c.outcome.is_(None) | (ATTEMPT.c.outcome == "unknown")
    return connection.execute(select(func.count()).where(ATTEMPT.c.message_id == message_id, doubtful)).scalar_one()


def release_held(parts: Parts) -> None:
    """Texts that our configuration held are tried again from time to time."""
    now = parts.clock.now()
    with parts.db.write() as session:
        held = MESSAGE.c.look_at <= now
        outbox.move(session.connection(), held, [State.HELD], State.PENDING, now=now, cause="tried again", look_at=None)

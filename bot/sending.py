"""Sending one text: claim it, look once more whether it should leave, record the attempt, call the carrier, write down what came of it.

No transaction is open while the carrier answers. Only the proof that nothing was sent brings a text back to `pending`.
"""

import random
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import uuid4
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, Row, insert, select, update
from sqlalchemy.orm import Session

from bot import outbox, people, places, receipts, worklist
from bot.carrier import CarrierBusy, CarrierRefused, OutcomeUnknown, Refusal
from bot.clock import real_now
from bot.database import retried_on_deadlock
from bot.logs import log
from bot.models import WEIGHT_ORDER, Enrollment, Phone, PlaceRow, SendAttempt, State, Weight, table
from bot.outbox import MESSAGE
from bot.parts import Parts
from flows import conversation
from flows.timeline import next_allowed

IN_BETWEEN: Final = (State.DISPATCHING, State.UNKNOWN)  # unknown: others thought that this process had died
ATTEMPT: Final = table(SendAttempt)
PHONE: Final = table(Phone)
ENROLLMENT: Final = table(Enrollment)
PLACE: Final = table(PlaceRow)


@dataclass(frozen=True, slots=True)
class Flight:
    """A text that may leave now: its attempt is committed."""

    message_id: int
    token: str
    number: str
    body: str
    valid_for: timedelta | None


def put_back(parts: Parts, weights: Sequence[Weight]) -> None:
    """What an earlier run of this lane claimed and, for want of a database, could not work on, waits again."""
    mine = (MESSAGE.c.owner == parts.process.owner) & MESSAGE.c.weight.in_(weights)
    with parts.db.write() as session:
        now = parts.clock.now()
        outbox.move(session.connection(), mine, [State.CLAIMED], State.PENDING, now=now, cause="claimed in vain", owner=None)


def claim(parts: Parts, weights: Sequence[Weight], limit: int, but: Collection[int] = ()) -> list[tuple[int, int]]:
    """Take the most urgent due texts for this process; return (message, phone) ids in the order they should leave.

    `but`: phones whose turn it is not, because an earlier text is still on its way to them.
    """
    now = parts.clock.now()
    with parts.db.write() as session:
        connection = session.connection()
        due: list[tuple[int, int]] = []
        for weight in weights:  # one look a weight: an index walk that does not grow with what waits for later
            waiting = (
                select(MESSAGE.c.id, MESSAGE.c.phone_id)
                .where(MESSAGE.c.state == State.PENDING, MESSAGE.c.send_order == WEIGHT_ORDER[weight], MESSAGE.c.due_at <= now)
                .where(MESSAGE.c.phone_id.not_in(list(but)))
                .order_by(MESSAGE.c.due_at, MESSAGE.c.id)
                .limit(limit - len(due))
                .with_for_update(skip_locked=True)
            )
            due += [(row.id, row.phone_id) for row in connection.execute(waiting)]
        which = MESSAGE.c.id.in_([message_id for message_id, _ in due])
        taken = (
            outbox.move(connection, which, [State.PENDING], State.CLAIMED, now=now, cause="claimed", owner=parts.process.owner)
            if due
            else []
        )
        mine = set(taken)
        return [pair for pair in due if pair[0] in mine]


def send(parts: Parts, message_id: int, phone_id: int) -> None:
    """Send one claimed text, or write down why it must not leave."""
    flight = _begin(parts, message_id, phone_id)
    if flight is None:
        return
    with parts.process.flying(flight.token):
        try:
            carrier_id = parts.carrier.send(flight.number, flight.body, reference=flight.token, valid_for=flight.valid_for)
        except CarrierBusy:
            _busy(parts, flight)
        except CarrierRefused as refused:
            _refused(parts, flight, refused)
        except OutcomeUnknown:
            _unknown(parts, flight)
        else:
            accepted(parts, flight.message_id, flight.token, carrier_id)


@retried_on_deadlock
def _begin(parts: Parts, message_id: int, phone_id: int) -> Flight | None:
    """Look once more in the transaction that records the attempt: opt-out, sending hours, too late?"""
    now = parts.clock.now()
    with parts.db.write() as session:
        connection = session.connection()
        people.lock_phone(connection, phone_id)  # as the inbox does: whatever changes a phone's rows queues here
        row = connection.execute(
            select(MESSAGE, PHONE.c.number, PHONE.c.opted_out_at, ENROLLMENT.c.timezone)
            .join(PHONE, PHONE.c.id == MESSAGE.c.phone_id)
            .outerjoin(ENROLLMENT, ENROLLMENT.c.id == MESSAGE.c.enrollment_id)
            .where(MESSAGE.c.id == message_id, MESSAGE.c.state == State.CLAIMED, MESSAGE.c.owner == parts.process.owner)
        ).one_or_none()
        if row is None or not _may_leave(session, parts, row, now):
            return None
        token = uuid4().hex
        silence = now + timedelta(seconds=row.silent_after_seconds) if row.silent_after_seconds else None
        values = {"token": token, "attempts": row.attempts + 1, "sent_at": now, "silence_at": silence}
        if not _move(connection, row, State.DISPATCHING, now, "attempt", **values):
            return None
        attempt = {"token": token, "message_id": message_id, "number": row.attempts + 1, "called_at": real_now()}
        connection.execute(insert(ATTEMPT), [attempt])
        if row.asks:
            _asked(connection, parts, row, now)
    return Flight(message_id, token, row.number, row.body, row.not_after - now if row.not_after else None)


def _may_leave(session: Session, parts: Parts, row: Row[Any], now: datetime) -> bool:
    """Whether the text may leave now; if not, its row says why."""
    connection = session.connection()
    answers_danger = row.weight == Weight.SAFETY and row.inbound_text_id is not None
    if row.opted_out_at is not None and not answers_danger:
        _move(connection, row, State.SUPPRESSED, now, "opted out", reason="opted_out")
        if row.escalation_id is not None:
            receipts.failed(session, parts, row.id, 0, now)
        return False
    if row.not_after is not None and row.not_after <= now:
        _expire(session, parts, row, now)
        return False
    if row.planned:
        allowed = next_allowed(now, ZoneInfo(row.timezone), parts.procedure)
        if row.not_after is not None and allowed >= row.not_after:
            _expire(session, parts, row, now)
            return False
        if allowed > now:
            _move(connection, row, State.PENDING, now, "outside sending hours", due_at=allowed)
            return False
    return True


def _expire(session: Session, parts: Parts, row: Row[Any], now: datetime) -> None:
    """It no longer makes sense; what she still needed to know, a person tells her."""
    connection = session.connection()
    _move(connection, row, State.EXPIRED, now, "too late", reason="too_late")
    step = next((step for step in parts.procedure.steps if step.key == row.step), None)
    if step is not None and step.safety:
        worklist.open_about(connection, parts.procedure, "not_sent", row, now)


def _move(connection: Connection, row: Row[Any], to: State, now: datetime, cause: str, **values: Any) -> bool:
    """Out of `claimed`, as long as this process still holds it."""
    which = (MESSAGE.c.id == row.id) & (MESSAGE.c.owner == row.owner)
    values = {"owner": row.owner if to == State.DISPATCHING else None} | values
    return bool(outbox.move(connection, which, [State.CLAIMED], to, now=now, cause=cause, **values))


def _asked(connection: Connection, parts: Parts, row: Row[Any], now: datetime) -> None:
    """From now on a bare answer belongs to this question, unless a more urgent one is open."""
    which = PLACE.c.enrollment_id == row.enrollment_id
    text = connection.execute(select(PLACE.c.place).where(which).with_for_update()).scalar_one()
    place = conversation.asked(places.loaded(text), row.text_key, row.asks, parts.procedure, now)
    connection.execute(update(PLACE).where(which).values(place=places.saved(place)))


@retried_on_deadlock
def accepted(parts: Parts, message_id: int, token: str, carrier_id: str) -> None:
    """The carrier has it; receipts that came before this are applied now."""
    now = parts.clock.now()
    with parts.db.write() as session:
        connection = session.connection()
        connection.execute(update(ATTEMPT).where(ATTEMPT.c.token == token).values(outcome="accepted", carrier_id=carrier_id))
        which = (MESSAGE.c.id == message_id) & (MESSAGE.c.token == token)
        values = {"carrier_id": carrier_id, "owner": None, "look_at": None}
        outbox.move(connection, which, IN_BETWEEN, State.ACCEPTED, now=now, cause="accepted", **values)
        receipts.apply_kept(session, parts, [token], now)


@retried_on_deadlock
def _busy(parts: Parts, flight: Flight) -> None:
    """Certainly not sent: again after a while, doubled each time, spread a little so that not all come back at once."""
    pace = parts.settings.sending
    now = parts.clock.now()
    with parts.db.write() as session:
        connection = session.connection()
        _outcome(connection, flight, "busy")
        tries = connection.execute(select(MESSAGE.c.attempts).where(MESSAGE.c.id == flight.message_id)).scalar_one()
        spread = random.uniform(0.9, 1.1)  # nosec B311 -- spreads load, hides nothing
        wait = min(pace.retry_first_seconds * 2 ** min(tries - 1, 20), pace.retry_longest_seconds) * spread
        due_at = now + timedelta(seconds=wait)
        _settle(connection, flight, State.PENDING, now, "carrier busy", due_at=due_at, look_at=None, silence_at=None)


@retried_on_deadlock
def _refused(parts: Parts, flight: Flight, refused: CarrierRefused) -> None:
    """Certainly not sent, and trying again is no use: our configuration holds it, anything else is work for a person."""
    now = parts.clock.now()
    log.warning("carrier refused a text", message=flight.message_id, reason=refused.refusal, code=refused.code)
    with parts.db.write() as session:
        connection = session.connection()
        _outcome(connection, flight, "refused")
        values = {"reason": str(refused.refusal), "error_code": refused.code, "look_at": None, "silence_at": None}
        if refused.refusal is Refusal.CONFIGURATION:
            values["look_at"] = now + timedelta(seconds=parts.settings.sending.probe_held_seconds)
            _settle(connection, flight, State.HELD, now, "our configuration", **values)
        elif _settle(connection, flight, State.REJECTED, now, "carrier refused", **values):
            code = receipts.OPTED_OUT if refused.refusal is Refusal.OPTED_OUT else refused.code
            receipts.failed(session, parts, flight.message_id, code, now)


@retried_on_deadlock
def _unknown(parts: Parts, flight: Flight) -> None:
    """It may have left: it is looked up before anything else happens to it."""
    now = parts.clock.now()
    log.warning("outcome of a text unknown", message=flight.message_id)
    with parts.db.write() as session:
        connection = session.connection()
        _outcome(connection, flight, "unknown")
        look_at = now + timedelta(seconds=parts.settings.sending.unknown_first_look_seconds)
        _settle(connection, flight, State.UNKNOWN, now, "no clear answer", look_at=look_at, looks=0)


def _outcome(connection: Connection, flight: Flight, outcome: str) -> None:
    unanswered = ATTEMPT.c.token == flight.token, ATTEMPT.c.outcome.is_(None)
    connection.execute(update(ATTEMPT).where(*unanswered).values(outcome=outcome))


def _settle(connection: Connection, flight: Flight, to: State, now: datetime, cause: str, **values: Any) -> bool:
    """Out of what this attempt left it in, unless a receipt has told more by now."""
    which = (MESSAGE.c.id == flight.message_id) & (MESSAGE.c.token == flight.token)
    states = [state for state in IN_BETWEEN if state != to]
    return bool(outbox.move(connection, which, states, to, now=now, cause=cause, owner=None, **values))

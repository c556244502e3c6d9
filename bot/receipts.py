"""Delivery receipts: always kept, applied only forward, whatever order they come in."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection, select, update
from sqlalchemy.orm import Session

from bot import escalations, outbox, worklist
from bot.database import insert_new, retried_on_deadlock
from bot.models import DeliveryReceipt, SendAttempt, State, Weight, table
from bot.outbox import MESSAGE
from bot.parts import Parts

RECEIPT: Final = table(DeliveryReceipt)
ATTEMPT: Final = table(SendAttempt)

# What Twilio says, in our words (https://www.twilio.com/docs/messaging/api/message-resource#message-status-values).
STATES: Final = {
    "accepted": State.ACCEPTED,
    "scheduled": State.ACCEPTED,
    "queued": State.ACCEPTED,
    "sending": State.ACCEPTED,
    "sent": State.SENT,
    "delivered": State.DELIVERED,
    "read": State.READ,
    "partially_delivered": State.UNDELIVERED,
    "undelivered": State.UNDELIVERED,
    "failed": State.FAILED,
    "canceled": State.FAILED,
}
OPEN: Final = (State.PENDING, State.CLAIMED, State.DISPATCHING, State.UNKNOWN, State.REVIEW)  # the first two: about to be sent again
BEFORE: Final = {  # the states that a receipt may lead out of; a delivery is the truth even after a failure was reported
    State.ACCEPTED: OPEN,
    State.SENT: (*OPEN, State.ACCEPTED),
    State.UNDELIVERED: (*OPEN, State.ACCEPTED, State.SENT),
    State.FAILED: (*OPEN, State.ACCEPTED, State.SENT, State.UNDELIVERED),
    State.DELIVERED: (*OPEN, State.ACCEPTED, State.SENT, State.UNDELIVERED, State.FAILED),
    State.READ: (*OPEN, State.ACCEPTED, State.SENT, State.UNDELIVERED, State.FAILED, State.DELIVERED),
}
FAILURES: Final = (State.UNDELIVERED, State.FAILED)
OPTED_OUT: Final = 21610


@dataclass(frozen=True, slots=True)
class Receipt:
    """What the carrier says of one text. `token` is the attempt's, from the address; `error_code` 0 where there is none."""

    token: str
    carrier_id: str
    status: str
    error_code: int


@retried_on_deadlock
def receive(parts: Parts, receipt: Receipt) -> None:
    """Keep a receipt, and apply it if its text is known; the same one again changes nothing."""
    now = parts.clock.now()
    row = {
        "token": receipt.token,
        "carrier_id": receipt.carrier_id,
        "status": receipt.status,
        "error_code": receipt.error_code,
        "received_at": now,
    }
    with parts.db.write() as session:
        connection = session.connection()
        new = insert_new(connection, RECEIPT, RECEIPT.c.id)
        receipt_id = connection.execute(new, [row]).scalar()
        if receipt_id is not None:
            _apply(session, parts, receipt_id, receipt, now)


def apply_kept(session: Session, parts: Parts, tokens: Iterable[str], now: datetime) -> None:
    """Apply receipts that came before their text was known."""
    waiting = select(RECEIPT).where(RECEIPT.c.token.in_(list(tokens)), RECEIPT.c.applied_at.is_(None)).order_by(RECEIPT.c.id)
    for row in session.connection().execute(waiting).all():
        _apply(session, parts, row.id, Receipt(row.token, row.carrier_id, row.status, row.error_code), now)


def _apply(session: Session, parts: Parts, receipt_id: int, receipt: Receipt, now: datetime) -> None:
    connection = session.connection()
    message_id = _message_of(connection, receipt)
    state = STATES.get(receipt.status)
    if message_id is None or state is None:
        return
    connection.execute(update(RECEIPT).where(RECEIPT.c.id == receipt_id).values(applied_at=now))
    connection.execute(update(ATTEMPT).where(ATTEMPT.c.token == receipt.token).values(carrier_id=receipt.carrier_id, outcome="accepted"))
    mistaken = (MESSAGE.c.carrier_id == receipt.carrier_id) & (MESSAGE.c.id != message_id)  # looked up, and taken for the wrong one
    lost: dict[str, Any] = {"carrier_id": None, "look_at": now, "looks": 0}
    outbox.move(connection, mistaken, [State.ACCEPTED], State.UNKNOWN, now=now, cause="it was another text", **lost)
    which = MESSAGE.c.id == message_id
    code = receipt.error_code if state in FAILURES else None
    values: dict[str, Any] = {"carrier_id": receipt.carrier_id, "error_code": code}
    moved = outbox.move(
        connection, which, BEFORE[state], state, now=now, cause=f"receipt {receipt.status}", owner=None, look_at=None, **values
    )
    if moved and state in FAILURES:
        failed(session, parts, message_id, receipt.error_code, now)


def _message_of(connection: Connection, receipt: Receipt) -> int | None:
    """The text that a receipt speaks of: by the attempt's token, else by the carrier's id."""
    by_token = connection.execute(select(ATTEMPT.c.message_id).where(ATTEMPT.c.token == receipt.token)).scalar()
    if by_token is not None:
        return int(by_token)
    found = connection.execute(select(MESSAGE.c.id).where(MESSAGE.c.carrier_id == receipt.carrier_id)).scalar()
    return None if found is None else int(found)


def failed(session: Session, parts: Parts, message_id: int, code: int, now: datetime) -> None:
    """A text did not reach its phone: a page climbs at once, a patient becomes work for a person."""
    connection = session.connection()
    row = connection.execute(select(MESSAGE).where(MESSAGE.c.id == message_id)).one()
    if code == OPTED_OUT:
        outbox.carrier_says_opted_out(connection, row.phone_id, now)
    if row.escalation_id is not None:
        escalations.page_failed(session, row.escalation_id, now)
    elif row.enrollment_id is not None and row.weight == Weight.SAFETY:
        worklist.open_about(connection, parts.procedure, "safety_answer_undelivered", row, now)
    elif row.enrollment_id is not None:  # one row a day, however many of her texts fail
        worklist.open_about(connection, parts.procedure, "not_reached", row, now, f"enrollment:{row.enrollment_id}:{now:%Y-%m-%d}")

"""Texts that wait to be sent, and the only places where one changes its state.

Every change is one conditional update on the state it leaves, with one row of history: whoever changes the row has the job.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, insert, select, update

from bot import audit
from bot.database import insert_new
from bot.models import WEIGHT_ORDER, MessageEvent, OutgoingMessage, Phone, State, Weight, table
from bot.prepared import run, run_each
from bot.wording import cost

MESSAGE: Final = table(OutgoingMessage)
EVENT: Final = table(MessageEvent)
NEW_EVENT: Final = insert(EVENT)
WAITING: Final = (State.PENDING, State.CLAIMED, State.HELD)  # nothing of these has left


@dataclass(frozen=True, slots=True)
class NewMessage:
    """A text that shall be sent; `key` is the intention, which exists once for ever."""

    key: str
    weight: Weight
    phone_id: int
    text_key: str
    body: str
    due_at: datetime
    not_after: datetime | None = None
    enrollment_id: int | None = None
    inbound_text_id: int | None = None
    escalation_id: int | None = None
    step: str | None = None
    planned: bool = False
    date_version: int | None = None
    repeat: int = 0
    asks: str | None = None
    silent_after: timedelta | None = None
    silent_task: str | None = None
    state: State = State.PENDING
    reason: str | None = None
    owner: str | None = None
    token: str | None = None

    def row(self, now: datetime) -> dict[str, Any]:
        """The columns of its row."""
        return {
            "key": self.key,
            "weight": self.weight,
            "send_order": WEIGHT_ORDER[self.weight],
            "phone_id": self.phone_id,
            "enrollment_id": self.enrollment_id,
            "inbound_text_id": self.inbound_text_id,
            "escalation_id": self.escalation_id,
            "step": self.step,
            "planned": self.planned,
            "date_version": self.date_version,
            "repeat": self.repeat,
            "text_key": self.text_key,
            "asks": self.asks,
            "body": self.body,
            "segments": cost(self.body),
            "due_at": self.due_at,
            "not_after": self.not_after,
            "silent_after_seconds": self.silent_after.total_seconds() if self.silent_after else None,
            "silent_task": self.silent_task,
            "state": self.state,
            "reason": self.reason,
            "owner": self.owner,
            "token": self.token,
            "attempts": 1 if self.token else 0,
            "looks": 0,
            "sent_at": now if self.token else None,
            "created_at": now,
        }


def put(connection: Connection, messages: Sequence[NewMessage], now: datetime, cause: str) -> dict[str, int]:
    """Write the ones whose intention is new, and return the ids by key; the others are there already."""
    if not messages:
        return {}
    new = insert_new(connection, MESSAGE, MESSAGE.c.id, MESSAGE.c.key, MESSAGE.c.state)
    rows = [row for message in messages for row in run(connection, new, message.row(now))]
    remember(connection, [(message_id, state) for message_id, _, state in rows], now, cause)
    return {key: message_id for message_id, key, _ in rows}


def remember(connection: Connection, rows: Sequence[tuple[int, str]], now: datetime, cause: str) -> None:
    """One row of history for each (id, state)."""
    run_each(connection, NEW_EVENT, [{"message_id": message_id, "state": state, "at": now, "cause": cause} for message_id, state in rows])


def move(
    connection: Connection,
    which: ColumnElement[bool],
    from_states: Collection[State],
    to: State,
    *,
    now: datetime,
    cause: str,
    reason: str | None = None,
    **values: Any,
) -> list[int]:
    """Take the rows that are still in one of these states to another one; return the ids of those that were."""
    change = (
        update(MESSAGE).where(which, MESSAGE.c.state.in_(from_states)).values(state=to, reason=reason, **values).returning(MESSAGE.c.id)
    )
    ids = list(connection.execute(change).scalars())
    remember(connection, [(message_id, to) for message_id in ids], now, cause)
    return ids


def reword(connection: Connection, message_id: int, values: dict[str, Any]) -> None:
    """Give a row that still waits another moment or other words."""
    connection.execute(update(MESSAGE).where(MESSAGE.c.id == message_id, MESSAGE.c.state == State.PENDING).values(values))


def suppress_phone(connection: Connection, phone_id: int, now: datetime, cause: str) -> None:
    """Nothing that waits for this phone leaves any more."""
    move(connection, MESSAGE.c.phone_id == phone_id, WAITING, State.SUPPRESSED, now=now, cause=cause, reason="opted_out", owner=None)


def carrier_says_opted_out(connection: Connection, phone_id: int, now: datetime) -> None:
    """The carrier blocks this phone because its holder told it to stop: the same as telling us."""
    phone = table(Phone)
    opted_out = update(phone).where(phone.c.id == phone_id, phone.c.opted_out_at.is_(None))
    if connection.execute(opted_out.values(opted_out_at=now, opted_out_why="carrier")).rowcount:
        audit.record(connection, now, "carrier", "opted out", f"phone:{phone_id}", why="carrier")
    suppress_phone(connection, phone_id, now, "carrier says opted out")


def next_due(connection: Connection) -> datetime | None:
    """When the next waiting text is due."""
    waiting = select(MESSAGE.c.due_at).where(MESSAGE.c.state == State.PENDING).order_by(MESSAGE.c.due_at).limit(1)
    return connection.execute(waiting).scalar()

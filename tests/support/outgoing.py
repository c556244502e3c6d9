"""Texts put straight into the outbox, looks at what became of them, and what must hold for every outbox."""

from collections import defaultdict
from datetime import timedelta
from itertools import pairwise
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import select

from bot import outbox, people
from bot.models import MessageEvent, OutgoingMessage, SendAttempt, Weight
from bot.outbox import NewMessage
from bot.parts import Parts
from tests.support.world import MARIA

on_sqlite = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)  # for what no database has a hand in


def queue(parts: Parts, body: str = "Bring your medicine list.", *, number: str = MARIA, late: float = 0.0, **columns: Any) -> int:
    """Write one text that has been due for `late` seconds, and return its id; a new key and clinical unless `columns` says otherwise."""
    now = parts.clock.now()
    with parts.db.write() as session:
        connection = session.connection()
        phone_id = people.remember_phone(connection, number, now)
        defaults: dict[str, Any] = {"key": uuid4().hex, "weight": Weight.CLINICAL, "due_at": now - timedelta(seconds=late)}
        new = NewMessage(phone_id=phone_id, text_key="test", body=body, **(defaults | columns))
        return outbox.put(connection, [new], now, "test")[new.key]


def message(parts: Parts, message_id: int) -> OutgoingMessage:
    """The text as it stands in the database."""
    with parts.db.read() as session:
        return session.get_one(OutgoingMessage, message_id)


def history(parts: Parts, message_id: int) -> list[str]:
    """The states that a text has gone through."""
    with parts.db.read() as session:
        return list(session.scalars(select(MessageEvent.state).where(MessageEvent.message_id == message_id).order_by(MessageEvent.id)))


def causes(parts: Parts, message_id: int) -> list[str]:
    """Why a text changed its state, each time."""
    with parts.db.read() as session:
        return list(session.scalars(select(MessageEvent.cause).where(MessageEvent.message_id == message_id).order_by(MessageEvent.id)))


def attempts(parts: Parts, message_id: int) -> list[SendAttempt]:
    """Every try to send a text, in order."""
    with parts.db.read() as session:
        return list(session.scalars(select(SendAttempt).where(SendAttempt.message_id == message_id).order_by(SendAttempt.number)))


def what_is_wrong(parts: Parts) -> list[str]:
    """Where the history does not tell the truth: one row for each change of state, and the last one is the state."""
    with parts.db.read() as session:
        states = session.execute(select(OutgoingMessage.id, OutgoingMessage.state)).all()
        events = session.execute(select(MessageEvent.message_id, MessageEvent.state).order_by(MessageEvent.id)).all()
    told: dict[int, list[str]] = defaultdict(list)
    for message_id, state in events:
        told[message_id].append(state)
    lies = [f"text {number} is {state}, its history {told[number]}" for number, state in states if told[number][-1:] != [state]]
    return lies + [f"text {number} stands still: {path}" for number, path in told.items() if any(a == b for a, b in pairwise(path))]

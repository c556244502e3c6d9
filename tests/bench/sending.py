"""Many enrolled and many due: what claiming costs, and how fast a rush of texts leaves."""

import sqlite3
import time
from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from sqlalchemy import func, insert, select

from bot import outbox, schema, sending
from bot.app import create_app
from bot.models import Phone, State, Weight, table
from bot.outbox import MESSAGE, NewMessage
from bot.parts import Parts
from bot.settings import load
from tests.bench import servers
from tests.bench.figures import Figure, at_most, middle
from tests.support.standin_twilio import StandInTwilio
from tests.support.twilio_rules import hang

WAITING_EACH = 5  # texts that wait for a later day, of each who is enrolled
CLAIMS = 25
LATENCY_SECONDS = 0.05
PATIENCE_SECONDS = 600
LATER = """
    INSERT INTO outgoing_message (
        key, weight, send_order, phone_id, planned, repeat, text_key, body, segments, due_at, state, attempts, looks, created_at
    )
    WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i + 1 < :rows)
    SELECT 'later:' || i, 'clinical', 1, 1 + i / :each, 1, 0, 'x', zeroblob(120), 1,
        datetime(:now, '+' || (1 + i % 9) || ' days') || '.000000', 'pending', 0, 0, :now
    FROM n
"""


def claiming(folder: Path, sizes: Sequence[int]) -> list[Figure]:
    """One claim of a full batch, beside more and more that waits for later; the sizes take turns."""
    with StandInTwilio() as twilio:
        each = {size: _deployment(folder / f"{size}", twilio) for size in sizes}
        for size, parts in each.items():
            _wait_for_later(parts, size)
        took: dict[int, list[float]] = {size: [] for size in sizes}
        for turn in range(CLAIMS):
            for size, parts in each.items():
                took[size].append(_claim(parts, turn))
        for parts in each.values():
            parts.db.close()
    figures = [Figure(f"a claim of a full batch beside {size:,} enrolled, median", f"{middle(took[size]):.3g} ms") for size in sizes]
    growth = middle(took[sizes[-1]]) / middle(took[sizes[0]])
    return [*figures, at_most(f"growth of a claim from {sizes[0]:,} to {sizes[-1]:,} enrolled", growth, 1.3, "")]


def rush(folder: Path, texts: int) -> list[Figure]:
    """So many texts, due in the same second, to as many phones; `flask worker` sends them to a carrier that takes its time."""
    with StandInTwilio() as twilio:
        twilio.rules.append(lambda _: hang(LATENCY_SECONDS))
        environ = servers.environment(folder, twilio, servers.free_port())
        parts = _deployment(folder, twilio)
        _due_now(parts, range(1, texts + 1), "rush")
        with servers.worker(environ):
            first, last = _watch(twilio, texts)
            _settled(parts, texts)
        parts.db.close()
        copies = Counter(form["To"] for form in twilio.posted)
    parallel = parts.settings.sending.parallel
    least = texts * LATENCY_SECONDS / parallel
    return [
        at_most(f"{texts:,} texts due in one second: lost", texts - len(copies), 0, ""),
        at_most("sent twice", sum(copies.values()) - len(copies), 0, ""),
        Figure("from the first to the last at the carrier", f"{last - first:.1f} s"),
        Figure(f"the least that {parallel} at a time allow at {LATENCY_SECONDS * 1000:g} ms each", f"{least:.1f} s"),
    ]


def _deployment(folder: Path, twilio: StandInTwilio) -> Parts:
    folder.mkdir(exist_ok=True)
    parts: Parts = create_app(load(servers.environment(folder, twilio, 8000))).extensions["prepline"]
    schema.upgrade(parts.db)
    return parts


def _wait_for_later(parts: Parts, enrolled: int) -> None:
    """Only what a claim could stumble over: the waiting texts, as rows of SQL, because a million of them is wanted."""
    file = parts.settings.database_url.removeprefix("sqlite:///")
    now = f"{parts.clock.now():%Y-%m-%d %H:%M:%S.%f}"
    with sqlite3.connect(file) as connection:
        connection.execute(LATER, {"rows": enrolled * WAITING_EACH, "each": WAITING_EACH, "now": now})
    connection.close()


def _due_now(parts: Parts, phones: Sequence[int], name: str) -> None:
    now = parts.clock.now()
    with parts.db.write() as session:
        connection = session.connection()
        known = {"created_at": now}
        rows = [{**known, "id": n, "number_hash": f"{name}{n}", "number": f"+1{2025550000 + n}"} for n in phones]
        connection.execute(insert(table(Phone)).prefix_with("OR IGNORE"), rows)
        outbox.put(connection, [_text(f"{name}:{n}", n, now) for n in phones], now, "bench")


def _text(key: str, phone_id: int, now: datetime) -> NewMessage:
    return NewMessage(key=key, weight=Weight.ROUTINE, phone_id=phone_id, text_key="bench", body="Your test is tomorrow.", due_at=now)


def _claim(parts: Parts, turn: int) -> float:
    """Milliseconds of one claim."""
    batch = parts.settings.sending.batch
    _due_now(parts, range(1, batch + 1), f"turn{turn}")
    begun = time.perf_counter()
    claimed = sending.claim(parts, (Weight.CLINICAL, Weight.ROUTINE), batch)
    took = time.perf_counter() - begun
    if len(claimed) != batch:
        raise RuntimeError(f"{len(claimed)} of {batch} due texts were claimed")
    return took * 1000


def _watch(twilio: StandInTwilio, texts: int) -> tuple[float, float]:
    """When the first and the last text came to the carrier."""
    begun = time.monotonic()
    first = None
    while len(twilio.posted) < texts:
        now = time.monotonic()
        if first is None and twilio.posted:
            first = now
        if now - begun > PATIENCE_SECONDS:
            break
        time.sleep(0.01)
    return first or begun, time.monotonic()


def _settled(parts: Parts, texts: int) -> None:
    """Wait until all are written down as taken by the carrier, and a tick longer: one that leaves twice does so then."""
    taken = select(func.count()).where(MESSAGE.c.state == State.ACCEPTED)
    until = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < until:
        with parts.db.read() as session:
            if session.scalar(taken) == texts:
                break
        time.sleep(0.1)
    time.sleep(2 * parts.settings.sending.tick_seconds)

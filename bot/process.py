"""This process, by its start: what it has in hand, and the sign of life that keeps others from taking it over.

Answers leave with a webhook's response: they are noted when the response is closed, and written down by the next beat. A crash before
that leaves such a row `dispatching` with a dead owner, and it is looked up like any other whose outcome is unknown.
"""

import os
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Final
from uuid import uuid4

from sqlalchemy import Select, bindparam, select, update

from bot import outbox
from bot.clock import real_now
from bot.database import Database, insert_new
from bot.models import Process, State, Tick, table
from bot.outbox import MESSAGE

PROCESS: Final = table(Process)
TICK: Final = table(Tick)


class ThisProcess:
    """One run of the program."""

    def __init__(self, kind: str) -> None:
        """`kind`: web or ticks, for people who look."""
        self._start = uuid4().hex
        self._kind = kind
        self.ending = threading.Event()  # nothing more is begun
        self._lock = threading.Lock()
        self._handed_over: list[int] = []
        self._in_flight: set[str] = set()
        self._ticked: dict[str, datetime] = {}

    @property
    def owner(self) -> str:
        """New with every start and every fork: a process that comes back is another one."""
        return f"{self._start}.{os.getpid()}"

    def ticked(self, name: str) -> None:
        """A tick ended well just now."""
        with self._lock:
            self._ticked[name] = real_now()

    def handed_over(self, message_ids: Iterable[int]) -> None:
        """These answers have left."""
        with self._lock:
            self._handed_over.extend(message_ids)

    @contextmanager
    def flying(self, token: str) -> Iterator[None]:
        """While the carrier is being called for this attempt."""
        with self._lock:
            self._in_flight.add(token)
        try:
            yield
        finally:
            with self._lock:
                self._in_flight.discard(token)

    def in_flight(self) -> frozenset[str]:
        """The attempts for which the carrier is being called now."""
        with self._lock:
            return frozenset(self._in_flight)

    def beat(self, db: Database, now: datetime) -> None:
        """Give the sign of life, and write down which answers have left and which ticks have run."""
        with self._lock:
            ids, self._handed_over = self._handed_over, []
            ticked, self._ticked = self._ticked, {}
        try:
            with db.write() as session:
                connection = session.connection()
                alive = update(PROCESS).where(PROCESS.c.id == self.owner).values(alive_at=real_now())
                if connection.execute(alive).rowcount == 0:
                    row = {"id": self.owner, "kind": self._kind, "started_at": real_now(), "alive_at": real_now(), "stopped": False}
                    connection.execute(insert_new(connection, PROCESS), [row])
                if ticked:
                    rows = [{"name": name, "ended_at": at} for name, at in sorted(ticked.items())]
                    connection.execute(insert_new(connection, TICK), rows)
                    connection.execute(update(TICK).where(TICK.c.name == bindparam("tick")), [{"tick": r["name"], **r} for r in rows])
                if ids:
                    which = MESSAGE.c.id.in_(ids)
                    left = [State.DISPATCHING, State.UNKNOWN]  # unknown: a beat came so late that others thought this process dead
                    outbox.move(connection, which, left, State.ACCEPTED, now=now, cause="answered", owner=None, look_at=None)
        except BaseException:
            self.handed_over(ids)
            raise

    def stop(self, db: Database, now: datetime) -> None:
        """Say that this process ends: what it still holds may be taken over at once."""
        self.beat(db, now)
        with db.write() as session:
            session.connection().execute(update(PROCESS).where(PROCESS.c.id == self.owner).values(stopped=True))


def living(dead_after: timedelta) -> Select[tuple[str]]:
    """The owners that gave a sign of life of late."""
    return select(PROCESS.c.id).where(PROCESS.c.stopped.is_(False), PROCESS.c.alive_at > real_now() - dead_after)

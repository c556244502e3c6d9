"""The database: one engine, a way to read and a way to write, the same on SQLite and PostgreSQL."""

import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from datetime import UTC, datetime
from functools import lru_cache, wraps
from pathlib import Path
from typing import Any, Final, ParamSpec, TypeVar

from sqlalchemy import Column, Connection, DateTime, Dialect, Engine, Insert, Table, create_engine, event
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import make_url
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session
from sqlalchemy.types import TypeDecorator

P = ParamSpec("P")
R = TypeVar("R")
DEADLOCK_TRIES: Final = 3
PRAGMAS: Final = (
    "journal_mode = WAL",
    "synchronous = FULL",
    "foreign_keys = ON",
    "wal_autocheckpoint = 4000",  # pages of 4 KB: the log is written back every 200 texts, not every 50, and fewer wait for it
)
ENDED_BY_OTHERS: Final = ("40P01", "40001")  # PostgreSQL: deadlock_detected, serialization_failure


class UtcDateTime(TypeDecorator[datetime]):
    """Aware UTC in the program; a naive moment is refused. SQLite forgets the zone, so it is put back here."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Write UTC."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"{value} has no time zone")
        moment = value.astimezone(UTC)
        return moment.replace(tzinfo=None) if dialect.name == "sqlite" else moment

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:
        """Read aware UTC."""
        if value is None:
            return None
        moment: datetime = value
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


class Database:
    """Hands out units of work.

    On SQLite all writers of this process queue at one lock and begin at once with the write lock of the file:
    its own way of waiting polls, and makes the slowest of eight threads ten times slower.
    """

    def __init__(self, url: str, *, busy_seconds: float = 30) -> None:
        """`url` as SQLAlchemy reads it; `busy_seconds`: how long a write waits for another process."""
        self.is_postgres = make_url(url).get_backend_name() == "postgresql"
        waits = {} if self.is_postgres else {"timeout": busy_seconds}
        self._engine = create_engine(url, connect_args=waits, pool_pre_ping=self.is_postgres, hide_parameters=True)
        self._writer: Connection | None = None
        self._turn = nullcontext() if self.is_postgres else threading.RLock()
        if not self.is_postgres:
            file = make_url(url).database
            if file and file != ":memory:":
                Path(file).parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            _set_up_sqlite(self._engine)
        self._reading = self._engine.execution_options(reads_only=True)

    @property
    def engine(self) -> Engine:
        """The engine itself, for migrations."""
        return self._engine

    @contextmanager
    def write(self) -> Iterator[Session]:
        """One transaction that is committed at the end, or leaves no trace when anything is raised."""
        with self.write_rows() as connection, Session(connection, expire_on_commit=False) as session, session.begin():
            yield session

    @contextmanager
    def write_rows(self) -> Iterator[Connection]:
        """The same without objects, for the hot path: a session takes as long as two statements."""
        with self._turn, self._writing() as connection, connection.begin():
            yield connection

    def _writing(self) -> AbstractContextManager[Connection]:
        """On SQLite always the same connection: its page cache holds only as long as no other one writes."""
        if self.is_postgres:
            return self._engine.connect()
        if self._writer is None:
            self._writer = self._engine.connect()
        return nullcontext(self._writer)

    @contextmanager
    def read(self) -> Iterator[Session]:
        """One consistent look; nothing in it is written."""
        with Session(self._reading, autoflush=False, expire_on_commit=False) as session:
            yield session

    def close(self) -> None:
        """Let go of all connections."""
        with self._turn:
            if self._writer is not None:
                self._writer.close()
                self._writer = None
            self._engine.dispose()


def retried_on_deadlock(work: Callable[P, R]) -> Callable[P, R]:
    """Do a whole transaction again when PostgreSQL ended it because another one waited for it in a circle."""

    @wraps(work)
    def retried(*args: P.args, **kwargs: P.kwargs) -> R:
        for _ in range(DEADLOCK_TRIES - 1):
            try:
                return work(*args, **kwargs)
            except OperationalError as mistake:
                if getattr(mistake.orig, "sqlstate", None) not in ENDED_BY_OTHERS:
                    raise
        return work(*args, **kwargs)

    return retried


def insert_new(connection: Connection, table: Table, *returning: Column[Any]) -> Insert:
    """An insert that leaves a row alone whose unique key is there already; of a new one it returns these columns."""
    return _insert_new(connection.dialect.name == "postgresql", table, returning)


@lru_cache
def _insert_new(is_postgres: bool, table: Table, returning: tuple[Column[Any], ...]) -> Insert:
    """Made once: SQLAlchemy takes longer to put a statement together than to run it."""
    insert = postgresql.insert(table).on_conflict_do_nothing() if is_postgres else sqlite.insert(table).on_conflict_do_nothing()
    return insert.returning(*returning) if returning else insert


def _set_up_sqlite(engine: Engine) -> None:
    @event.listens_for(engine, "connect")
    def on_connect(connection: Any, _: object) -> None:
        connection.isolation_level = None  # transactions are begun below, not by the driver's guess
        for pragma in PRAGMAS:
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def on_begin(connection: Connection) -> None:
        reads_only = connection.get_execution_options().get("reads_only")
        connection.exec_driver_sql("BEGIN" if reads_only else "BEGIN IMMEDIATE")  # so that a locked file is an error like any other

"""Units of work: a lost or locked database is an error like any other, and over when its cause is."""

import sqlite3
import threading
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import select
from sqlalchemy.exc import OperationalError

from bot import privacy, schema
from bot.database import Database
from bot.models import Patient
from tests.support.commands import shell

NOON = datetime(2026, 11, 2, 12, 0, tzinfo=UTC)


@pytest.fixture
def database(tmp_path: Path) -> Database:
    """A SQLite file whose writers do not wait long."""
    privacy.unlock({1: b"k" * 32})
    made = Database(f"sqlite:///{tmp_path}/p.sqlite", busy_seconds=0.1)
    schema.upgrade(made)
    return made


def add(database: Database, name: str) -> None:
    with database.write() as session:
        session.add(Patient(name=name, created_at=NOON))


def names(database: Database) -> list[str]:
    with database.read() as session:
        return list(session.scalars(select(Patient.name).order_by(Patient.id)))


def test_a_locked_file_is_told_and_written_again_when_it_is_free(database: Database, tmp_path: Path) -> None:
    other = sqlite3.connect(tmp_path / "p.sqlite", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(OperationalError):
        add(database, "Maria")
    assert names(database) == []  # reading does not wait for a writer
    other.execute("ROLLBACK")
    other.close()
    add(database, "Rosa")
    assert names(database) == ["Rosa"]
    database.close()


def test_a_command_on_a_locked_file_fails_in_one_line(tmp_path: Path) -> None:
    environ = {"PREPLINE_DATABASE__BUSY_SECONDS": "0.2"}
    assert shell("staff", "list", folder=tmp_path, **environ).returncode == 0
    (file,) = tmp_path.glob("**/*.sqlite")
    other = sqlite3.connect(file, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    refused = shell("staff", "add", "--name", "Ana", "--role", "nurse", folder=tmp_path, **environ)
    other.close()
    assert (refused.returncode, refused.stderr.count("\n")) == (1, 1)
    assert "nothing was changed" in refused.stderr


def test_what_fails_leaves_no_trace(database: Database) -> None:
    def half_way() -> None:
        with database.write() as session:
            session.add(Patient(name="Maria", created_at=NOON))
            session.flush()
            raise RuntimeError("half way")

    with pytest.raises(RuntimeError):
        half_way()
    add(database, "Rosa")
    assert names(database) == ["Rosa"]
    database.close()


def test_many_threads_write_one_after_the_other(database: Database) -> None:
    threads = [threading.Thread(target=add, args=(database, f"patient {number}")) for number in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(names(database)) == sorted(f"patient {number}" for number in range(20))
    database.close()

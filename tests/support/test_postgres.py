"""The throwaway PostgreSQL and the hand-moved clock."""

from datetime import UTC, datetime, timedelta, timezone

import psycopg
import pytest

from tests.support.clock import HandClock
from tests.support.postgres import PostgresServer


def connect(url: str) -> psycopg.Connection:
    return psycopg.connect(url.replace("+psycopg", ""), autocommit=True)


def fill(url: str) -> None:
    with connect(url) as connection:
        connection.execute("CREATE TABLE patient (name text)")
        connection.execute("INSERT INTO patient VALUES ('Ñusta')")


@pytest.mark.postgres
def test_each_database_is_a_copy_of_the_template_and_its_own(postgres_server: PostgresServer):
    postgres_server.make_template("filled", fill)
    first, second = postgres_server.fresh_database("filled"), postgres_server.fresh_database("filled")
    with connect(first) as one, connect(second) as two:
        one.execute("DELETE FROM patient")
        assert one.execute("SELECT count(*) FROM patient").fetchone() == (0,)
        assert two.execute("SELECT name FROM patient").fetchone() == ("Ñusta",)
        postgres_server.drop(first)
        with pytest.raises(psycopg.OperationalError):
            one.execute("SELECT 1")


@pytest.mark.postgres
def test_it_can_crash_and_come_back_with_its_data(postgres_server: PostgresServer):
    url = postgres_server.fresh_database()
    fill(url)
    postgres_server.stop()
    with pytest.raises(psycopg.OperationalError):
        connect(url)
    postgres_server.start()
    with connect(url) as connection:
        assert connection.execute("SELECT count(*) FROM patient").fetchone() == (1,)


def test_the_clock_moves_only_by_hand_and_stays_in_utc():
    clock = HandClock()
    start = clock.now()
    clock.forward(days=1, minutes=5)
    assert clock.now() - start == timedelta(days=1, minutes=5)
    clock.set(datetime(2026, 3, 8, 2, 30, tzinfo=timezone(timedelta(hours=-5))))
    assert clock.now() == datetime(2026, 3, 8, 7, 30, tzinfo=UTC)
    assert clock.now().tzinfo is UTC
    with pytest.raises(ValueError, match="no time zone"):
        clock.set(datetime(2026, 3, 8, 2, 30))  # noqa: DTZ001 - that is what must be refused


@pytest.mark.postgres
def test_a_test_gets_all_tables_and_no_rows(postgres_url: str):
    with connect(postgres_url) as connection:
        assert connection.execute("SELECT count(*) FROM enrollment").fetchone() == (0,)

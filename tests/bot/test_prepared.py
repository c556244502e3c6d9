"""Statements that go to the driver themselves behave as if SQLAlchemy had run them, on SQLite and on PostgreSQL."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from sqlalchemy import bindparam, insert, select, text, update
from sqlalchemy.exc import IntegrityError

from bot.database import insert_new
from bot.models import Phone, table
from bot.prepared import run, run_each
from tests.support.world import World

PHONE = table(Phone)
ADD = insert(PHONE)
BY_HASH = select(PHONE.c.number, PHONE.c.created_at, PHONE.c.opted_out_at).where(PHONE.c.number_hash == bindparam("wanted"))
NEWEST = select(PHONE.c.number_hash).where(PHONE.c.opted_out_at.is_(None)).order_by(PHONE.c.id.desc()).limit(1)
OPT_OUT = update(PHONE).where(PHONE.c.number_hash == bindparam("wanted")).values(opted_out_at=bindparam("at"))
IN_NEW_YORK = datetime(2026, 11, 22, 9, 30, 0, 250, tzinfo=timezone(timedelta(hours=-5)))
THE_SAME = datetime(2026, 11, 22, 14, 30, 0, 250, tzinfo=UTC)


def row(name: str) -> dict[str, object]:
    return {"number_hash": name, "number": f"the number of {name}", "created_at": IN_NEW_YORK}


def test_values_go_through_the_types_of_their_columns_both_ways(world: World) -> None:
    with world.parts.db.write_rows() as connection:
        run(connection, ADD, row("maria"))
        assert run(connection, BY_HASH, {"wanted": "maria"}) == [("the number of maria", THE_SAME, None)]
        stored = connection.execute(text("SELECT number FROM phone")).scalar_one()
    assert b"maria" not in bytes(stored)
    with world.parts.db.read() as session:
        assert session.scalars(select(Phone.created_at)).one() == THE_SAME


def test_a_moment_without_a_zone_is_refused(world: World) -> None:
    with pytest.raises(ValueError, match="no time zone"), world.parts.db.write_rows() as connection:
        run(connection, ADD, row("maria") | {"created_at": datetime(2026, 11, 22)})  # noqa: DTZ001 -- the point


def test_what_stands_in_the_statement_is_kept_and_an_update_finds_its_row(world: World) -> None:
    with world.parts.db.write_rows() as connection:
        run_each(connection, ADD, [row("maria"), row("rosa")])
        assert run(connection, NEWEST, {}) == [("rosa",)]
        run(connection, OPT_OUT, {"wanted": "rosa", "at": IN_NEW_YORK})
        assert run(connection, NEWEST, {}) == [("maria",)]
        assert run(connection, BY_HASH, {"wanted": "rosa"})[0][2] == THE_SAME


def test_a_row_that_is_there_already_returns_nothing(world: World) -> None:
    with world.parts.db.write_rows() as connection:
        new = insert_new(connection, PHONE, PHONE.c.number_hash)
        assert run(connection, new, row("maria")) == [("maria",)]
        assert run(connection, new, row("maria")) == []


@pytest.mark.parametrize("many", [False, True])
def test_a_drivers_error_is_sqlalchemys_and_nothing_is_left(world: World, many: bool) -> None:
    def add_twice() -> None:
        with world.parts.db.write_rows() as connection:
            run(connection, ADD, row("maria"))
            run_each(connection, ADD, [row("rosa"), row("rosa")]) if many else run(connection, ADD, row("maria"))

    with pytest.raises(IntegrityError):
        add_twice()
    with world.parts.db.read() as session:
        assert session.scalars(select(Phone.id)).all() == []

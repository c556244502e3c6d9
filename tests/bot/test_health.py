"""`/healthz` says what is wrong and why; `/metrics` counts without naming anybody."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import update

from bot.clock import real_now
from bot.models import Escalation, Tick
from scheduler import ticks
from tests.support.phones import Phone
from tests.support.standin_twilio import StandInTwilio
from tests.support.twilio_rules import Script
from tests.support.world import MARIA, World

on_sqlite = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
TEST_AT = datetime(2026, 11, 20, 14, 0)  # noqa: DTZ001 -- on the patient's clock


def tick(world: World) -> None:
    """Every tick ends well, and the next beat writes it down."""
    for name in [*ticks.TICKS, "beat"]:
        ticks.run(world.parts, name)


def health(world: World) -> tuple[int, list[str]]:
    answer = world.app.test_client().get("/healthz")
    assert answer.json["ok"] == (answer.status_code == 200)
    return answer.status_code, answer.json["reasons"]


def change(world: World, statement: Any) -> None:
    with world.parts.db.write() as session:
        session.execute(statement)


def test_all_is_well(world: World) -> None:
    world.nurse("ana", "nurse")
    world.enroll(TEST_AT)
    tick(world)
    assert health(world) == (200, [])


def test_ticks_that_never_ran_or_are_late(world: World) -> None:
    assert health(world) == (503, ["ticks: none has run yet"])
    tick(world)
    change(world, update(Tick).where(Tick.name == "climb").values(ended_at=real_now() - timedelta(seconds=16)))
    assert health(world) == (503, ["ticks: climb is late"])


@on_sqlite
def test_a_tick_that_fails_is_late_in_the_end(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    tick(world)
    change(world, update(Tick).values(ended_at=real_now() - timedelta(seconds=16)))
    monkeypatch.setitem(ticks.TICKS, "climb", lambda parts: 1 / 0)
    tick(world)
    assert health(world) == (503, ["ticks: climb is late"])


def test_a_text_that_does_not_leave(world: World) -> None:
    world.enroll(TEST_AT)
    world.clock.forward(seconds=299)
    tick_without_sending(world)
    assert health(world)[0] == 200
    world.clock.forward(seconds=2)
    assert health(world) == (503, ["texts: 1 are due and do not leave"])


def tick_without_sending(world: World) -> None:
    for name in ("beat", "climb", "beat"):
        ticks.run(world.parts, name)


@on_sqlite
def test_a_text_held_by_our_configuration(world: World, standin: StandInTwilio) -> None:
    standin.next(Script(accepted=False, code=20003))
    world.enroll(TEST_AT)
    tick(world)
    assert health(world) == (503, ["texts: 1 are held by our configuration (`flask doctor`)"])
    world.clock.forward(seconds=301)
    tick(world)
    tick(world)
    assert health(world) == (200, [])


@on_sqlite
def test_a_case_that_nobody_works_on(world: World, maria: Phone) -> None:
    world.nurse("ana", "nurse")
    world.enroll(TEST_AT)
    world.settle()
    maria.texts("there is a lot of blood")
    tick(world)
    change(world, update(Escalation).values(next_action_at=world.clock.now() - timedelta(seconds=61)))
    assert health(world) == (503, ["escalations: 1 are overdue for their next step"])
    tick(world)
    assert health(world) == (200, [])


def test_a_dead_database(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    tick(world)
    with world.parts.db.write() as session:
        session.connection().exec_driver_sql("ALTER TABLE tick RENAME TO gone")
    status, [reason] = health(world)
    assert (status, reason.split(":")[0]) == (503, "database")
    answer = world.app.test_client().get("/metrics")
    assert (answer.status_code, answer.data) == (503, b"503 Service Unavailable\n")


@on_sqlite
def test_metrics_count_by_our_own_words_alone(world: World, maria: Phone) -> None:
    world.nurse("ana", "nurse")
    world.enroll(TEST_AT, name="Zebulon Quux")
    maria.texts("my breast is hot and swollen")
    world.settle()
    tick(world)
    text = world.app.test_client().get("/metrics").get_data(as_text=True)
    assert 'prepline_escalations{state="open",urgency="urgent"} 1.0' in text
    assert 'prepline_messages{state="pending"}' in text
    assert 'prepline_tick_age_seconds{tick="climb"}' in text
    for secret in ("Zebulon", "Quux", MARIA[1:], "5550111", "swollen", world.cases()[0].code):
        assert secret not in text

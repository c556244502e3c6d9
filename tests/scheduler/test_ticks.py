"""The ticks: none stops another or itself, a database that goes away comes back to find all that is due, and a page is quick."""

import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from bot import oncall
from bot.app import create_app
from bot.clock import real_now
from bot.enrollments import NewEnrollment, enroll
from bot.models import Enrollment, EnrollmentState, State, Tick, Weight
from bot.parts import Parts
from scheduler import ticks
from scheduler.run import start_ticks, stop_ticks
from tests.support.outgoing import message, on_sqlite, queue
from tests.support.postgres import PostgresServer
from tests.support.server import FAST, Running, environment, free_port, health, wait_until
from tests.support.standin_twilio import StandInTwilio
from tests.support.world import World, settings_for

NURSE = "+12025550121"


def last_ticks(parts: Parts) -> dict[str, float]:
    """How many real seconds ago each tick last ended well."""
    with parts.db.read() as session:
        return {tick.name: (real_now() - tick.ended_at).total_seconds() for tick in session.scalars(select(Tick))}


@on_sqlite
@pytest.mark.parametrize("broken", sorted(ticks.TICKS))
def test_a_tick_that_fails_is_told_and_the_others_go_on(world: World, monkeypatch: pytest.MonkeyPatch, broken: str) -> None:
    def fail(_: Parts) -> None:
        raise RuntimeError("something nobody thought of")

    text = queue(world.parts)
    page = queue(world.parts, weight=Weight.SAFETY)
    with monkeypatch.context() as patch:
        patch.setitem(ticks.TICKS, broken, fail)
        for name in ticks.TICKS:
            ticks.run(world.parts, name)
        world.parts.process.beat(world.parts.db, world.clock.now())
    assert set(last_ticks(world.parts)) == set(ticks.TICKS) - {broken}
    left = {message(world.parts, number).state for number in (text, page)}
    assert left == ({State.ACCEPTED, State.PENDING} if broken.startswith("send_") else {State.ACCEPTED})
    ticks.run(world.parts, broken)
    ticks.run(world.parts, "beat")
    assert set(last_ticks(world.parts)) == set(ticks.TICKS)


@pytest.fixture
def fast(database_url: str, standin: StandInTwilio, tmp_path: Path) -> Iterator[Parts]:
    """A deployment on real time with short waits."""
    waits = {f"PREPLINE_SENDING__{name.upper()}": str(seconds) for name, seconds in FAST.items()}
    made: Parts = create_app(settings_for(database_url, standin, tmp_path, **waits)).extensions["prepline"]
    yield made
    made.db.close()


@on_sqlite
def test_a_tick_that_failed_comes_again(fast: Parts, monkeypatch: pytest.MonkeyPatch) -> None:
    whole, failures = ticks.TICKS["send_rest"], iter(range(3))

    def fail_three_times(parts: Parts) -> None:
        if next(failures, None) is not None:
            raise RuntimeError("not yet")
        whole(parts)

    monkeypatch.setitem(ticks.TICKS, "send_rest", fail_three_times)
    text = queue(fast)
    scheduler = start_ticks(fast)
    try:
        wait_until(10, lambda: message(fast, text).state == State.ACCEPTED, "it left at the fourth tick")
    finally:
        stop_ticks(scheduler, fast)


@on_sqlite
def test_a_text_leaves_when_its_moment_comes(fast: Parts) -> None:
    scheduler = start_ticks(fast)
    try:
        text = queue(fast, late=-1.5)
        time.sleep(0.7)
        assert message(fast, text).state == State.PENDING
        wait_until(5, lambda: message(fast, text).state == State.ACCEPTED, "it left")
    finally:
        stop_ticks(scheduler, fast)


@pytest.mark.postgres
@pytest.mark.parametrize("database_url", ["postgres"], indirect=True)
def test_a_database_that_goes_away_and_comes_back(fast: Parts, standin: StandInTwilio, postgres_server: PostgresServer) -> None:
    texts = [f"Text {number}" for number in range(40)]
    for number, body in enumerate(texts):  # due one after the other in the coming four seconds
        queue(fast, body, number=f"+1202555{number:04}", late=-number / 10)
    scheduler = start_ticks(fast)
    try:
        wait_until(10, lambda: len(standin.posted) >= 5, "some have left")
        postgres_server.stop()
        time.sleep(5)
        postgres_server.start()
        wait_until(30, lambda: len(standin.ledger.outbound()) >= len(texts), "all have left")
    finally:
        stop_ticks(scheduler, fast)
    assert sorted(text.body for text in standin.ledger.outbound()) == sorted(texts)


@on_sqlite
def test_a_journey_ends_when_its_line_closes(world: World) -> None:
    enrollment = world.enroll(world.clock.now() + timedelta(days=3))
    world.forward(days=3 + world.parts.procedure.line_open_days - 1)
    assert state_of(world, enrollment) == EnrollmentState.RUNNING
    world.forward(days=2)
    assert state_of(world, enrollment) == EnrollmentState.FINISHED


def state_of(world: World, enrollment: int) -> str:
    with world.parts.db.read() as session:
        return session.get_one(Enrollment, enrollment).state


# Processes of their own


def furnish(parts: Parts, patients: int) -> list[str]:
    """A nurse on call and patients whose test was yesterday; return their numbers."""
    numbers = [f"+1202555{number:04}" for number in range(300, 300 + patients)]
    now = parts.clock.now()
    with parts.db.write() as session:
        nurse = oncall.add_staff(session, "Ana", "nurse", NURSE, None, "test", now)
        oncall.add_shift(session, nurse, "nurse", None, None, "test", now)
        for number in numbers:
            new = NewEnrollment("Maria Lopez", number, now + timedelta(days=30), "UTC", "UTC", "en", "asked at the desk")
            enroll(session, parts, new, "test")
    return numbers


@pytest.mark.postgres
def test_web_and_worker_apart_page_within_two_seconds(postgres_url: str, tmp_path: Path) -> None:
    port = free_port()
    with StandInTwilio(f"http://127.0.0.1:{port}", automatic=True) as twilio:
        real = {"PREPLINE_SENDING__TICK_SECONDS": "1", "PREPLINE_SENDING__HEARTBEAT_SECONDS": "1"}
        environ = environment(postgres_url, twilio, tmp_path, port, **real)
        parts: Parts = create_app(settings_for(postgres_url, twilio, tmp_path)).extensions["prepline"]
        patients = furnish(parts, 3)
        serve = ["gunicorn", "--bind", f"127.0.0.1:{port}", "--workers", "2", "--threads", "4", "wsgi:app"]
        with Running(serve, environ, tmp_path / "web.log"), Running(["flask", "worker"], environ, tmp_path / "worker.log") as worker:
            worker.wait_until_it_says('"ready"')
            wait_until(60, lambda: health(port)[0] == 200, f"both are well: {health(port)}")
            took = [seconds_to_page(twilio, patient) for patient in patients]
            assert worker.terminate() == 0
        parts.db.close()
        assert min(took) < 2, f"on an idle machine all of them are quick: {took}"
        assert twilio.breaches == []


def seconds_to_page(twilio: StandInTwilio, patient: str) -> float:
    before = len(twilio.ledger.outbound(NURSE))
    start = time.monotonic()
    assert twilio.text(patient, "I have a fever of 102").status == 200
    wait_until(20, lambda: len(twilio.ledger.outbound(NURSE)) > before, "the nurse is paged")
    return time.monotonic() - start

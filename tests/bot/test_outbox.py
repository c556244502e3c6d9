"""The outbox: an intention exists once for ever, a change of state has one winner, and each leaves one row of history."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import func, select

from bot import outbox, people, plan
from bot.models import Enrollment, MessageEvent, OutgoingMessage, State, Weight
from bot.outbox import MESSAGE, NewMessage
from tests.support.outgoing import history, message, queue
from tests.support.standin_twilio import StandInTwilio
from tests.support.world import MARIA, World

SOON = datetime(2026, 12, 3, 14, 0, tzinfo=UTC)
THREADS = 20


def intention(world: World, key: str) -> NewMessage:
    with world.parts.db.write() as session:
        phone_id = people.remember_phone(session.connection(), MARIA, world.clock.now())
    return NewMessage(key, Weight.CLINICAL, phone_id, "test", "The same words.", world.clock.now())


def test_the_same_intention_of_many_threads_is_one_text(world: World) -> None:
    meant = intention(world, "enrollment:1:day_of:1:0")

    def put(_: int) -> dict[str, int]:
        with world.parts.db.write() as session:
            return outbox.put(session.connection(), [meant], world.clock.now(), "planned")

    with ThreadPoolExecutor(THREADS) as pool:
        made = list(pool.map(put, range(THREADS)))
    assert sorted(len(ids) for ids in made) == [0] * (THREADS - 1) + [1]
    assert [history(world.parts, text.id) for text in world.texts()] == [[State.PENDING]]


@pytest.mark.parametrize("end", [State.ACCEPTED, State.EXPIRED, State.CANCELED, State.SUPPRESSED, State.REJECTED])
def test_an_intention_is_never_released(world: World, end: State) -> None:
    meant = intention(world, "enrollment:1:day_of:1:0")
    with world.parts.db.write() as session:
        connection = session.connection()
        (text,) = outbox.put(connection, [meant], world.clock.now(), "planned").values()
        outbox.move(connection, MESSAGE.c.id == text, [State.PENDING], end, now=world.clock.now(), cause="over")
    with world.parts.db.write() as session:
        assert outbox.put(session.connection(), [meant], world.clock.now(), "planned") == {}
    assert [(row.id, row.state) for row in world.texts()] == [(text, end)]


def test_planning_in_many_threads_changes_nothing(world: World) -> None:
    enrollment = world.enroll(SOON)
    before = [(row.id, row.key, row.state, row.due_at, row.body) for row in world.texts()]

    def plan_again(_: int) -> None:
        with world.parts.db.write() as session:
            row = session.get_one(Enrollment, enrollment)
            plan.bring_in_line(session, world.parts, row, world.clock.now(), "planned again")

    with ThreadPoolExecutor(THREADS) as pool:
        list(pool.map(plan_again, range(THREADS)))
    assert [(row.id, row.key, row.state, row.due_at, row.body) for row in world.texts()] == before
    with world.parts.db.read() as session:
        assert session.scalar(select(func.count()).select_from(MessageEvent)) == len(before)


def test_one_of_many_changes_a_state(world: World) -> None:
    text = queue(world.parts)

    def take(number: int) -> list[int]:
        with world.parts.db.write() as session:
            where = MESSAGE.c.id == text
            now = world.clock.now()
            return outbox.move(
                session.connection(), where, [State.PENDING], State.CLAIMED, now=now, cause=f"by {number}", owner=f"{number}"
            )

    with ThreadPoolExecutor(THREADS) as pool:
        taken = list(pool.map(take, range(THREADS)))
    (winner,) = [number for number, ids in enumerate(taken) if ids == [text]]
    assert message(world.parts, text).owner == str(winner)
    assert history(world.parts, text) == [State.PENDING, State.CLAIMED]


def test_an_opt_out_stops_all_that_has_not_left_and_nothing_else(world: World, standin: StandInTwilio) -> None:
    states = {state: queue(world.parts, state=state) for state in State}
    other = queue(world.parts, number="+12025550112")
    with world.parts.db.write() as session:
        phone_id = session.get_one(OutgoingMessage, states[State.PENDING]).phone_id
        outbox.suppress_phone(session.connection(), phone_id, world.clock.now(), "opted out")
    changed = {state for state, text in states.items() if message(world.parts, text).state != state}
    assert changed == {State.PENDING, State.CLAIMED, State.HELD}
    assert {message(world.parts, states[state]).state for state in changed} == {State.SUPPRESSED}
    assert message(world.parts, other).state == State.PENDING
    assert standin.posted == []


def test_only_a_text_that_waits_is_reworded(world: World) -> None:
    waiting, taken = queue(world.parts), queue(world.parts, state=State.CLAIMED)
    with world.parts.db.write() as session:
        for text in (waiting, taken):
            outbox.reword(session.connection(), text, {"body": "Other words."})
    assert [message(world.parts, text).body for text in (waiting, taken)] == ["Other words.", "Bring your medicine list."]


def test_the_next_due_moment_is_that_of_a_text_that_waits(world: World) -> None:
    with world.parts.db.read() as session:
        assert outbox.next_due(session.connection()) is None
    queue(world.parts, late=60, state=State.ACCEPTED)
    queue(world.parts, late=-60)
    queue(world.parts, late=-30)
    with world.parts.db.read() as session:
        assert outbox.next_due(session.connection()) == world.clock.now() + timedelta(seconds=30)

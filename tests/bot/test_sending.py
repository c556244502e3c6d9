"""Sending one text: what each outcome leads to, what is looked at once more before it leaves, and that exactly one process sends it."""

import threading
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import func, select, update
from sqlalchemy.exc import OperationalError

from bot import enrollments, outbox, sending
from bot.app import create_app
from bot.clock import real_now
from bot.models import AuditEvent, InboundText, OutgoingMessage, Phone, SendAttempt, State, Weight
from bot.parts import Parts
from scheduler import ticks
from tests.support.outgoing import attempts, causes, history, message, on_sqlite, queue
from tests.support.standin_twilio import StandInTwilio
from tests.support.twilio_rules import BUSY, DROP_RESPONSE, RESET, SERVER_ERROR, SERVER_ERROR_ACCEPTED, Script, hang, refuse
from tests.support.world import MARIA, World, settings_for

ROSA = "+12025550112"
TEST_AT = datetime(2026, 12, 3, 14, 0)  # noqa: DTZ001 -- on the patient's clock
pytestmark = on_sqlite


# What comes of a call


@pytest.mark.parametrize(
    ("script", "state", "outcome"),
    [
        (Script(), State.ACCEPTED, "accepted"),
        (BUSY, State.PENDING, "busy"),
        (SERVER_ERROR, State.UNKNOWN, "unknown"),
        (SERVER_ERROR_ACCEPTED, State.UNKNOWN, "unknown"),
        (hang(1.5), State.UNKNOWN, "unknown"),
        (DROP_RESPONSE, State.UNKNOWN, "unknown"),
        (RESET, State.UNKNOWN, "unknown"),
        (refuse(21610), State.REJECTED, "refused"),
        (refuse(21211), State.REJECTED, "refused"),
        (refuse(30007), State.REJECTED, "refused"),
        (refuse(21617), State.REJECTED, "refused"),
        (refuse(30034), State.HELD, "refused"),
    ],
)
def test_each_outcome_has_its_state(world: World, standin: StandInTwilio, script: Script, state: State, outcome: str) -> None:
    standin.next(script)
    text = queue(world.parts)
    ticks.send_rest(world.parts)
    row = message(world.parts, text)
    assert (row.state, row.owner, [attempt.outcome for attempt in attempts(world.parts, text)]) == (state, None, [outcome])
    assert row.carrier_id == (standin.ledger.outbound()[0].sid if state == State.ACCEPTED else None)
    waits = sum(column is not None for column in (row.look_at, row.due_at if row.state == State.PENDING else None))
    assert waits == (state in (State.PENDING, State.UNKNOWN, State.HELD)), "whatever is not over has a moment at which it goes on"
    ticks.send_rest(world.parts)
    assert len(standin.posted) == 1


def test_a_busy_carrier_is_asked_ever_less_often(world: World, standin: StandInTwilio) -> None:
    standin.next(*[BUSY] * 9)
    text = queue(world.parts)
    waits = []
    for _ in range(9):
        ticks.send_rest(world.parts)
        due_at = message(world.parts, text).due_at
        waits.append((due_at - world.clock.now()).total_seconds())
        world.clock.set(due_at)
    assert waits == [pytest.approx(seconds, rel=0.1) for seconds in (5, 10, 20, 40, 80, 160, 300, 300, 300)]
    ticks.send_rest(world.parts)
    assert message(world.parts, text).state == State.ACCEPTED


def test_a_carrier_that_cannot_be_reached_is_asked_again(world: World, standin: StandInTwilio) -> None:
    standin.stop()
    text = queue(world.parts)
    ticks.send_rest(world.parts)
    assert message(world.parts, text).state == State.PENDING
    standin.start()
    world.forward(seconds=6)
    assert message(world.parts, text).state == State.DELIVERED
    assert len(standin.ledger.outbound()) == 1


def test_what_our_configuration_held_leaves_once_it_is_mended(world: World, standin: StandInTwilio) -> None:
    standin.rules.append(lambda _: refuse(20003))
    text = queue(world.parts)
    late = queue(world.parts, not_after=world.clock.now() + timedelta(minutes=4))
    world.forward(minutes=11)
    assert (history(world.parts, text)[-1], message(world.parts, late).state) == (State.HELD, State.EXPIRED)
    assert "our configuration" in causes(world.parts, text)
    standin.rules.clear()
    world.forward(minutes=5)
    assert [message(world.parts, number).state for number in (text, late)] == [State.DELIVERED, State.EXPIRED]


def test_a_phone_that_the_carrier_blocks_is_opted_out(world: World, standin: StandInTwilio) -> None:
    enrollment = world.enroll(TEST_AT)
    standin.next(refuse(21610))
    world.settle()
    assert {text.state for text in world.texts(enrollment_id=enrollment)} == {State.REJECTED, State.SUPPRESSED}
    with world.parts.db.read() as session:
        assert session.scalars(select(Phone.opted_out_why)).all() == ["carrier"]
        assert session.scalar(select(func.count()).where(AuditEvent.what == "opted out")) == 1
    world.forward(days=20)
    assert len(standin.posted) == 1
    assert world.tasks().count("not_reached") == 1


# What is looked at once more before a text leaves


@pytest.mark.parametrize(
    ("zone", "local", "leaves_at"),
    [
        ("America/New_York", "2026-11-10 08:59:59", "2026-11-10 09:00"),
        ("America/New_York", "2026-11-10 09:00:00", None),
        ("America/New_York", "2026-11-10 19:59:59", None),
        ("America/New_York", "2026-11-10 20:00:00", "2026-11-11 09:00"),
        ("America/New_York", "2027-03-13 23:30:00", "2027-03-14 09:00"),  # the clocks jump that night
        ("America/New_York", "2026-10-31 20:00:00", "2026-11-01 09:00"),  # and go back that night
        ("Asia/Kolkata", "2026-11-10 08:45:00", "2026-11-10 09:00"),
        ("Asia/Kolkata", "2026-11-10 19:45:00", None),
        ("Asia/Kathmandu", "2026-11-10 20:10:00", "2026-11-11 09:00"),
        ("Australia/Adelaide", "2026-11-10 09:10:00", None),
        ("Pacific/Honolulu", "2026-11-10 20:00:00", "2026-11-11 09:00"),
    ],
)
def test_planned_texts_keep_to_the_hours_of_her_clock(
    world: World, standin: StandInTwilio, zone: str, local: str, leaves_at: str | None
) -> None:
    enrollment = world.enroll(datetime(2027, 6, 1, 14, 0, tzinfo=UTC), zone=zone, consent=None)
    world.clock.set(datetime.fromisoformat(local).replace(tzinfo=ZoneInfo(zone)))
    text = queue(world.parts, enrollment_id=enrollment, planned=True)
    answer = queue(world.parts, "An answer goes at any hour.", enrollment_id=enrollment)
    ticks.send_rest(world.parts)
    row = message(world.parts, text)
    if leaves_at is None:
        assert row.state == State.ACCEPTED
    else:
        assert row.state == State.PENDING
        assert row.due_at == datetime.fromisoformat(leaves_at).replace(tzinfo=ZoneInfo(zone))
    assert message(world.parts, answer).state == State.ACCEPTED


@pytest.mark.parametrize(("step", "tasks"), [("evening_before", ["not_sent"]), ("day_of", ["not_sent"]), ("welcome", [])])
def test_what_came_too_late_is_recorded_and_a_person_tells_her(world: World, standin: StandInTwilio, step: str, tasks: list[str]) -> None:
    enrollment = world.enroll(TEST_AT, consent=None)
    before = world.tasks()
    too_late = world.clock.now() - timedelta(seconds=1)
    text = queue(world.parts, enrollment_id=enrollment, step=step, planned=True, not_after=too_late)
    ticks.send_rest(world.parts)
    assert (message(world.parts, text).state, message(world.parts, text).reason) == (State.EXPIRED, "too_late")
    assert world.tasks()[len(before) :] == tasks
    assert standin.posted == []


def test_a_text_that_may_only_leave_when_it_is_too_late_is_over_now(world: World) -> None:
    enrollment = world.enroll(TEST_AT, consent=None)
    world.clock.set(datetime(2026, 11, 10, 23, 0, tzinfo=ZoneInfo("America/New_York")))
    tomorrow = datetime(2026, 11, 11, 9, 0, tzinfo=ZoneInfo("America/New_York"))
    over = queue(world.parts, enrollment_id=enrollment, planned=True, not_after=tomorrow)
    in_time = queue(world.parts, enrollment_id=enrollment, planned=True, not_after=tomorrow + timedelta(seconds=1))
    ticks.send_rest(world.parts)
    assert (message(world.parts, over).state, message(world.parts, in_time).state) == (State.EXPIRED, State.PENDING)


def test_the_time_that_is_left_goes_with_the_text(world: World, standin: StandInTwilio) -> None:
    queue(world.parts, not_after=world.clock.now() + timedelta(minutes=10))
    ticks.send_rest(world.parts)
    assert standin.posted[0]["ValidityPeriod"] == "600"


def opt_out(world: World) -> None:
    with world.parts.db.write() as session:
        phone_id = session.scalars(select(Phone.id)).one()
        enrollments.opt_out(session, world.parts, phone_id, "asked", "patient")


def take_it_over(world: World) -> None:
    with world.parts.db.write() as session:
        session.execute(update(OutgoingMessage).values(owner="another process"))


def cancel_it(world: World) -> None:
    with world.parts.db.write() as session:
        which = OutgoingMessage.id > 0
        outbox.move(session.connection(), which, outbox.WAITING, State.CANCELED, now=world.clock.now(), cause="moved", owner=None)


@pytest.mark.parametrize(("meanwhile", "state"), [(opt_out, State.SUPPRESSED), (take_it_over, State.CLAIMED), (cancel_it, State.CANCELED)])
def test_what_changed_after_the_claim_holds(world: World, standin: StandInTwilio, meanwhile, state: State) -> None:  # type: ignore[no-untyped-def]
    text = queue(world.parts)
    assert [claimed for claimed, _ in sending.claim(world.parts, (Weight.CLINICAL,), 10)] == [text]
    meanwhile(world)
    sending.send(world.parts, *_ids(world.parts, text))
    assert (message(world.parts, text).state, standin.posted) == (state, [])


def _ids(parts: Parts, text: int) -> tuple[int, int]:
    return text, message(parts, text).phone_id


def test_only_the_danger_answer_reaches_an_opted_out_phone(world: World, standin: StandInTwilio) -> None:
    queue(world.parts)
    opt_out(world)
    with world.parts.db.write() as session:
        heard = InboundText(
            carrier_id="SM1", phone_id=1, body="blood", media=0, received_at=world.clock.now(), urgency="emergency", intent="", why="[]"
        )
        session.add(heard)
        session.flush()
        heard_id = heard.id
    queue(world.parts, "Call 911 now.", weight=Weight.SAFETY, inbound_text_id=heard_id)
    queue(world.parts, "A routine answer.", weight=Weight.ROUTINE, inbound_text_id=heard_id)
    queue(world.parts, "Some page.", weight=Weight.SAFETY)
    world.settle()
    assert [text.body for text in standin.ledger.outbound()] == ["Call 911 now."]


# Who sends


def test_the_most_urgent_and_then_the_oldest_leave_first(world: World) -> None:
    order = [
        queue(world.parts, weight=weight, late=late) for weight in (Weight.SAFETY, Weight.CLINICAL, Weight.ROUTINE) for late in (60, 30, 0)
    ]
    queue(world.parts, weight=Weight.SAFETY, late=-1)  # not due yet
    weights = (Weight.SAFETY, Weight.CLINICAL, Weight.ROUTINE)
    taken = [text for limit in (4, 4, 4) for text, _ in sending.claim(world.parts, weights, limit)]
    assert taken == order


def test_the_texts_of_one_phone_arrive_in_their_order(world: World, standin: StandInTwilio) -> None:
    delays = iter([0.2, 0.0, 0.1, 0.0, 0.15, 0.0] * 3)
    standin.rules.append(lambda _: Script(wait_seconds=next(delays)))
    for number in range(6):
        for phone in (MARIA, ROSA):
            queue(world.parts, f"{number}", number=phone, late=60 - number)
    ticks.send_rest(world.parts)
    assert [standin.messages_to(phone) for phone in (MARIA, ROSA)] == [["0", "1", "2", "3", "4", "5"]] * 2


def test_claimed_in_vain_is_claimed_again(world: World, standin: StandInTwilio, monkeypatch: pytest.MonkeyPatch) -> None:
    texts = [queue(world.parts, number=number) for number in (MARIA, ROSA)]
    whole = sending._begin

    def broken(*_: object) -> None:
        raise OperationalError("select", {}, ConnectionError("the database went away"))

    monkeypatch.setattr(sending, "_begin", broken)
    with pytest.raises(OperationalError):
        ticks.send_rest(world.parts)
    assert {message(world.parts, text).state for text in texts} == {State.CLAIMED}
    monkeypatch.setattr(sending, "_begin", whole)
    ticks.send_rest(world.parts)
    assert {message(world.parts, text).state for text in texts} == {State.ACCEPTED}
    assert len(standin.posted) == 2


def test_an_answer_that_could_not_be_written_down_does_not_send_twice(
    world: World, standin: StandInTwilio, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = queue(world.parts)

    def broken(*_: object) -> None:
        raise OperationalError("update", {}, ConnectionError("the database went away"))

    with monkeypatch.context() as patch:
        patch.setattr(sending, "accepted", broken)
        with pytest.raises(OperationalError):
            ticks.send_rest(world.parts)
    assert message(world.parts, text).state == State.DISPATCHING
    with world.parts.db.write() as session:  # a minute of real time later
        session.execute(update(SendAttempt).values(called_at=real_now() - timedelta(seconds=61)))
    world.forward(minutes=10)
    assert message(world.parts, text).state == State.DELIVERED
    assert len(standin.posted) == 1


# A call that hangs


def in_background(tick, parts: Parts) -> threading.Thread:  # type: ignore[no-untyped-def]
    thread = threading.Thread(target=tick, args=(parts,))
    thread.start()
    return thread


def wait_for(happened, seconds: float = 10.0) -> float:  # type: ignore[no-untyped-def]
    """Wait until it has happened; return the seconds it took."""
    start = time.monotonic()
    while not happened():
        assert time.monotonic() - start < seconds, "it did not happen"
        time.sleep(0.01)
    return time.monotonic() - start


def test_pages_do_not_wait_for_hanging_reminders(world: World, standin: StandInTwilio) -> None:
    standin.rules.append(lambda form: hang(0.9) if form["Body"] == "reminder" else None)
    for number in range(20):
        queue(world.parts, "reminder", number=f"+120255501{number + 20}")
    reminders = in_background(ticks.send_rest, world.parts)
    wait_for(lambda: len(standin.posted) >= 4)
    queue(world.parts, "page", weight=Weight.SAFETY)
    ticks.send_safety(world.parts)
    assert [form["Body"] for form in standin.posted].index("page") < 20
    reminders.join()


def test_a_page_that_hangs_keeps_only_its_own_phone_waiting(world: World, standin: StandInTwilio) -> None:
    standin.rules.append(lambda form: hang(8) if form["Body"] == "first" else None)
    slow = settings_for(world.parts.settings.database_url, standin, Path(), PREPLINE_TWILIO__TIMEOUT_SECONDS="4")
    parts = create_app(slow, clock=world.clock).extensions["prepline"]
    queue(parts, "first", number=MARIA, weight=Weight.SAFETY)
    pages = in_background(ticks.send_safety, parts)
    wait_for(lambda: len(standin.posted) == 1)
    after = queue(parts, "second", number=MARIA, weight=Weight.SAFETY)
    queue(parts, "elsewhere", number=ROSA, weight=Weight.SAFETY)
    wait_for(lambda: "elsewhere" in [form["Body"] for form in standin.posted], 3.5)
    assert message(parts, after).state == State.PENDING
    pages.join()
    assert [form["Body"] for form in standin.posted] == ["first", "elsewhere", "second"]
    parts.db.close()


def test_ending_begins_nothing_more_and_finishes_what_has_begun(world: World, standin: StandInTwilio) -> None:
    standin.rules.append(lambda _: hang(0.5))
    texts = [queue(world.parts, late=60 - number) for number in range(5)]
    reminders = in_background(ticks.send_rest, world.parts)
    wait_for(lambda: len(standin.posted) == 1)
    world.parts.process.ending.set()
    reminders.join()
    assert [message(world.parts, text).state for text in texts] == [State.ACCEPTED, *[State.CLAIMED] * 4]
    world.parts.process.ending.clear()

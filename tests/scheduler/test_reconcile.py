"""What a crash or a broken line left in between: found by its receipt or in the carrier's list, and only then sent again."""

import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import update

from bot import outbox, sending
from bot.app import create_app
from bot.clock import real_now
from bot.models import OutgoingMessage, Process, SendAttempt, State, Weight
from bot.outbox import MESSAGE
from bot.parts import Parts
from scheduler import reconcile, ticks
from tests.support.outgoing import attempts, causes, history, message, on_sqlite, queue
from tests.support.standin_twilio import StandInTwilio
from tests.support.twilio_rules import BUSY, DROP_RESPONSE, RESET, SERVER_ERROR_ACCEPTED, Receipts, Script, hang
from tests.support.world import World, settings_for

pytestmark = on_sqlite
SILENT = Receipts(lost=("queued", "sent", "delivered"))
LOST_ANSWER = Script(answer="drop", receipts=SILENT)  # taken, and nothing tells us
WEIGHTS = list(Weight)


# Found


@pytest.mark.parametrize("script", [DROP_RESPONSE, SERVER_ERROR_ACCEPTED, hang(1.5), Script(answer="reset")])
@pytest.mark.parametrize("weight", WEIGHTS)
def test_found_by_its_receipt(world: World, standin: StandInTwilio, script: Script, weight: Weight) -> None:
    standin.listing = False
    standin.next(script)
    text = queue(world.parts, weight=weight)
    world.forward(hours=1)
    assert (message(world.parts, text).state, message(world.parts, text).carrier_id) == (State.DELIVERED, standin.ledger.outbound()[0].sid)
    assert len(standin.posted) == 1


@pytest.mark.parametrize("weight", WEIGHTS)
def test_found_in_the_list(world: World, standin: StandInTwilio, weight: Weight) -> None:
    standin.next(LOST_ANSWER)
    text = queue(world.parts, weight=weight)
    world.forward(seconds=29)
    assert message(world.parts, text).state == State.UNKNOWN
    world.forward(seconds=2)
    row = message(world.parts, text)
    assert (row.state, row.carrier_id, row.look_at) == (State.ACCEPTED, standin.ledger.outbound()[0].sid, None)
    world.forward(hours=1)
    assert len(standin.posted) == 1


def test_a_list_that_is_late_is_looked_through_again(world: World, standin: StandInTwilio) -> None:
    standin.next(LOST_ANSWER)
    standin.listing = False
    text = queue(world.parts)
    world.forward(seconds=60)
    standin.listing = True
    world.forward(hours=1)
    assert (message(world.parts, text).state, len(standin.posted)) == (State.ACCEPTED, 1)


@pytest.mark.parametrize("business_now", [datetime(2031, 5, 1, 15, tzinfo=UTC), datetime(2020, 5, 1, 15, tzinfo=UTC)])
def test_a_clock_far_from_real_time_finds_its_texts(world: World, standin: StandInTwilio, business_now: datetime) -> None:
    world.clock.set(business_now)
    standin.next(LOST_ANSWER)
    text = queue(world.parts)
    world.forward(minutes=1)
    assert (message(world.parts, text).state, len(standin.posted)) == (State.ACCEPTED, 1)


# Not found


def posts_at(world: World) -> list[float]:
    """Business seconds, from now on, at which the stand-in is asked to send; read it after time has passed."""
    start = world.clock.now()
    seen: list[float] = []

    def note(_: object) -> None:
        seen.append((world.clock.now() - start).total_seconds())

    world.twilio.rules.append(note)
    return seen


@pytest.mark.parametrize("listing", [True, False])
def test_danger_goes_again_until_it_arrives(world: World, standin: StandInTwilio, listing: bool) -> None:
    standin.listing = listing
    seen = posts_at(world)
    standin.rules.append(lambda _: RESET if len(seen) < 4 else None)
    text = queue(world.parts, weight=Weight.SAFETY)
    world.forward(hours=1)
    assert message(world.parts, text).state == State.DELIVERED
    assert seen == [0, 150, 300, 450], "two looks, 120 s apart, before each"
    assert len(standin.ledger.outbound()) == 1


@pytest.mark.parametrize("listing", [True, False])
def test_a_reminder_goes_once_more_and_then_a_person_decides(world: World, standin: StandInTwilio, listing: bool) -> None:
    standin.listing = listing
    seen = posts_at(world)
    standin.rules.append(lambda _: RESET)
    text = queue(world.parts)
    world.forward(hours=5)
    assert seen == [0, 150]
    assert (message(world.parts, text).state, world.tasks()) == (State.REVIEW, ["sending_unknown"])
    assert causes(world.parts, text)[-1] == "not found twice"


def test_an_answer_goes_to_a_person(world: World, standin: StandInTwilio) -> None:
    standin.rules.append(lambda _: RESET)
    text = queue(world.parts, weight=Weight.ROUTINE)
    world.forward(hours=5)
    assert (message(world.parts, text).state, world.tasks(), len(standin.posted)) == (State.REVIEW, ["sending_unknown"], 1)


@pytest.mark.parametrize(("weight", "most"), [(Weight.SAFETY, 2), (Weight.CLINICAL, 2), (Weight.ROUTINE, 1)])
def test_without_list_and_receipts_a_text_is_doubled_once_at_most(world: World, standin: StandInTwilio, weight: Weight, most: int) -> None:
    standin.listing = False
    standin.next(LOST_ANSWER)
    text = queue(world.parts, weight=weight)
    world.forward(hours=5)
    assert len(standin.ledger.outbound()) == most
    assert ("not found twice: sent again" in causes(world.parts, text)) == (most == 2)


def test_what_certainly_was_not_sent_is_not_counted(world: World, standin: StandInTwilio) -> None:
    standin.next(BUSY, BUSY, BUSY, RESET)
    text = queue(world.parts)
    world.forward(hours=1)
    assert message(world.parts, text).state == State.DELIVERED
    assert [attempt.outcome for attempt in attempts(world.parts, text)] == ["busy", "busy", "busy", "unknown", "accepted"]


def test_a_decision_of_a_person_is_not_needed_once_the_receipt_comes(world: World, standin: StandInTwilio) -> None:
    standin.listing = False
    standin.next(Script(answer="drop", receipts=SILENT))
    text = queue(world.parts, weight=Weight.ROUTINE)
    world.forward(hours=1)
    assert message(world.parts, text).state == State.REVIEW
    standin.webhooks.send(standin.posted[0]["StatusCallback"], standin._receipt_form(standin.ledger.outbound()[0], "delivered", None))
    assert message(world.parts, text).state == State.DELIVERED


def test_an_opt_out_meanwhile_holds(world: World, standin: StandInTwilio) -> None:
    standin.next(RESET)
    text = queue(world.parts)
    ticks.send_rest(world.parts)
    with world.parts.db.write() as session:
        phone_id = session.get_one(OutgoingMessage, text).phone_id
        outbox.carrier_says_opted_out(session.connection(), phone_id, world.clock.now())
    world.forward(hours=1)
    assert (message(world.parts, text).state, len(standin.posted)) == (State.SUPPRESSED, 1)


def test_a_text_that_lost_its_sense_meanwhile_is_over(world: World, standin: StandInTwilio) -> None:
    standin.next(RESET)
    text = queue(world.parts, not_after=world.clock.now() + timedelta(seconds=100))
    world.forward(hours=1)
    assert (message(world.parts, text).state, len(standin.posted)) == (State.EXPIRED, 1)


# The same words


def test_the_same_words_of_another_text_are_not_taken_for_ours(world: World, standin: StandInTwilio) -> None:
    """The one arrived, the other one got lost: the list shows the words once, and they belong to the first."""
    standin.next(Script(receipts=SILENT), RESET)
    arrived, lost = queue(world.parts, late=1), queue(world.parts)
    world.forward(hours=1)
    assert [message(world.parts, text).state for text in (arrived, lost)] == [State.ACCEPTED, State.DELIVERED]
    assert len(standin.ledger.outbound()) == 2


def test_an_answer_that_left_with_a_webhook_is_not_taken_for_ours(world: World, standin: StandInTwilio) -> None:
    """Of an answer in TwiML we know no id until its receipt comes; the same words were lost a moment later."""
    standin.rules.append(lambda _: Script(receipts=SILENT))
    phone = world.phone("+12025550131").texts("is coffee ok?")
    world.settle()
    (answer,) = world.texts(state=State.ACCEPTED, carrier_id=None)
    standin.next(RESET)
    queue(world.parts, answer.body, number=phone.number, weight=Weight.SAFETY)
    world.forward(hours=1)
    assert len(standin.ledger.outbound(phone.number)) == 2


def test_other_words_are_not_taken_for_ours(world: World, standin: StandInTwilio) -> None:
    standin.next(RESET, Script(receipts=SILENT))
    queue(world.parts, "Bring your medicine list!", late=1)
    lost = queue(world.parts, weight=Weight.SAFETY)
    world.forward(hours=1)
    assert (message(world.parts, lost).state, len(attempts(world.parts, lost))) == (State.DELIVERED, 2)


# The owner died


@pytest.fixture
def second(world: World, standin: StandInTwilio, tmp_path: Path) -> Iterator[Parts]:
    """Another process on the same database."""
    made: Parts = create_app(settings_for(world.parts.settings.database_url, standin, tmp_path), clock=world.clock).extensions["prepline"]
    made.process.beat(made.db, world.clock.now())
    yield made
    made.db.close()


def silence(parts: Parts, seconds: float) -> None:
    """Let this process have given its last sign of life so long ago."""
    parts.process.beat(parts.db, parts.clock.now())
    with parts.db.write() as session:
        session.execute(update(Process).where(Process.id == parts.process.owner).values(alive_at=real_now() - timedelta(seconds=seconds)))


@pytest.mark.parametrize(("silent_for", "state"), [(3, State.CLAIMED), (6, State.PENDING)])
def test_claimed_texts_of_the_dead_wait_again(world: World, second: Parts, silent_for: float, state: State) -> None:
    text = queue(world.parts)
    sending.claim(world.parts, (Weight.CLINICAL,), 10)
    silence(world.parts, silent_for)
    reconcile.take_over(second)
    assert message(world.parts, text).state == state


def test_a_process_that_stopped_in_order_is_taken_over_at_once(world: World, second: Parts) -> None:
    text = queue(world.parts)
    sending.claim(world.parts, (Weight.CLINICAL,), 10)
    world.parts.process.stop(world.parts.db, world.clock.now())
    reconcile.take_over(second)
    assert message(world.parts, text).state == State.PENDING


def test_a_call_that_outlives_its_owner_is_not_repeated_before_it_is_looked_up(world: World, standin: StandInTwilio, second: Parts) -> None:
    """Its process was thought dead; the answer comes late, and counts."""
    slow = settings_for(world.parts.settings.database_url, standin, Path(), PREPLINE_TWILIO__TIMEOUT_SECONDS="5")
    first: Parts = create_app(slow, clock=world.clock).extensions["prepline"]
    standin.next(Script(wait_seconds=1.5, receipts=SILENT))
    text = queue(first)
    call = threading.Thread(target=ticks.send_rest, args=(first,))
    call.start()
    while not standin.posted:
        pass
    silence(first, 6)
    reconcile.take_over(second)
    ticks.send_rest(second)
    assert message(second, text).state == State.UNKNOWN
    call.join()
    assert (message(second, text).state, len(standin.posted)) == (State.ACCEPTED, 1)
    first.db.close()


def test_the_late_word_of_a_dead_owner_changes_nothing(world: World, standin: StandInTwilio, second: Parts) -> None:
    """Its text was given up and sent again by another process before its own call came back."""
    standin.next(RESET)
    text = queue(world.parts)
    ticks.send_rest(world.parts)
    old = str(message(world.parts, text).token)
    for seconds in (31, 121):
        world.clock.forward(seconds=seconds)
        reconcile.look_up(second)
    ticks.send_rest(second)
    before = history(world.parts, text)
    flight = sending.Flight(text, old, "", "", None)
    sending._busy(world.parts, flight)
    sending._unknown(world.parts, flight)
    sending.accepted(world.parts, text, old, "SMlate")
    row = message(world.parts, text)
    assert (row.state, row.carrier_id, history(world.parts, text)) == (State.ACCEPTED, standin.ledger.outbound()[0].sid, before)


def test_a_living_process_forgets_no_text_of_its_own(world: World) -> None:
    """An attempt that nobody waits for any more, because its answer could not be written down."""
    text = queue(world.parts)
    world.parts.process.beat(world.parts.db, world.clock.now())
    with world.parts.db.write() as session:
        now = world.clock.now()
        mine = {"owner": world.parts.process.owner, "token": "t1"}
        outbox.move(session.connection(), MESSAGE.c.id == text, [State.PENDING], State.DISPATCHING, now=now, cause="attempt", **mine)
        session.add(SendAttempt(token="t1", message_id=text, number=1, called_at=real_now() - timedelta(seconds=59)))
    reconcile.take_over(world.parts)
    assert message(world.parts, text).state == State.DISPATCHING
    with world.parts.db.write() as session:
        session.execute(update(SendAttempt).values(called_at=real_now() - timedelta(seconds=61)))
    with world.parts.process.flying("t1"):
        reconcile.take_over(world.parts)
        assert message(world.parts, text).state == State.DISPATCHING
    reconcile.take_over(world.parts)
    assert message(world.parts, text).state == State.UNKNOWN


def test_an_answer_that_left_while_its_process_was_thought_dead_has_left(world: World, standin: StandInTwilio, second: Parts) -> None:
    standin.rules.append(lambda _: Script(receipts=SILENT))
    world.phone("+12025550131").texts("is coffee ok?")
    (answer,) = world.texts()
    reconcile.take_over(second)
    assert message(second, answer.id).state == State.UNKNOWN
    world.parts.process.beat(world.parts.db, world.clock.now())
    assert (message(second, answer.id).state, message(second, answer.id).look_at) == (State.ACCEPTED, None)


def test_a_fork_is_a_process_of_its_own(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    owner = world.parts.process.owner
    monkeypatch.setattr("os.getpid", lambda: 1)
    assert world.parts.process.owner != owner

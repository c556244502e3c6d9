"""Delivery receipts: whatever order, number and moment they come in, a text ends where the carrier says, and never goes back."""

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from itertools import count

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select

from bot import receipts, sending
from bot.models import DeliveryReceipt, State, Weight
from bot.receipts import Receipt
from scheduler import ticks
from tests.support.outgoing import history, message, on_sqlite, queue
from tests.support.standin_twilio import StandInTwilio
from tests.support.twilio_rules import DROP_RESPONSE, NO_RECEIPTS, Receipts, Script, hang, sign, undelivered
from tests.support.twilio_webhooks import post_over_http
from tests.support.world import World

RANK = ("queued", "sending", "sent", "undelivered", "failed", "delivered", "read")
ENDS = {"queued": State.ACCEPTED, "sending": State.ACCEPTED, "sent": State.SENT, "undelivered": State.UNDELIVERED} | {
    status: State(status) for status in ("failed", "delivered", "read")
}
numbers = count(1)


def sent(world: World) -> tuple[int, str, str]:
    """A text that Twilio took without a receipt so far: its id, its token and Twilio's id."""
    world.twilio.next(NO_RECEIPTS)
    text = queue(world.parts, f"Text {next(numbers)}")
    ticks.send_rest(world.parts)
    row = message(world.parts, text)
    return text, str(row.token), str(row.carrier_id)


@on_sqlite
@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(told=st.lists(st.sampled_from(RANK), min_size=1, max_size=9), before=st.integers(0, 3))
def test_any_order_ends_where_the_right_order_ends(world: World, told: list[str], before: int) -> None:
    """`before` of them come while the carrier has not answered yet."""
    early = iter(told[:before])

    def tell(form: Mapping[str, str]) -> Script:
        token = form["StatusCallback"].rpartition("/")[2]
        for status in early:
            receipts.receive(world.parts, Receipt(token, f"SMearly{token}", status, 0))
        return NO_RECEIPTS

    world.twilio.rules[:] = [tell]
    text = queue(world.parts, f"Text {next(numbers)}")
    ticks.send_rest(world.parts)
    row = message(world.parts, text)
    seen = [message(world.parts, text).state]
    for status in told[before:]:
        receipts.receive(world.parts, Receipt(str(row.token), str(row.carrier_id), status, 0))
        seen.append(message(world.parts, text).state)
    assert seen[-1] == ENDS[max(told, key=RANK.index)]
    ranks = [list(ENDS.values()).index(State(state)) for state in seen]
    assert ranks == sorted(ranks), "a text never goes back"
    assert history(world.parts, text)[-1] == seen[-1]


def test_the_same_receipt_from_many_threads_counts_once(world: World) -> None:
    text, token, sid = sent(world)
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: receipts.receive(world.parts, Receipt(token, sid, "delivered", 0)), range(8)))
    assert history(world.parts, text)[-2:] == [State.ACCEPTED, State.DELIVERED]
    assert kept(world) == 1


def kept(world: World, *, applied: bool | None = None) -> int:
    """How many receipts are kept: all, or those that were applied, or those that wait."""
    look = select(func.count()).select_from(DeliveryReceipt)
    if applied is not None:
        look = look.where(DeliveryReceipt.applied_at.is_not(None) if applied else DeliveryReceipt.applied_at.is_(None))
    with world.parts.db.read() as session:
        return session.scalar(look) or 0


def test_receipts_of_all_threads_in_any_order_agree(world: World) -> None:
    text, token, sid = sent(world)
    told = ["delivered", "sent", "sending", "queued"] * 4
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda status: receipts.receive(world.parts, Receipt(token, sid, status, 0)), told))
    assert (message(world.parts, text).state, kept(world)) == (State.DELIVERED, 4)


@on_sqlite
@pytest.mark.parametrize(
    "how", [Receipts(before_answer=True), Receipts(backwards=True), Receipts(copies=3), Receipts(backwards=True, copies=2)]
)
def test_early_doubled_and_disordered_receipts_over_the_wire(world: World, standin: StandInTwilio, how: Receipts) -> None:
    standin.next(Script(receipts=how))
    text = queue(world.parts)
    world.settle()
    assert (message(world.parts, text).state, message(world.parts, text).carrier_id) == (State.DELIVERED, standin.ledger.outbound()[0].sid)
    assert kept(world, applied=False) == 0


@on_sqlite
def test_a_receipt_that_comes_before_our_answer_wins_over_a_time_out(world: World, standin: StandInTwilio) -> None:
    standin.next(Script(wait_seconds=1.5, receipts=Receipts(before_answer=True)))
    text = queue(world.parts)
    world.forward(hours=1)
    assert history(world.parts, text) == [State.PENDING, State.CLAIMED, State.DISPATCHING, State.SENT, State.DELIVERED]
    assert len(standin.posted) == 1


@on_sqlite
def test_a_receipt_for_a_token_nobody_knows_is_kept_and_applied_later(
    world: World, standin: StandInTwilio, monkeypatch: pytest.MonkeyPatch
) -> None:
    answer = post_receipt(world, "f" * 32, MessageSid="SM77", MessageStatus="undelivered", ErrorCode="30003")
    assert (answer, kept(world, applied=False)) == (204, 1)

    class Known:
        hex = "f" * 32

    monkeypatch.setattr(sending, "uuid4", Known)
    standin.next(NO_RECEIPTS)
    text = queue(world.parts)
    ticks.send_rest(world.parts)
    assert (message(world.parts, text).state, message(world.parts, text).error_code) == (State.UNDELIVERED, 30003)
    assert kept(world, applied=False) == 0


@on_sqlite
def test_a_receipt_with_another_token_finds_its_text_by_the_id_of_twilio(world: World) -> None:
    text, _, sid = sent(world)
    receipts.receive(world.parts, Receipt("the token of another deployment", sid, "delivered", 0))
    assert message(world.parts, text).state == State.DELIVERED


def post_receipt(world: World, token: str, *, key: str | None = None, **form: str) -> int | None:
    url = f"{world.parts.settings.twilio.public_url}/twilio/status/{token}"
    whole = {"AccountSid": world.twilio.account_sid, "To": "+12025550111"} | form
    headers = {"X-Twilio-Signature": sign(key or world.twilio.auth_token, url, whole)}
    assert world.twilio.webhooks.post is not post_over_http
    return world.twilio.webhooks.post(url, whole, headers).status


@on_sqlite
def test_a_forged_receipt_leaves_no_trace(world: World) -> None:
    text, token, sid = sent(world)
    form = {"MessageSid": sid, "MessageStatus": "delivered"}
    assert post_receipt(world, token, key="a guess", **form) == 403
    assert post_receipt(world, token, AccountSid="AC" + "0" * 32, **form) == 403
    assert (kept(world), message(world.parts, text).state) == (0, State.ACCEPTED)
    assert post_receipt(world, token, **form) == 204
    assert message(world.parts, text).state == State.DELIVERED


@on_sqlite
@pytest.mark.parametrize(
    "form",
    [
        {},
        {"MessageSid": "SM1"},
        {"MessageSid": "", "MessageStatus": "sent"},
        {"MessageSid": "SM1", "MessageStatus": "a b"},
        {"MessageSid": "SM1", "MessageStatus": "sent", "ErrorCode": "x"},
        {"MessageSid": "SM1", "MessageStatus": "sent", "ErrorCode": "\N{ARABIC-INDIC DIGIT THREE}"},
    ],
)
def test_a_receipt_that_makes_no_sense_is_refused(world: World, form: dict[str, str]) -> None:
    assert post_receipt(world, "a" * 32, **form) == 400
    assert kept(world) == 0


@on_sqlite
def test_a_status_that_twilio_may_invent_is_kept_and_changes_nothing(world: World) -> None:
    text, token, sid = sent(world)
    assert post_receipt(world, token, MessageSid=sid, MessageStatus="pondering") == 204
    assert (message(world.parts, text).state, kept(world)) == (State.ACCEPTED, 1)


# What a failure leads to


@on_sqlite
@pytest.mark.parametrize(
    ("script", "state", "code"),
    [(undelivered(30003), State.UNDELIVERED, 30003), (undelivered(30008, "failed"), State.FAILED, 30008)],
)
def test_a_reminder_that_did_not_arrive_is_work_for_a_person(
    world: World, standin: StandInTwilio, script: Script, state: State, code: int
) -> None:
    enrollment = world.enroll(world.clock.now().replace(month=12), consent=None)
    before = world.tasks()
    standin.next(script, script)
    first = queue(world.parts, enrollment_id=enrollment)
    queue(world.parts, "And another.", enrollment_id=enrollment)
    world.settle()
    assert (message(world.parts, first).state, message(world.parts, first).error_code) == (state, code)
    assert world.tasks()[len(before) :] == ["not_reached"], "one row a day is enough"


@on_sqlite
def test_a_danger_answer_that_did_not_arrive_is_its_own_work(world: World, standin: StandInTwilio) -> None:
    enrollment = world.enroll(world.clock.now().replace(month=12), consent=None)
    standin.next(undelivered(30003), undelivered(30003))
    for _ in range(2):
        queue(world.parts, weight=Weight.SAFETY, enrollment_id=enrollment)
    world.settle()
    assert world.tasks().count("safety_answer_undelivered") == 2


@on_sqlite
def test_an_opt_out_that_only_a_receipt_tells_of_holds(world: World, standin: StandInTwilio) -> None:
    standin.next(undelivered(21610, "failed"))
    queue(world.parts)
    world.settle()
    later = queue(world.parts, "A later text.")
    world.settle()
    assert message(world.parts, later).state == State.SUPPRESSED
    assert len(standin.posted) == 1


@on_sqlite
def test_a_delivery_is_the_truth_even_after_a_failure(world: World) -> None:
    text, token, sid = sent(world)
    receipts.receive(world.parts, Receipt(token, sid, "undelivered", 30008))
    receipts.receive(world.parts, Receipt(token, sid, "delivered", 0))
    row = message(world.parts, text)
    assert (row.state, row.error_code) == (State.DELIVERED, None)


@on_sqlite
def test_a_late_receipt_stops_the_second_sending(world: World, standin: StandInTwilio) -> None:
    """Nobody could find the text, so it was about to leave once more; then its first receipt came."""
    standin.listing = False
    standin.next(Script(answer="drop", receipts=Receipts(lost=("sent", "delivered"))))
    text = queue(world.parts)
    ticks.send_rest(world.parts)
    token = str(message(world.parts, text).token)
    for seconds in (31, 121):
        world.clock.forward(seconds=seconds)
        ticks.TICKS["look_up"](world.parts)
    assert message(world.parts, text).state == State.PENDING
    receipts.receive(world.parts, Receipt(token, standin.ledger.outbound()[0].sid, "delivered", 0))
    world.forward(hours=1)
    assert (message(world.parts, text).state, len(standin.posted)) == (State.DELIVERED, 1)


@on_sqlite
def test_a_receipt_puts_right_what_was_looked_up_wrongly(world: World, standin: StandInTwilio) -> None:
    """Two texts with the same words: the one was taken for the other until the receipts came."""
    standin.next(hang(1.5, accepted=False), DROP_RESPONSE)
    first, second = queue(world.parts, late=1), queue(world.parts)
    ticks.send_rest(world.parts)
    world.clock.forward(seconds=31)
    ticks.TICKS["look_up"](world.parts)
    assert message(world.parts, first).carrier_id == standin.ledger.outbound()[0].sid
    standin.settle()
    assert [message(world.parts, text).state for text in (first, second)] == [State.UNKNOWN, State.DELIVERED]
    world.forward(minutes=10)
    assert [message(world.parts, text).state for text in (first, second)] == [State.DELIVERED] * 2
    assert len(standin.ledger.outbound()) == 2

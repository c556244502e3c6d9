"""Warning signs reach a nurse: who is paged when, who takes the case, and that no case ever falls silent."""

from datetime import datetime, timedelta

import pytest

from bot import enrollments, escalations, oncall
from tests.support.phones import Phone
from tests.support.standin_twilio import StandInTwilio
from tests.support.twilio_rules import undelivered
from tests.support.world import World

TEST_AT = datetime(2026, 12, 3, 14, 0)  # noqa: DTZ001 -- on the patient's clock
FEVER = "I have a fever of 102"
BLOOD = "blood is pouring out and it will not stop"


@pytest.fixture
def enrollment(world: World) -> int:
    """A patient who had her welcome."""
    made = world.enroll(TEST_AT)
    world.settle()
    return made


@pytest.mark.usefixtures("enrollment")
def test_an_urgent_sign_climbs_its_ladder_until_it_is_taken(
    world: World, maria: Phone, nurse_ana: Phone, nurse_ben: Phone, lead_lee: Phone
) -> None:
    maria.catches_up().texts(FEVER).hears("nurse line", "911")
    nurse_ana.hears("urgent").hears_nothing()
    nurse_ben.hears_nothing()
    world.forward(minutes=10)
    nurse_ana.hears("urgent").hears_nothing()
    nurse_ben.hears_nothing()
    world.forward(minutes=5)
    nurse_ben.hears("urgent").hears_nothing()
    lead_lee.hears_nothing()
    world.forward(minutes=15)
    lead_lee.hears("urgent")
    world.forward(minutes=15)
    nurse_ana.hears("urgent")  # the whole ladder again: an open case never falls silent
    assert world.cases()[0].cycle == 2


@pytest.mark.usefixtures("enrollment")
def test_an_emergency_climbs_faster(world: World, maria: Phone, nurse_ana: Phone, nurse_ben: Phone, lead_lee: Phone) -> None:
    maria.catches_up().texts(BLOOD).hears("call 911 now")
    nurse_ana.hears("emergency")
    world.forward(minutes=2)
    nurse_ana.hears("emergency")
    world.forward(minutes=3)
    nurse_ben.hears("emergency")
    world.forward(minutes=5)
    lead_lee.hears("emergency")


@pytest.mark.usefixtures("enrollment")
def test_acknowledged_without_an_outcome_it_opens_again(world: World, maria: Phone, nurse_ana: Phone) -> None:
    maria.texts(FEVER)
    code = world.cases()[0].code
    nurse_ana.hears("urgent").texts(f"ACK {code}").hears("yours")
    world.forward(minutes=29)
    nurse_ana.hears_nothing()
    world.forward(minutes=1)
    nurse_ana.hears("urgent", code)
    assert world.cases()[0].state == "open"


@pytest.mark.usefixtures("enrollment")
def test_nobody_on_call_means_the_next_rung_at_once(world: World, maria: Phone, lead_lee: Phone) -> None:
    maria.texts(FEVER)
    lead_lee.hears("urgent")
    assert [what for what in world.history(world.cases()[0]) if what.startswith("nobody")] == ["nobody on call: nurse"] * 2 + [
        "nobody on call: backup"
    ]


@pytest.mark.usefixtures("enrollment")
def test_nobody_at_all_tells_the_operator_and_tries_again(world: World, maria: Phone) -> None:
    ada = world.nurse("ada", None, role="admin")
    maria.texts(FEVER)
    ada.hears("nobody on call")
    case = world.cases()[0]
    assert case.next_action_at == world.clock.now() + timedelta(minutes=1)
    ana = world.nurse("ana", "nurse")
    world.forward(minutes=1)
    ana.hears("urgent", case.code)


@pytest.mark.usefixtures("enrollment")
def test_an_undelivered_page_climbs_at_once(world: World, standin: StandInTwilio, maria: Phone, nurse_ana: Phone, nurse_ben: Phone) -> None:
    standin.rules.append(lambda form: undelivered(30003) if form["To"] == nurse_ana.number else None)
    maria.texts(FEVER)
    world.settle()
    nurse_ben.hears("urgent")
    assert "page not delivered: next rung at once" in world.history(world.cases()[0])


@pytest.mark.usefixtures("enrollment")
def test_a_higher_urgency_pages_again_even_a_case_that_is_taken(world: World, maria: Phone, nurse_ana: Phone) -> None:
    maria.texts(FEVER)
    code = world.cases()[0].code
    nurse_ana.hears("urgent").texts("ack").hears("yours")
    maria.catches_up().texts("now I can't breathe").hears("911")
    nurse_ana.hears("emergency", code)
    assert [(case.state, case.urgency) for case in world.cases()] == [("open", "emergency")]


@pytest.mark.usefixtures("enrollment")
def test_a_new_sign_pages_whoever_has_the_case_at_most_every_ten_minutes(
    world: World, maria: Phone, nurse_ana: Phone, nurse_ben: Phone
) -> None:
    maria.texts(FEVER)
    nurse_ana.hears("urgent").texts("ack").hears("yours")
    maria.texts("and I have chills")
    nurse_ana.hears_nothing()
    world.forward(minutes=10)
    maria.texts("now a rash all over")
    nurse_ana.hears("new sign")
    nurse_ben.hears_nothing()
    assert world.cases()[0].kinds == ["fever", "chills", "allergy"]


@pytest.mark.usefixtures("enrollment")
def test_only_the_first_acknowledgement_takes_a_case(world: World, maria: Phone, nurse_ana: Phone, nurse_ben: Phone) -> None:
    maria.texts(FEVER)
    code = world.cases()[0].code
    nurse_ana.hears("urgent").texts(f"Ack {code.lower()}.").hears("yours")
    nurse_ben.texts(f"ACK {code}").hears("already taken")
    nurse_ana.texts(f"ACK {code}").hears("yours")
    nurse_ana.texts(f"DONE {code} maybe").hears("not closed").texts(f"done {code} no contact").hears("closed")
    nurse_ben.texts(f"ACK {code}").hears("already closed")
    case = world.cases()[0]
    assert (case.acknowledged_by, case.outcome) == (world.staff["ana"], "no_contact")


@pytest.mark.parametrize(
    "text", ["Liked “URGENT BBBB: reply ACK BBBB”", "ok", "thanks", "ACKNOWLEDGED by nobody at all", "", "back", "ACK BBBB please now"]
)
def test_what_is_no_command_changes_nothing_and_is_told_so(
    world: World, maria: Phone, nurse_ana: Phone, enrollment: int, text: str
) -> None:
    del enrollment
    maria.texts(FEVER)
    nurse_ana.hears("urgent").texts(text).hears("ACK")
    assert world.cases()[0].state == "open"


@pytest.mark.usefixtures("enrollment")
def test_an_unknown_code_and_an_ambiguous_one_are_told(world: World, maria: Phone, nurse_ana: Phone) -> None:
    world.enroll(TEST_AT, number="+12025550112", name="Rosa Diaz")
    maria.texts(FEVER)
    world.phone("+12025550112").texts(FEVER)
    nurse_ana.catches_up().texts("ACK").hears(*(case.code for case in world.cases()))
    nurse_ana.texts("ACK ZZZZ").hears("no open case", "ZZZZ")
    assert {case.state for case in world.cases()} == {"open"}


def test_a_stranger_never_acknowledges(world: World, maria: Phone, nurse_ana: Phone, enrollment: int) -> None:
    del enrollment
    maria.texts(FEVER)
    nurse_ana.hears("urgent")
    world.phone("+12025550199").texts(f"ACK {world.cases()[0].code}")
    assert world.cases()[0].state == "open"


def test_a_sign_from_an_opted_out_phone_is_answered_and_paged(world: World, maria: Phone, nurse_ana: Phone, enrollment: int) -> None:
    assert enrollment
    maria.texts("please stop texting me").hears("no more texts")
    maria.catches_up().texts(BLOOD).hears("call 911 now")
    nurse_ana.hears("emergency", "phone the patient").texts(f"DONE {world.cases()[0].code} EMERGENCY").hears("closed")
    maria.texts("ok thanks").hears_nothing()
    world.forward(days=30)
    maria.hears_nothing()


def test_a_sign_is_heard_in_every_state(world: World, maria: Phone, nurse_ana: Phone, enrollment: int) -> None:
    world.change(enrollments.cancel, enrollment)
    maria.hears("canceled")
    world.forward(days=1)
    maria.texts("my throat is closing").hears("call 911 now")
    nurse_ana.hears("emergency")


def test_resolving_closes_a_case_that_nobody_acknowledged(world: World, maria: Phone, nurse_ana: Phone, enrollment: int) -> None:
    del enrollment
    maria.texts(FEVER)
    code = world.cases()[0].code
    nurse_ana.hears("urgent")
    with world.parts.db.write() as session:
        assert escalations.resolve(session, code, world.staff["ana"], "reached", "spoke to her", world.clock.now())
        assert not escalations.resolve(session, code, world.staff["ana"], "advised", None, world.clock.now())
    world.forward(hours=3)
    nurse_ana.hears_nothing()
    assert world.cases()[0].outcome == "reached"


def test_a_disabled_nurse_is_not_paged(world: World, maria: Phone, nurse_ana: Phone, nurse_ben: Phone, enrollment: int) -> None:
    del enrollment
    with world.parts.db.write() as session:
        oncall.disable(session, world.staff["ana"], "test", world.clock.now())
    maria.texts(FEVER)
    nurse_ana.hears_nothing()
    nurse_ben.hears("urgent")


def test_enrolled_anew_she_keeps_her_open_case(world: World, maria: Phone, nurse_ana: Phone, enrollment: int) -> None:
    maria.texts(FEVER)
    nurse_ana.hears("urgent")
    world.change(enrollments.cancel, enrollment)
    world.enroll(TEST_AT)
    maria.texts("I cannot breathe")
    nurse_ana.hears("emergency", world.cases()[0].code)
    assert [(case.state, case.urgency) for case in world.cases()] == [("open", "emergency")]


def test_only_a_nurse_or_lead_takes_a_case(world: World, maria: Phone, nurse_ana: Phone, enrollment: int) -> None:
    del enrollment
    sam = world.nurse("sam", None, role="scheduler", number="+12025550125")
    maria.texts(FEVER)
    nurse_ana.hears("urgent")
    sam.texts(f"ACK {world.cases()[0].code}").hears("only a nurse or lead")
    assert world.cases()[0].state == "open"


def test_a_nurse_who_texts_stop_is_noticed(world: World, maria: Phone, nurse_ana: Phone, nurse_ben: Phone, enrollment: int) -> None:
    del enrollment
    nurse_ana.texts("STOP")
    assert "staff_stopped" in world.tasks()
    maria.texts(FEVER)
    nurse_ben.hears("urgent")

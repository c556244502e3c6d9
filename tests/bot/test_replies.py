"""What is said to whom: strangers, those who left, members of staff; and what becomes work for a person."""

from datetime import datetime, timedelta

import pytest
from sqlalchemy import func, select

from bot import enrollments
from bot.models import Escalation
from tests.support.phones import Phone
from tests.support.signed import form_of, post, replies
from tests.support.world import MARIA, World

TEST_AT = datetime(2026, 11, 20, 14, 0)  # noqa: DTZ001 -- on the patient's clock
on_sqlite = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@on_sqlite
def test_a_picture_without_words_is_answered_and_becomes_work(world: World) -> None:
    world.change(enrollments.mark_done, world.enroll(TEST_AT))
    [reply] = replies(post(world, form_of(world, "", NumMedia="1")))
    assert "picture" in reply.casefold() or "photo" in reply.casefold()
    assert "photo" in world.tasks()
    assert replies(post(world, form_of(world, "", NumMedia="9" * 50)))


@on_sqlite
def test_a_stranger_hears_nothing_of_anybody_and_not_too_often(world: World) -> None:
    world.enroll(TEST_AT, number="+12025550188", name="Zebulon Quux")
    [first] = replies(post(world, form_of(world, "what time is my appointment?")))
    assert "1-877-230-6877" in first
    assert "911" in first
    assert "Zebulon" not in first
    assert "Nov" not in first
    assert [len(replies(post(world, form_of(world, "hello?")))) for _ in range(4)] == [1, 1, 0, 0]
    assert "911 now" in replies(post(world, form_of(world, "i cannot breathe")))[0]  # danger is answered all the same
    world.clock.forward(hours=1, seconds=1)
    assert replies(post(world, form_of(world, "hello?"))) == [first]


@on_sqlite
def test_a_sign_from_a_stranger_is_work_without_an_enrollment(world: World, nurse_ana: Phone) -> None:
    [reply] = replies(post(world, form_of(world, "I can't breathe")))
    assert "911" in reply
    assert world.tasks() == ["stranger_sign"]
    with world.parts.db.read() as session:
        assert session.scalar(select(func.count()).select_from(Escalation)) == 0
    nurse_ana.hears_nothing()


@on_sqlite
def test_a_stranger_who_opted_out_hears_nothing_but_danger_answers(world: World) -> None:
    assert "no more" in replies(post(world, form_of(world, "stop")))[0].casefold()
    assert replies(post(world, form_of(world, "stop"))) == []
    assert replies(post(world, form_of(world, "who is this?"))) == []
    assert "911" in replies(post(world, form_of(world, "I can't breathe")))[0]
    assert len(replies(post(world, form_of(world, "start")))) == 1


@on_sqlite
def test_where_the_carrier_answers_a_stop_word_we_do_not(world: World) -> None:
    world.enroll(TEST_AT)
    assert replies(post(world, form_of(world, "STOP", OptOutType="STOP"))) == []
    assert {text.state for text in world.texts(planned=True)} == {"suppressed"}
    assert replies(post(world, form_of(world, "START", OptOutType="START"))) == []
    assert "pending" in {text.state for text in world.texts(planned=True)}


@pytest.mark.parametrize("body", ["STOP", "stop.", "please stop texting me", "Unsubscribe", "no quiero más mensajes"])
def test_an_opt_out_holds_from_its_commit(world: World, body: str) -> None:
    world.enroll(TEST_AT)
    world.settle()
    already = len(world.twilio.posted)
    [reply] = replies(post(world, form_of(world, body)))
    assert "START" in reply
    assert replies(post(world, form_of(world, "STOP"))) == []
    assert replies(post(world, form_of(world, "YES"))) == []  # Twilio lifts its own block for it, we do not
    assert replies(post(world, form_of(world, "what is a ductogram?"))) == []
    world.until(datetime.fromisoformat("2026-12-05T12:00+00:00"))
    assert len(world.twilio.posted) == already


@on_sqlite
def test_an_opt_out_survives_being_enrolled_anew(world: World, maria: Phone) -> None:
    world.enroll(TEST_AT)
    world.settle()
    maria.catches_up()
    world.twilio.text(MARIA, "please stop texting me")
    maria.hears("START")
    world.change(enrollments.cancel, 1)
    again = world.enroll(TEST_AT + timedelta(days=7), consent="signed the form again")
    world.forward(days=20)
    maria.hears_nothing()
    assert {text.state for text in world.texts(enrollment_id=again, planned=True)} == {"suppressed"}


@pytest.mark.parametrize("word", ["START", "unstop", "Start."])
@on_sqlite
def test_start_and_unstop_lift_it(world: World, word: str) -> None:
    world.enroll(TEST_AT)
    post(world, form_of(world, "STOP"))
    assert len(replies(post(world, form_of(world, word)))) == 1
    assert "pending" in {text.state for text in world.texts(planned=True)}


def test_a_sign_from_an_opted_out_phone_still_pages(world: World) -> None:
    nurse_ana = world.nurse("ana", "nurse")
    world.enroll(TEST_AT)
    post(world, form_of(world, "please stop texting me"))
    [answer] = replies(post(world, form_of(world, "I have chest pain and I can't breathe")))
    assert "911" in answer
    nurse_ana.hears("emergency", world.cases()[0].code, "phone the patient")


@on_sqlite
def test_a_wrong_number_ends_the_texts_and_becomes_work(world: World) -> None:
    world.enroll(TEST_AT)
    assert len(replies(post(world, form_of(world, "wrong number, I am not her")))) == 1
    assert "fix_number" in world.tasks()
    assert {text.state for text in world.texts(planned=True)} == {"suppressed"}


@on_sqlite
def test_after_the_end_a_sign_still_finds_a_nurse(world: World, maria: Phone, nurse_ana: Phone) -> None:
    world.enroll(TEST_AT)
    world.settle()
    world.change(enrollments.cancel, 1)
    world.settle()
    maria.catches_up().texts("thank you").texts("my breast is very hot and swollen").hears("nurse line")
    nurse_ana.hears("urgent", world.cases()[0].code)


@on_sqlite
def test_a_member_of_staff_who_is_enrolled_is_a_patient_until_it_ends(world: World) -> None:
    ana = world.nurse("ana", "nurse")
    ben = world.nurse("ben", "nurse")
    enrollment = world.enroll(TEST_AT, number=ana.number, name="Ana")
    world.settle()
    ana.catches_up().texts("my breast is very hot and swollen").hears("nurse line")
    ben.hears("urgent", world.cases()[0].code)
    world.change(enrollments.cancel, enrollment)
    world.settle()
    ana.catches_up().texts("my breast is very hot and swollen").hears("ACK")  # help with commands: never triaged
    assert len(world.cases()) == 1

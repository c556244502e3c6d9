"""Which question a digit answers where several were asked, and what silence brings about."""

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from bot import enrollments
from tests.support.phones import Phone
from tests.support.world import World

NEW_YORK = ZoneInfo("America/New_York")
TEST_AT = datetime(2026, 12, 3, 14, 0, tzinfo=NEW_YORK)
WARM = "my breast is warm and i have a fever"


def at(day: int, hour: int, minute: int = 0) -> datetime:
    """A moment of that December, where she is."""
    return datetime(2026, 12, day, hour, minute, tzinfo=NEW_YORK)


@pytest.fixture
def enrollment(world: World) -> int:
    """A patient who will be asked to confirm her visit in the morning."""
    world.clock.set(datetime(2026, 11, 29, 12, 0, tzinfo=NEW_YORK))
    return world.enroll(TEST_AT)


def urgencies(world: World) -> list[str]:
    return [case.urgency for case in world.cases()]


@pytest.mark.usefixtures("nurse_ana")
def test_a_2_after_a_sign_is_an_emergency_and_never_stops_her_aftercare(world: World, maria: Phone, enrollment: int) -> None:
    world.until(at(3, 19))
    maria.hears("is your test over").hears("when your test is done")
    maria.texts(WARM).hears("nurse line now").hears("trouble breathing", "reply 1 for no").texts("2").hears("call 911 now")
    assert urgencies(world) == ["emergency"]
    assert "test_not_done" not in world.tasks()
    assert world.planned(enrollment)["check_in_day_1"].state == "pending"


@pytest.mark.usefixtures("enrollment", "nurse_ana")
@pytest.mark.parametrize(
    ("answer", "reply", "urgency"), [("2", "call 911 now", "emergency"), ("1", "you said no to all of those", "urgent")]
)
def test_a_check_in_does_not_take_the_answer_to_the_red_flags(world: World, maria: Phone, answer: str, reply: str, urgency: str) -> None:
    world.until(at(4, 9, 58))
    maria.catches_up().texts(WARM).hears("trouble breathing")
    world.until(at(4, 10, 1))
    maria.hears("day 1").texts(answer).hears(reply)
    assert urgencies(world) == [urgency]


@pytest.mark.parametrize(("act", "new_date"), [(enrollments.cancel, []), (enrollments.reschedule, [at(20, 14)])])
@pytest.mark.usefixtures("nurse_ana")
def test_whatever_staff_do_with_the_visit_the_red_flags_stay_open(
    world: World, maria: Phone, enrollment: int, act: Any, new_date: list[datetime]
) -> None:
    world.until(at(3, 19))
    maria.catches_up().texts(WARM).hears("trouble breathing")
    world.change(act, enrollment, *new_date)
    maria.texts("2").hears("call 911 now")
    assert urgencies(world) == ["emergency"]


@pytest.mark.usefixtures("nurse_ana")
def test_nor_does_a_move_close_a_check_in(world: World, maria: Phone, enrollment: int) -> None:
    world.until(at(4, 11))
    maria.hears("day 1")
    world.change(enrollments.reschedule, enrollment, at(20, 14))
    maria.texts("2").hears("nurse line now")
    assert urgencies(world) == ["urgent"]


@pytest.mark.usefixtures("enrollment")
def test_not_done_is_one_task(world: World, maria: Phone) -> None:
    world.until(at(3, 16))
    maria.hears("is your test over").texts("2").hears("you said the test was not done")
    assert world.tasks().count("test_not_done") == 1


def test_silence_about_the_checklist_is_noticed_before_the_test(world: World) -> None:
    world.clock.set(at(3, 9))
    world.enroll(TEST_AT)
    world.until(TEST_AT)
    assert "checklist_silent" in world.tasks()


@pytest.mark.parametrize("act", [enrollments.cancel, enrollments.mark_done, enrollments.mark_not_done])
def test_once_the_visit_is_over_nobody_phones_about_the_preparation(world: World, enrollment: int, act: Any) -> None:
    world.until(at(1, 9))
    before = world.tasks()
    world.change(act, enrollment)
    world.until(at(2, 12))
    assert "not_confirmed" not in [*before, *world.tasks()]


def test_once_staff_marked_the_test_nobody_looks_for_her_answer(world: World, enrollment: int) -> None:
    world.until(at(3, 17))
    world.change(enrollments.mark_done, enrollment)
    world.until(at(3, 19))
    assert "test_unconfirmed" not in world.tasks()


def test_once_the_visit_is_moved_nobody_phones_to_confirm_the_old_date(world: World, enrollment: int) -> None:
    world.until(at(1, 9))
    world.change(enrollments.reschedule, enrollment, at(20, 14))
    world.until(at(2, 12))
    assert "not_confirmed" not in world.tasks()


@pytest.mark.usefixtures("nurse_ana")
def test_a_2_after_an_emergency_never_stops_her_aftercare(world: World, maria: Phone, enrollment: int) -> None:
    world.until(at(3, 19))
    maria.hears("is your test over").texts("I cannot breathe").hears("call 911 now").texts("2").hears("nurse")
    assert "test_not_done" not in world.tasks()
    assert world.planned(enrollment)["check_in_day_1"].state == "pending"

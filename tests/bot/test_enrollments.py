"""What staff's acts do to the planned texts: consent, late enrollment, a moved, canceled, done or not-done test."""

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from typing import Any

import pytest

from bot import enrollments, plan
from tests.support.commands import CONSENT, ENROLL, TEST_AT, refusal, told, unchanged
from tests.support.phones import Phone
from tests.support.world import MARIA, World

on_sqlite = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
BEFORE_TEST = {"welcome", "no_squeezing", "checklist", "confirm", "evening_before", "day_of"}


def upcoming(world: World, enrollment: str = "1") -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = told(world, "upcoming", enrollment)
    return rows


def newest(world: World, enrollment: str = "1") -> dict[str, dict[str, Any]]:
    """The planned rows of the newest date by step."""
    rows = upcoming(world, enrollment)
    version = max(row["date_version"] for row in rows)
    return {row["step"]: row for row in rows if row["date_version"] == version and not row["repeat"]}


def states(world: World, enrollment: str = "1") -> dict[str, str]:
    return {step: row["state"] for step, row in newest(world, enrollment).items()}


@pytest.mark.parametrize("consent", [(), ("--consent", ""), ("--consent", "   ")], ids=["none", "empty", "blank"])
@on_sqlite
def test_without_consent_nothing_is_sent_and_a_person_is_told(world: World, maria: Phone, consent: tuple[str, ...]) -> None:
    told(world, *ENROLL, *consent)
    world.forward(days=5)
    maria.hears_nothing()
    assert world.tasks() == ["no_consent"]
    assert set(states(world).values()) == {"suppressed"}
    assert {row["reason"] for row in upcoming(world)} == {"no_consent"}


def test_consent_given_later_sends_what_is_ahead(world: World, maria: Phone) -> None:
    told(world, *ENROLL)
    world.forward(days=12)  # 14 November: the week-before text is past, the checklist is ahead
    told(world, "resume", "1", "--consent", "by phone on 14 November, to Sam")
    world.settle()
    maria.hears("Fri Nov 20")
    world.until(datetime.fromisoformat("2026-11-15T15:00+00:00"))
    maria.hears("contrast dye")
    world.until(datetime.fromisoformat("2026-11-20T18:00+00:00"))
    assert {state for step, state in states(world).items() if step in BEFORE_TEST} == {"delivered"}


@on_sqlite
def test_a_phone_that_is_known_keeps_its_consent(world: World) -> None:
    told(world, *ENROLL, *CONSENT)
    told(world, "cancel", "1")
    told(world, *ENROLL)
    assert "no_consent" not in world.tasks()
    assert "pending" in states(world, "2").values()


def test_enrolled_the_evening_before_a_morning_test_she_is_phoned(world: World, maria: Phone) -> None:
    world.clock.set(datetime.fromisoformat("2026-11-19T21:00-05:00"))
    enrolled = told(world, *ENROLL[:-1], "2026-11-20T08:30", *CONSENT)
    assert enrolled["phone_her"] is True
    assert world.tasks() == ["phone_prep"]
    world.until(datetime.fromisoformat("2026-11-20T09:00-05:00"))
    maria.hears("HELP for help").hears_nothing()  # the welcome; no preparation for a test that has begun
    assert {state for step, state in states(world).items() if step in BEFORE_TEST - {"welcome"}} <= {"expired"}


@on_sqlite
def test_enrolled_in_time_she_is_not_phoned(world: World) -> None:
    assert told(world, *ENROLL, *CONSENT)["phone_her"] is False
    assert world.tasks() == []


@on_sqlite
def test_the_welcome_waits_for_the_morning(world: World, maria: Phone) -> None:
    world.clock.set(datetime.fromisoformat("2026-11-02T21:30-05:00"))
    told(world, *ENROLL, *CONSENT)
    world.settle()
    maria.hears_nothing()
    world.until(datetime.fromisoformat("2026-11-03T09:00-05:00"))
    maria.hears("Fri Nov 20")


@on_sqlite
def test_texts_print_the_sites_clock_and_leave_on_hers(world: World) -> None:
    told(world, *ENROLL, *CONSENT, "--timezone", "America/Los_Angeles", "--site-timezone", "America/New_York")
    rows = newest(world)
    assert "2:00 PM" in rows["confirm"]["body"]
    assert rows["confirm"]["due_local"] == "2026-11-17T10:00:00-08:00"
    again = told(world, *ENROLL[:3], "--phone", "+12025550112", "--procedure-at", "2026-11-20T14:00-08:00", *CONSENT)
    assert "5:00 PM" in newest(world, again["enrollment"])["confirm"]["body"]


def test_a_moved_date_moves_everything_and_is_told(world: World, maria: Phone) -> None:
    told(world, *ENROLL, *CONSENT)
    world.settle()
    maria.hears("Fri Nov 20")
    told(world, "reschedule", "1", "--procedure-at", "2026-11-27T09:00")
    world.settle()
    maria.hears("Fri Nov 27", "9:00 AM").hears_nothing()
    by_version = {version: [row for row in upcoming(world) if row["date_version"] == version] for version in (1, 2)}
    assert {row["state"] for row in by_version[1]} == {"delivered", "canceled"}
    assert newest(world)["checklist"]["due_local"].startswith("2026-11-22T10:00")
    assert newest(world)["day_of"]["due_local"].startswith("2026-11-26T18:00")  # a morning test: the evening before
    unchanged(world, "reschedule", "1", "--procedure-at", "2026-11-27T09:00")
    world.until(datetime.fromisoformat("2026-11-21T18:00-05:00"))
    assert not [body for body in maria.heard if "Nov 20" in body][1:]


@on_sqlite
def test_moved_into_a_step_that_was_sent_it_is_not_sent_again(world: World, maria: Phone) -> None:
    told(world, *ENROLL, *CONSENT)
    world.until(datetime.fromisoformat("2026-11-15T12:00-05:00"))
    assert states(world)["no_squeezing"] == "delivered"
    told(world, "reschedule", "1", "--procedure-at", "2026-11-21T14:00")
    world.until(datetime.fromisoformat("2026-11-16T12:00-05:00"))
    assert {row["date_version"] for row in upcoming(world) if row["step"] == "no_squeezing" and row["state"] == "delivered"} == {1}
    assert states(world)["checklist"] == "delivered"  # its new moment was ahead


def test_a_canceled_test_stops_everything_and_is_told(world: World, maria: Phone) -> None:
    told(world, *ENROLL, *CONSENT)
    world.settle()
    maria.catches_up()
    told(world, "cancel", "1")
    world.settle()
    maria.hears("canceled").hears_nothing()
    world.forward(days=40)
    maria.hears_nothing()
    assert {state for step, state in states(world).items() if step not in ("welcome", "canceled")} == {"canceled"}


@on_sqlite
def test_who_has_heard_nothing_is_not_told_of_a_cancellation(world: World, maria: Phone) -> None:
    world.clock.set(datetime.fromisoformat("2026-11-02T22:00-05:00"))
    told(world, *ENROLL, *CONSENT)
    told(world, "cancel", "1")
    world.forward(days=30)
    maria.hears_nothing()


def test_done_starts_aftercare_three_hours_later(world: World, maria: Phone) -> None:
    told(world, *ENROLL, *CONSENT)
    world.until(datetime.fromisoformat("2026-11-20T15:10-05:00"))
    told(world, "done", "1")
    rows = newest(world)
    assert rows["aftercare"]["due_local"] == "2026-11-20T18:10:00-05:00"
    assert rows["test_done"]["state"] == "canceled"
    maria.catches_up()
    world.until(datetime.fromisoformat("2026-11-20T18:10-05:00"))
    maria.hears("bandage")


@on_sqlite
def test_late_aftercare_waits_for_nine_and_goes_with_day_one(world: World, maria: Phone) -> None:
    told(world, *ENROLL, *CONSENT)
    world.until(datetime.fromisoformat("2026-11-20T15:10-05:00"))
    world.clock.set(datetime.fromisoformat("2026-11-20T17:00-05:00"))
    told(world, "done", "1")
    rows = newest(world)
    assert rows["aftercare"]["due_local"] == "2026-11-21T09:00:00-05:00"
    maria.catches_up()
    world.until(datetime.fromisoformat("2026-11-21T12:00-05:00"))
    maria.hears("bandage").hears_nothing()


@on_sqlite
def test_not_done_stops_aftercare_and_opens_a_task(world: World, maria: Phone) -> None:
    told(world, *ENROLL, *CONSENT)
    world.until(datetime.fromisoformat("2026-11-20T15:10-05:00"))
    told(world, "not-done", "1")
    unchanged(world, "not-done", "1")
    assert "test_not_done" in world.tasks()
    maria.catches_up()
    world.forward(days=20)
    maria.hears_nothing()
    told(world, "reschedule", "1", "--procedure-at", "2027-01-15T14:00")  # rebooked on the same enrollment
    world.settle()
    maria.hears("Jan 15")


@on_sqlite
def test_a_test_that_is_done_is_not_moved(world: World) -> None:
    told(world, *ENROLL, *CONSENT)
    world.forward(days=18, hours=4)
    told(world, "done", "1")
    refusal(world, "reschedule", "1", "--procedure-at", "2027-01-15T14:00")


@on_sqlite
def test_an_opt_out_by_staff_holds_until_consent_is_recorded(world: World, maria: Phone) -> None:
    told(world, *ENROLL, *CONSENT)
    told(world, "opt-out", "1", "--by", "Sam, on the phone")
    told(world, "reschedule", "1", "--procedure-at", "2026-11-27T09:00")
    assert set(states(world).values()) == {"suppressed"}
    world.forward(days=5)
    maria.hears_nothing()
    told(world, "resume", "1", "--consent", "asked again by phone, to Sam")
    world.settle()
    maria.hears("Nov 27")


def test_planning_twice_changes_nothing(world: World) -> None:
    enrollment = world.enroll(datetime.fromisoformat(f"{TEST_AT}-05:00"))
    before = upcoming(world)
    with world.parts.db.write() as session:
        for _ in range(3):
            plan.bring_in_line(session, world.parts, enrollments.find(session, enrollment), world.clock.now(), "again")
    assert upcoming(world) == before


def test_of_two_schedulers_at_once_one_enrolls(world: World) -> None:
    def enroll(name: str) -> str:
        try:
            return str(world.enroll(datetime.fromisoformat(f"{TEST_AT}-05:00"), name=name))
        except enrollments.Refused as refused:
            return str(refused)

    with ThreadPoolExecutor(4) as pool:
        said = sorted(pool.map(enroll, ["Maria", "Rosa", "Eva", "Pia"]))
    assert said[0] == "1"
    assert all("enrollment 1" in refusal for refusal in said[1:])


def test_an_opt_out_at_the_moment_of_sending_is_never_overtaken(world: World) -> None:
    """Whichever comes first, nothing leaves for the carrier after the opt-out is committed."""
    world.enroll(datetime.fromisoformat(f"{TEST_AT}-05:00"))
    with ThreadPoolExecutor(2) as pool:
        tick = pool.submit(world.settle)
        answer = world.twilio.text(MARIA, "please stop texting me")
        tick.result()
    assert answer.status == 200
    assert len(world.twilio.posted) <= 1
    world.forward(days=30)
    assert len(world.twilio.posted) <= 1
    assert {state for step, state in states(world).items() if step != "welcome"} == {"suppressed"}


def test_enrolling_an_opted_out_phone_says_that_she_must_be_phoned(world: World, maria: Phone) -> None:
    told(world, *ENROLL, *CONSENT)
    world.settle()
    maria.texts("please stop texting me").hears("no more texts")
    told(world, "cancel", "1")
    enrolled = told(world, *ENROLL)
    assert (enrolled["phone_her"], enrolled["muted"]) == (True, "opted_out")
    assert world.tasks().count("phone_prep") == 1

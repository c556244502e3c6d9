"""When each text of the journey leaves: whole stories, in the patient's own time."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from flows.procedure import Late, load
from flows.timeline import EnrollmentFacts, Fate, PlannedMessage, next_allowed, plan, unreachable_prep

DUCTOGRAM = load("ductogram")


def facts(procedure: str, enrolled: str, zone: str = "America/New_York", **more: object) -> EnrollmentFacts:
    """An enrollment, its times given as the patient's clock shows them."""
    here = ZoneInfo(zone)
    enrolled_at = utc(enrolled, zone)
    given = {"changed_at": enrolled_at, **more}
    return EnrollmentFacts(utc(procedure, zone), here, here, enrolled_at, **given)  # type: ignore[arg-type]


def utc(local: str, zone: str = "America/New_York") -> datetime:
    return datetime.fromisoformat(local).replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)


def row(about: EnrollmentFacts, step: str, repeat: int = 0) -> PlannedMessage:
    return next(message for message in plan(DUCTOGRAM, about) if (message.step, message.repeat) == (step, repeat))


def leaves(about: EnrollmentFacts) -> list[str]:
    """What is sent, a line each: the patient's date and time, and the text."""
    return [f"{m.due_at.astimezone(about.zone):%m-%d %H:%M} {m.text}" for m in plan(DUCTOGRAM, about) if m.fate is Fate.SEND]


def kept_back(about: EnrollmentFacts) -> dict[str, str]:
    """What is not sent, and why: first askings only."""
    return {m.step: f"{m.fate} {m.reason}" for m in plan(DUCTOGRAM, about) if m.fate is not Fate.SEND and m.repeat == 0}


CHECK_INS = [
    "12-02 10:00 check_in_day_1",
    "12-02 14:00 check_in_day_1",
    "12-04 10:00 check_in_day_3",
    "12-04 14:00 check_in_day_3",
    "12-08 10:00 check_in_day_7",
    "12-08 14:00 check_in_day_7",
    "12-09 10:00 closing",
]


def test_the_whole_journey_when_enrolled_ten_days_ahead() -> None:
    story = facts("2026-12-01T14:00", "2026-11-21T12:30")
    assert leaves(story) == [
        "11-21 12:30 welcome",
        "11-24 10:00 no_squeezing",
        "11-26 10:00 ask_dye_allergy",
        "11-28 10:00 confirm_visit",
        "11-30 17:00 evening_before",
        "12-01 09:00 day_of",
        "12-01 16:00 ask_test_done",
        "12-01 18:00 aftercare_unconfirmed",
        *CHECK_INS,
    ]
    assert kept_back(story) == {}


@pytest.mark.parametrize(
    ("zone", "test", "step", "expected"),
    [
        ("America/New_York", "2026-11-02T14:00", "confirm", "2026-10-30T14:00"),  # still summer time
        ("America/New_York", "2026-11-02T14:00", "evening_before", "2026-11-01T22:00"),  # the night the clocks went back
        ("America/New_York", "2027-03-15T14:00", "confirm", "2027-03-12T15:00"),
        ("America/New_York", "2027-03-15T14:00", "evening_before", "2027-03-14T21:00"),
        ("America/Denver", "2026-11-02T14:00", "confirm", "2026-10-30T16:00"),
        ("America/Denver", "2026-11-02T14:00", "evening_before", "2026-11-02T00:00"),
        ("America/Denver", "2027-03-15T14:00", "evening_before", "2027-03-14T23:00"),
        ("America/Phoenix", "2026-11-02T14:00", "confirm", "2026-10-30T17:00"),  # no daylight saving
        ("America/Phoenix", "2026-11-02T14:00", "evening_before", "2026-11-02T00:00"),
        ("Pacific/Honolulu", "2026-11-02T14:00", "evening_before", "2026-11-02T03:00"),
        ("Pacific/Honolulu", "2027-03-15T14:00", "day_of", "2027-03-15T19:00"),
        ("Asia/Kathmandu", "2026-11-02T14:00", "evening_before", "2026-11-01T11:15"),
        ("Australia/Lord_Howe", "2026-10-05T14:00", "confirm", "2026-10-01T23:30"),  # +10:30, on the 4th half an hour forward
        ("Australia/Lord_Howe", "2026-10-05T14:00", "evening_before", "2026-10-04T06:00"),
        ("Pacific/Apia", "2026-11-02T14:00", "day_of", "2026-11-01T20:00"),
        ("America/Havana", "2027-03-15T14:00", "day_of", "2027-03-15T13:00"),  # skips midnight on the 14th
    ],
)
def test_wall_clock_times_hold_across_daylight_saving(zone: str, test: str, step: str, expected: str) -> None:
    story = facts(test, "2026-09-01T12:00", zone)
    assert row(story, step).due_at == datetime.fromisoformat(expected).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("moment", "zone", "expected"),
    [
        ("2026-11-24T08:59:59", "America/New_York", "2026-11-24T09:00"),
        ("2026-11-24T09:00", "America/New_York", "2026-11-24T09:00"),
        ("2026-11-24T19:59:59", "America/New_York", "2026-11-24T19:59:59"),
        ("2026-11-24T20:00", "America/New_York", "2026-11-25T09:00"),
        ("2026-10-31T22:00", "America/New_York", "2026-11-01T09:00"),  # an hour longer than other nights
        ("2026-11-01T01:30", "America/New_York", "2026-11-01T09:00"),  # comes twice
        ("2027-03-14T02:30", "America/New_York", "2027-03-14T09:00"),  # never comes
        ("2026-11-24T03:10", "Asia/Kathmandu", "2026-11-24T09:00"),
        ("2011-12-29T21:00", "Pacific/Apia", "2011-12-31T09:00"),  # Samoa left out the 30th
    ],
)
def test_the_next_time_that_planned_texts_may_leave(moment: str, zone: str, expected: str) -> None:
    allowed = next_allowed(utc(moment, zone), ZoneInfo(zone), DUCTOGRAM)
    assert allowed == utc(expected, zone)
    assert allowed.tzinfo is UTC


def test_a_morning_test_has_its_last_reminder_the_evening_before() -> None:
    story = facts("2026-12-01T10:59", "2026-11-21T12:30")
    assert leaves(story)[4:7] == ["11-30 17:00 evening_before", "11-30 18:00 day_of_tomorrow", "12-01 12:59 ask_test_done"]
    assert row(story, "day_of").not_after == utc("2026-11-30T20:00"), "its 'tomorrow' is wrong the next day"
    assert row(facts("2026-12-01T11:00", "2026-11-21T12:30"), "day_of").due_at == utc("2026-12-01T09:00")


def test_enrolled_on_the_morning_itself_hears_today_and_not_tomorrow() -> None:
    story = facts("2026-12-01T10:50", "2026-12-01T09:10")
    assert leaves(story)[:5] == [
        "12-01 09:10 welcome",
        "12-01 09:12 no_squeezing",
        "12-01 09:14 ask_dye_allergy",
        "12-01 09:16 evening_before",
        "12-01 09:18 day_of",
    ]


def test_enrolled_four_days_before_catches_up_two_a_day() -> None:
    story = facts("2026-12-01T14:00", "2026-11-27T15:00")
    assert leaves(story)[:6] == [
        "11-27 15:00 welcome",
        "11-27 15:02 no_squeezing",
        "11-28 09:00 ask_dye_allergy",
        "11-28 10:00 confirm_visit",
        "11-30 17:00 evening_before",
        "12-01 09:00 day_of",
    ]


def test_a_full_day_opens_again_48_hours_before_the_test() -> None:
    story = facts("2026-11-29T14:00", "2026-11-27T12:00")
    assert leaves(story)[:3] == ["11-27 12:00 welcome", "11-27 12:02 no_squeezing", "11-27 14:00 ask_dye_allergy"]


def test_enrolled_thirty_hours_before() -> None:
    story = facts("2026-12-01T15:00", "2026-11-30T09:00")
    assert leaves(story)[:5] == [
        "11-30 09:00 welcome",
        "11-30 09:02 no_squeezing",
        "11-30 09:04 ask_dye_allergy",
        "11-30 17:00 evening_before",
        "12-01 09:00 day_of",
    ]
    assert kept_back(story) == {"confirm": "expired folded"}
    assert row(story, "confirm").due_at == utc("2026-11-28T10:00")
    assert unreachable_prep(plan(DUCTOGRAM, story)) == ()


def test_enrolled_fourteen_hours_before_in_the_last_hour_of_sending() -> None:
    story = facts("2026-12-01T09:00", "2026-11-30T19:00")
    assert leaves(story)[:5] == [
        "11-30 19:00 welcome",
        "11-30 19:02 no_squeezing",
        "11-30 19:04 ask_dye_allergy",
        "11-30 19:06 evening_before",
        "11-30 19:08 day_of_tomorrow",
    ]


def test_enrolled_at_night_for_the_next_morning_a_person_must_phone() -> None:
    story = facts("2026-12-01T09:30", "2026-11-30T20:30")
    assert leaves(story)[:2] == ["12-01 09:00 welcome", "12-01 11:30 ask_test_done"]
    to_phone = [message.step for message in unreachable_prep(plan(DUCTOGRAM, story))]
    assert to_phone == ["no_squeezing", "checklist", "evening_before", "day_of"]
    assert row(story, "day_of").due_at == utc("2026-11-30T18:00"), "an expired text shows when it would have gone"


def test_enrolled_two_hours_before() -> None:
    story = facts("2026-12-01T14:00", "2026-12-01T12:00")
    assert leaves(story)[:5] == [
        "12-01 12:00 welcome",
        "12-01 12:02 no_squeezing",
        "12-01 12:04 ask_dye_allergy",
        "12-01 12:06 evening_before",
        "12-01 12:08 day_of",
    ]


def test_enrolled_in_the_last_hour_no_preparation_goes_out() -> None:
    story = facts("2026-12-01T14:00", "2026-12-01T12:57")
    assert leaves(story)[:3] == ["12-01 12:57 welcome", "12-01 12:59 no_squeezing", "12-01 16:00 ask_test_done"]
    assert kept_back(story)["evening_before"] == "expired too_late"


def test_moved_a_week_later_goes_again_only_where_its_new_moment_is_ahead() -> None:
    story = facts(
        "2026-12-03T14:00",
        "2026-11-10T12:00",
        changed_at=utc("2026-11-27T11:00"),
        date_version=2,
        sent=frozenset({"welcome", "no_squeezing", "checklist", "confirm"}),
    )
    assert kept_back(story) == {"welcome": "skipped already_sent", "no_squeezing": "skipped already_sent"}
    assert leaves(story)[:4] == [
        "11-28 10:00 ask_dye_allergy",
        "11-30 10:00 confirm_visit",
        "12-02 17:00 evening_before",
        "12-03 09:00 day_of",
    ]


def test_a_move_does_not_ask_answered_questions_again() -> None:
    moved = facts("2026-12-10T14:00", "2026-11-10T12:00", changed_at=utc("2026-11-27T11:00"), date_version=2, sent=frozenset({"checklist"}))
    half = replace(moved, answered={"dye_allergy": "1"})
    assert (row(half, "checklist").text, row(half, "checklist").asks) == ("ask_discharge_present", "discharge_present")
    whole = replace(moved, answered={"dye_allergy": "1", "discharge_present": "1", "medicine_list": "2"})
    assert kept_back(whole)["checklist"] == "skipped answered"


@pytest.mark.parametrize(
    ("moved_at", "expected"),
    [("2026-11-30T12:00", "11-30 12:00 confirm_visit"), ("2026-11-29T21:00", "11-30 09:00 confirm_visit"), ("2026-11-30T15:00", None)],
)
def test_a_move_to_tomorrow_asks_for_the_confirmation_anew_but_not_in_the_last_day(moved_at: str, expected: str | None) -> None:
    sent = frozenset({"welcome", "no_squeezing", "checklist", "confirm"})
    story = facts("2026-12-01T14:00", "2026-11-10T12:00", changed_at=utc(moved_at), date_version=2, sent=sent)
    assert [line for line in leaves(story) if "confirm_visit" in line] == ([expected] if expected else [])


def test_a_welcome_that_never_left_goes_after_a_move_and_one_that_left_does_not() -> None:
    story = facts("2026-12-10T14:00", "2026-11-26T21:00", changed_at=utc("2026-11-26T22:00"), date_version=2)
    assert leaves(story)[0] == "11-27 09:00 welcome"
    assert kept_back(replace(story, sent={"welcome"})) == {"welcome": "skipped already_sent"}


@pytest.mark.parametrize(
    ("done", "expected"),
    [
        ("2026-12-01T15:00", ["12-01 18:00 aftercare", *CHECK_INS]),
        ("2026-12-01T16:45", ["12-01 19:45 aftercare", *CHECK_INS]),
        ("2026-12-01T16:46", ["12-02 09:00 aftercare_day_1", "12-02 13:00 check_in_day_1", *CHECK_INS[2:]]),
        ("2026-12-01T18:00", ["12-02 09:00 aftercare_day_1", "12-02 13:00 check_in_day_1", *CHECK_INS[2:]]),
    ],
)
def test_aftercare_three_hours_after_done_or_with_the_next_mornings_check_in(done: str, expected: list[str]) -> None:
    story = facts("2026-12-01T14:30", "2026-11-21T12:30", test="done", done_at=utc(done))
    assert [line for line in leaves(story) if "welcome" not in line] == expected
    assert kept_back(story)["day_of"] == kept_back(story)["test_done"] == "skipped done"


def test_joined_aftercare_carries_the_question_of_the_check_in() -> None:
    story = facts("2026-12-01T17:00", "2026-11-21T12:30", test="done", done_at=utc("2026-12-01T18:00"))
    assert row(story, "aftercare").asks == "check_in"
    assert kept_back(story)["check_in_day_1"] == "skipped folded"
    assert row(story, "check_in_day_1", 1).silent_task == "check_in_silent"
    answered = row(replace(story, answered={"aftercare_day_1": "1"}), "check_in_day_1", 1)
    assert (answered.fate, answered.reason) == (Fate.SKIPPED, "answered")


def test_a_test_in_the_evening_done_at_nine_is_followed_up_in_the_morning() -> None:
    story = facts("2026-12-01T19:00", "2026-11-21T12:30", test="done", done_at=utc("2026-12-01T21:00"))
    assert leaves(story)[1:3] == ["12-02 09:00 aftercare_day_1", "12-02 13:00 check_in_day_1"]


def test_a_mark_after_unconfirmed_aftercare_has_left_moves_nothing() -> None:
    """Else the check-in would be folded into an aftercare text that went without its question."""
    unmarked = facts("2026-12-01T14:00", "2026-11-21T12:30")
    for done in ("2026-12-01T18:00", "2026-12-01T21:00", "2026-12-02T08:00", "2026-12-02T15:00"):
        marked = replace(unmarked, test="done", done_at=utc(done))
        assert [line for line in leaves(marked) if "welcome" not in line] == ["12-01 18:00 aftercare", *CHECK_INS]


def test_an_evening_test_is_asked_about_in_the_morning_and_aftercare_comes_after_the_answer() -> None:
    story = facts("2026-12-01T18:30", "2026-11-21T12:30")
    assert leaves(story)[6:9] == ["12-02 09:00 ask_test_done", "12-02 11:00 aftercare_day_1", "12-02 15:00 check_in_day_1"]
    answered = replace(story, test="done", done_at=utc("2026-12-02T09:10"))
    assert leaves(answered)[1:3] == ["12-02 09:10 aftercare_day_1", "12-02 13:10 check_in_day_1"]
    marked_at_noon = replace(story, test="done", done_at=utc("2026-12-02T12:00"))
    assert leaves(marked_at_noon)[1:3] == ["12-02 11:00 aftercare_day_1", "12-02 15:00 check_in_day_1"]


def test_aftercare_after_midnight_waits_for_the_morning_and_is_joined() -> None:
    story = facts("2026-12-01T19:00", "2026-11-21T12:30", test="done", done_at=utc("2026-12-01T22:30"))
    assert leaves(story)[1] == "12-02 09:00 aftercare_day_1"


def test_not_done_stops_everything() -> None:
    story = facts("2026-12-01T14:00", "2026-11-21T12:30", test="not_done")
    assert leaves(story) == []
    assert set(kept_back(story).values()) == {"skipped not_done"}


def test_canceled_stops_everything_whatever_else_is_known() -> None:
    story = facts("2026-12-01T14:00", "2026-11-21T12:30", test="done", done_at=utc("2026-12-01T15:00"), canceled=True)
    assert {(m.fate, m.reason) for m in plan(DUCTOGRAM, story)} == {(Fate.SKIPPED, "canceled")}
    assert unreachable_prep(plan(DUCTOGRAM, story)) == ()


def test_an_answer_spares_the_repeat_and_a_fine_last_check_in_the_closing_words() -> None:
    done = facts("2026-12-01T14:00", "2026-11-21T12:30", test="done", done_at=utc("2026-12-01T15:00"))
    problem = replace(done, answered={"check_in_day_1": "1", "check_in_day_7": "2"})
    assert [line for line in leaves(problem) if "14:00" in line] == ["12-04 14:00 check_in_day_3"]
    assert leaves(problem)[-1] == "12-09 10:00 closing"
    assert kept_back(replace(problem, answered={"check_in_day_7": "1"}))["closing"] == "skipped answered"


def test_silence_counts_from_the_last_asking() -> None:
    story = facts("2026-12-01T14:00", "2026-11-21T12:30")
    asked, again, checklist = row(story, "check_in_day_3"), row(story, "check_in_day_3", 1), row(story, "checklist")
    assert asked.silent_after is None
    assert (again.silent_after, again.silent_task) == (timedelta(hours=4), "check_in_silent")
    assert (checklist.silent_after, checklist.silent_task) == (timedelta(hours=24), "checklist_silent")


def test_silence_about_the_preparation_is_noticed_before_the_test() -> None:
    the_day_before = facts("2026-12-01T14:00", "2026-11-30T15:00")
    checklist = row(the_day_before, "checklist")
    assert checklist.silent_after is not None
    assert checklist.due_at + checklist.silent_after == utc("2026-12-01T13:00")
    at_the_last = row(facts("2026-12-01T14:00", "2026-12-01T12:40"), "checklist")
    assert at_the_last.fate is Fate.SEND
    assert at_the_last.silent_after == timedelta(minutes=30)


def test_where_the_repeat_comes_too_late_silence_counts_from_the_first_asking() -> None:
    done = facts("2026-12-01T14:00", "2026-11-21T12:30", test="done", done_at=utc("2026-12-01T15:00"))
    story = replace(done, changed_at=utc("2026-12-05T09:30"), sent={"welcome", "aftercare", "check_in_day_1"})
    assert leaves(story)[0] == "12-05 09:30 check_in_day_3"
    assert kept_back(story)["check_in_day_1"] == "skipped already_sent"
    assert row(story, "check_in_day_3", 1).fate is Fate.EXPIRED
    assert row(story, "check_in_day_3").silent_task == "check_in_silent"


def test_resumed_on_the_day_after_hears_what_still_makes_sense() -> None:
    resumed = facts("2026-12-01T14:00", "2026-11-21T12:30", changed_at=utc("2026-12-02T16:00"), sent=frozenset({"welcome"}))
    assert leaves(resumed)[:2] == ["12-02 16:00 ask_test_done", "12-02 18:00 aftercare_day_1"]
    assert row(resumed, "check_in_day_1", 1).due_at == utc("2026-12-03T09:00"), "22:00 is too late in the evening"


def test_aftercare_too_late_for_the_check_in_goes_without_its_question() -> None:
    resumed = facts("2026-12-01T14:00", "2026-11-21T12:30", changed_at=utc("2026-12-03T16:00"), sent={"welcome"})
    assert leaves(resumed)[0] == "12-03 16:00 aftercare_unconfirmed"
    assert row(resumed, "aftercare").asks is None
    assert kept_back(resumed)["check_in_day_1"] == "expired too_late"


def test_an_answer_does_not_pull_other_texts_onto_a_full_day() -> None:
    moved = facts("2026-12-04T14:00", "2026-11-10T12:00", changed_at=utc("2026-12-01T10:30"), date_version=2)
    expected = ["12-01 10:30 welcome", "12-01 10:32 no_squeezing", "12-02 09:00 ask_dye_allergy", "12-02 09:02 confirm_visit"]
    assert leaves(moved)[:4] == expected
    answered = replace(moved, sent={"welcome"}, answered={"dye_allergy": "1", "discharge_present": "1", "medicine_list": "1"})
    assert leaves(answered)[:2] == ["12-01 10:30 no_squeezing", "12-02 09:00 confirm_visit"], "the checklist had the second place"


def test_the_day_is_the_patients_and_not_the_sites() -> None:
    honolulu = ZoneInfo("Pacific/Honolulu")
    story = facts("2026-12-01T08:00", "2026-11-21T12:30")  # 3:00 in the morning where she is
    there = replace(story, zone=honolulu)
    assert leaves(there)[4:7] == ["11-30 17:00 evening_before", "11-30 18:00 day_of_tomorrow", "12-01 09:00 ask_test_done"]


def test_a_late_step_that_may_be_skipped_is_not_lost_from_the_plan() -> None:
    confirm = next(step for step in DUCTOGRAM.steps if step.key == "confirm")
    assert confirm.late is Late.SKIP
    late = row(facts("2026-12-01T14:00", "2026-11-30T12:00"), "confirm")
    assert (late.fate, late.reason, late.due_at.date()) == (Fate.EXPIRED, "folded", date(2026, 11, 28))

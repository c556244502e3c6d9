"""What a turn leaves behind: the place and how it is saved, the limits of lateness, numbers that are not enrolled."""

from datetime import UTC, datetime, timedelta

import pytest

from flows import conversation
from flows.effects import Place
from flows.understanding.reading import Intent, Kind, Reading, Topic, Urgency
from tests.support.conversation import (
    AFTERCARE,
    BACK,
    CHECKLIST,
    CONFIRM,
    DAY_1,
    DAY_OF,
    DONE,
    FEVER,
    HUH,
    NO,
    PREP,
    PROCEDURE,
    START,
    STOP,
    TEST_DONE,
    YES,
    Later,
    Stage,
    describe,
    digit,
    does,
    play,
    question,
    reload,
    sign,
)


def test_where_answers_are_kept() -> None:
    place, _ = play(PREP, [CHECKLIST, YES, YES, NO, CONFIRM, YES, Stage("day_of"), TEST_DONE, DONE, DAY_1, NO])
    expected = {
        "dye_allergy": "2",
        "discharge_present": "1",
        "medicine_list": "2",
        "confirm_visit": "1",
        "test_done": "1",
        "check_in_day_1": "1",
    }
    assert place.answers == expected
    assert (place.stage, place.awaiting, place.last_answered) == ("aftercare", "none", "check_in_day_1")


def test_an_opt_out_and_its_end_are_in_the_place() -> None:
    assert play(PREP, [STOP])[0].opted_out
    assert not play(PREP, [STOP, BACK])[0].opted_out


def test_a_question_that_was_not_said_is_not_open() -> None:
    place, heard = play(PREP, [CHECKLIST, STOP, YES])
    assert heard[-1] == ["+dye_allergy"]
    assert (place.awaiting, place.asked, place.answers) == ("none", "ask_dye_allergy", {"dye_allergy": "2"})
    place, heard = play(PREP, [CHECKLIST, STOP, Later(13), NO])
    assert heard[-1] == []
    assert (place.awaiting, place.answers) == ("dye_allergy", {})
    assert place.asked_at < START + timedelta(hours=1)  # not asked again: nothing may be said


def test_a_turn_in_the_very_moment_of_the_question() -> None:
    place = conversation.asked(PREP, "ask_dye_allergy", "dye_allergy", PROCEDURE, START)
    turn = conversation.step(place, question(Topic.CLOTHING), PROCEDURE, START)
    assert [describe(effect) for effect in turn.effects] == ["faq_clothing", "ask_dye_allergy"]
    muted = conversation.step(conversation.step(place, STOP, PROCEDURE, START).place, YES, PROCEDURE, START)
    assert muted.place.awaiting == "none"


def test_what_brings_an_answer_is_what_the_nurse_is_told() -> None:
    place = conversation.asked(AFTERCARE, "check_in_day_1", "check_in", PROCEDURE, START)
    turn = conversation.step(place, sign(Urgency.URGENT, Kind.HEAT, Kind.FEVER, number=2), PROCEDURE, START)
    escalations = [effect for effect in turn.effects if type(effect).__name__ == "Escalate"]
    assert [(page.urgency, page.kinds, page.why) for page in escalations] == [(Urgency.URGENT, (Kind.HEAT, Kind.FEVER), ("a sign",))]


def test_a_staff_mark_ends_the_question_whether_the_test_is_done() -> None:
    place = conversation.test_was_done(conversation.asked(DAY_OF, "ask_test_done", "test_done", PROCEDURE, START))
    assert (place.stage, place.awaiting, place.answers) == ("aftercare", "none", {"test_done": "1"})
    assert conversation.test_was_done(Place(stage="done")).stage == "done"


def test_the_check_in_of_a_test_that_was_moved_is_heard_but_not_kept() -> None:
    for stage in ("prep", "day_of"):
        place, heard = play(AFTERCARE, [DAY_1, Stage(stage), NO])
        assert heard == [["check_in_fine", "Replan"]]
        assert (place.awaiting, place.answers) == ("none", {})


@pytest.mark.parametrize(
    ("awaiting", "stage", "read_in"), [("check_in", "day_of", "aftercare"), ("none", "done", "done"), ("dye_allergy", "prep", "prep")]
)
def test_an_open_question_tells_the_stage_to_read_in(awaiting: str, stage: str, read_in: str) -> None:
    assert conversation.stage_of(Place(stage=stage, awaiting=awaiting)) == read_in


@pytest.mark.parametrize(
    ("reading", "effects"),
    [
        (HUH, ["stranger"]),
        (question(Topic.FOOD_DRINK), ["stranger"]),
        (sign(Urgency.EMERGENCY, Kind.BREATHING), ["emergency!", "+stranger_sign"]),
        (sign(Urgency.EMERGENCY, Kind.SELF_HARM), ["crisis!", "+stranger_sign"]),
        (FEVER, ["stranger_urgent!", "+stranger_sign"]),
        (sign(Urgency.REVIEW, Kind.PAIN), ["+stranger_sign", "stranger"]),
        (STOP, ["StopMessages asked", "opted_out"]),
        (sign(Urgency.URGENT, Kind.FEVER, also=frozenset({Intent.OPT_OUT})), ["stranger_urgent!", "+stranger_sign", "StopMessages asked"]),
        (does(Intent.WRONG_NUMBER), ["StopMessages wrong_number", "wrong_number"]),
        (BACK, ["ResumeMessages", "stranger"]),
    ],
)
def test_a_number_that_is_not_enrolled(reading: Reading, effects: list[str]) -> None:
    assert [describe(effect) for effect in conversation.stranger(reading, "es").effects] == effects


def test_a_saved_place_comes_back_the_same() -> None:
    asked_at = datetime(2026, 12, 1, 9, 30, 5, 250, tzinfo=UTC)
    place = Place("aftercare", "es", "check_in", "check_in_day_3", asked_at, {"dye_allergy": "3"}, "dye_allergy", 1, 2, True)
    assert reload(place) == place
    assert reload(place).asked_at == asked_at
    assert conversation.from_json({**conversation.to_json(place), "added_later": [1]}) == place
    assert conversation.from_json({"stage": "done"}) == Place(stage="done")


@pytest.mark.parametrize("moment", ["yesterday", 7])
def test_a_saved_moment_must_be_one(moment: object) -> None:
    with pytest.raises((TypeError, ValueError)):
        conversation.from_json({"asked_at": moment})


def test_twelve_hours_are_not_yet_too_late() -> None:
    place = conversation.asked(PREP, "confirm_visit", "confirm_visit", PROCEDURE, START)
    limit = START + PROCEDURE.answer_goes_stale_after
    assert conversation.step(place, digit(1), PROCEDURE, limit).place.answers == {"confirm_visit": "1"}
    late = conversation.step(place, digit(1), PROCEDURE, limit + timedelta(seconds=1)).place
    assert (late.answers, late.awaiting, late.asked_at) == ({}, "confirm_visit", limit + timedelta(seconds=1))

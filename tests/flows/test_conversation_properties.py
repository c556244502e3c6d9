"""What holds for every text in every place, however odd."""

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from flows import conversation
from flows.effects import AddTask, Escalate, Place, Say, Step
from flows.understanding.reading import Awaiting, Intent, Kind, Reading, Stage, Topic, Urgency
from tests.support.conversation import PROCEDURE, START, reload

PLANNED = {step.text for step in PROCEDURE.steps}
CHECK_INS = [step.text for step in PROCEDURE.steps if step.asks == "check_in"]
JOINED = [step.joined_text for step in PROCEDURE.steps if step.joined_text]
DANGER = {"emergency", "urgent", "crisis", "stranger_urgent"}

intents = st.sampled_from(Intent)
readings = st.builds(
    Reading,
    urgency=st.sampled_from(Urgency),
    kinds=st.lists(st.sampled_from(Kind), unique=True, max_size=2).map(tuple),
    intent=intents,
    also=st.frozensets(intents, max_size=2),
    topics=st.lists(st.sampled_from(Topic), unique=True, max_size=3).map(tuple),
    number=st.sampled_from([None, None, 1, 2, 3, 0, 7, 100]),
    language=st.sampled_from([None, "en", "es", "fr"]),
    corrects=st.booleans(),
    bare_keyword=st.sampled_from([None, None, None, "stop", "cancel", "start", "help"]),
    why=st.sampled_from([(), ("picture",), ("fever",)]),
)
places = st.builds(
    Place,
    stage=st.sampled_from([stage.value for stage in Stage]),
    language=st.sampled_from(["en", "es"]),
    awaiting=st.sampled_from([question.value for question in Awaiting]),
    asked=st.sampled_from(["", "ask_dye_allergy", *CHECK_INS, *JOINED]),
    asked_at=st.none() | st.integers(0, 30).map(lambda hours: START - timedelta(hours=hours)),
    answers=st.dictionaries(
        st.sampled_from(["dye_allergy", "discharge_present", "medicine_list", *CHECK_INS]), st.sampled_from("123"), max_size=3
    ),
    last_answered=st.sampled_from(["", "dye_allergy", "medicine_list", "confirm_visit", "test_done", "red_flags", *CHECK_INS]),
    unclear=st.integers(0, 3),
    leaks=st.integers(0, 2),
    opted_out=st.booleans(),
)


def take(place: Place, reading: Reading) -> Step:
    return conversation.step(reload(place), reading, PROCEDURE, START)


def said(turn: Step) -> list[Say]:
    return [effect for effect in turn.effects if isinstance(effect, Say)]


def tasks(turn: Step) -> list[str]:
    return [effect.kind for effect in turn.effects if isinstance(effect, AddTask)]


@given(places, readings)
def test_danger_is_answered_and_escalated_in_every_place(place: Place, reading: Reading) -> None:
    turn = take(place, reading)
    expected = (
        "crisis" if Kind.SELF_HARM in reading.kinds else {Urgency.EMERGENCY: "emergency", Urgency.URGENT: "urgent"}.get(reading.urgency)
    )
    if expected is None:
        return
    words, pages = said(turn), [effect for effect in turn.effects if isinstance(effect, Escalate)]
    assert words[0].danger
    assert words[0].text == expected or (expected, words[0].text) == ("urgent", "emergency")  # "2, fever" to the red flags
    assert len(pages) == 1
    assert pages[0].urgency >= reading.urgency
    assert set(reading.kinds) <= set(pages[0].kinds)
    assert {say.text for say in words if not say.danger} <= {"red_flags"}


@given(places, readings)
def test_a_sign_for_a_person_reaches_one(place: Place, reading: Reading) -> None:
    turn = take(place, reading)
    if reading.urgency is Urgency.REVIEW:
        escalated = any(isinstance(effect, Escalate) for effect in turn.effects)
        assert escalated or {PROCEDURE.tasks[kind].role for kind in tasks(turn)} >= {"nurse"}


@given(places, readings)
def test_nobody_who_opted_out_hears_more_than_a_danger_answer(place: Place, reading: Reading) -> None:
    turn = take(place, reading)
    if place.opted_out and reading.bare_keyword not in {"start", "unstop"}:
        assert all(say.danger for say in said(turn))
        assert turn.place.opted_out


@given(places, readings)
def test_an_opt_out_is_heard_beside_anything(place: Place, reading: Reading) -> None:
    if reading.does(Intent.OPT_OUT) or reading.does(Intent.WRONG_NUMBER):
        turn = take(place, reading)
        lifted = reading.bare_keyword == "start"
        assert turn.place.opted_out or lifted
        assert all(say.danger or say.text in {"opted_out", "wrong_number"} for say in said(turn)) or lifted


@given(places, readings)
def test_nobody_else_meets_silence(place: Place, reading: Reading) -> None:
    if not place.opted_out:
        assert said(take(place, reading))


@given(places, readings)
def test_a_sign_is_never_taken_for_a_fine(place: Place, reading: Reading) -> None:
    turn = take(place, reading)
    if reading.urgency is not Urgency.NONE:
        fresh = {key for key, number in turn.place.answers.items() if number == "1" and place.answers.get(key) != "1"}
        assert not fresh & {*CHECK_INS, *JOINED, "red_flags"}


@given(st.lists(st.tuples(readings, st.integers(0, 30)), max_size=8), places)
def test_any_conversation_stays_whole(turns: list[tuple[Reading, int]], place: Place) -> None:
    now = START
    for reading, hours in turns:
        now += timedelta(hours=hours)
        turn = conversation.step(reload(place), reading, PROCEDURE, now)
        place = turn.place
        assert {say.text for say in said(turn)} <= conversation.TEXTS_USED | PLANNED
        assert all(say.danger == (say.text in DANGER) for say in said(turn))
        assert set(tasks(turn)) <= PROCEDURE.tasks.keys()
        assert len(set(turn.effects)) == len(turn.effects)
        assert place.awaiting == "none" or place.asked in PROCEDURE.texts["en"]
        assert set(place.answers.values()) <= {"1", "2", "3"}
        assert place.stage in set(Stage)
        assert reload(place) == place


@given(readings, st.sampled_from(["en", "es"]))
def test_a_stranger_is_answered_and_never_escalated(reading: Reading, language: str) -> None:
    turn = conversation.stranger(reading, language)
    assert said(turn)
    assert set(tasks(turn)) <= {"stranger_sign"}
    assert not any(isinstance(effect, Escalate) for effect in turn.effects)
    assert {say.text for say in said(turn)} <= {"stranger", "opted_out", "wrong_number", *DANGER}
    if reading.urgency is not Urgency.NONE or Kind.SELF_HARM in reading.kinds:
        assert tasks(turn) == ["stranger_sign"]


def test_every_text_it_can_say_exists_in_every_language() -> None:
    assert all(texts.keys() >= conversation.TEXTS_USED for texts in PROCEDURE.texts.values())

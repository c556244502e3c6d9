"""Whole conversations as tables: what was read from each text beside what should happen, in short words."""

import json
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from flows import conversation
from flows.effects import AddTask, Effect, Escalate, Place, Say, SetLanguage, StopMessages
from flows.procedure import load
from flows.understanding.read import read
from flows.understanding.reading import Awaiting, Context, Intent, Kind, Reading, Topic, Urgency

PROCEDURE = load("ductogram")
START = datetime(2026, 12, 1, 15, tzinfo=UTC)
TURN_TAKES = timedelta(minutes=5)

YES, NO, DONE = (Reading(intent=intent) for intent in (Intent.ANSWER_YES, Intent.ANSWER_NO, Intent.ANSWER_DONE))
STOP = Reading(intent=Intent.OPT_OUT, bare_keyword="stop")
BACK = Reading(intent=Intent.OPT_IN, bare_keyword="start")
HUH = Reading()


def digit(number: int, **more: object) -> Reading:
    """A bare 1, 2 or 3."""
    return replace(Reading(intent=Intent.ANSWER_NUMBER, number=number, why=(str(number),)), **more)


def sign(urgency: Urgency, *kinds: Kind, **more: object) -> Reading:
    """Free text with a warning sign in it."""
    return replace(Reading(urgency, kinds, Intent.SYMPTOM_REPORT, why=("a sign",)), **more)


def does(intent: Intent, *also: Intent, **more: object) -> Reading:
    """Text that does one thing or several."""
    return replace(Reading(intent=intent, also=frozenset(also)), **more)


def question(*topics: Topic) -> Reading:
    """A question of hers."""
    return Reading(intent=Intent.FAQ, topics=topics)


@dataclass(frozen=True)
class Sent:
    """A planned text with a question leaves."""

    text: str
    asks: str


@dataclass(frozen=True)
class Later:
    """Nothing happens for a while."""

    hours: float


@dataclass(frozen=True)
class Stage:
    """The calendar, or staff, moves the stage."""

    stage: str


PREP, DAY_OF, AFTERCARE = Place(), Place(stage="day_of"), Place(stage="aftercare")
CHECKLIST = Sent("ask_dye_allergy", "dye_allergy")
CONFIRM = Sent("confirm_visit", "confirm_visit")
TEST_DONE = Sent("ask_test_done", "test_done")
DAY_1, DAY_7 = Sent("check_in_day_1", "check_in"), Sent("check_in_day_7", "check_in")
FEVER = sign(Urgency.URGENT, Kind.FEVER)

Event = str | Reading | Sent | Later | Stage


def describe(effect: Effect) -> str:
    """One effect in short: a text by its key (`!` after a danger answer), a task as `+kind`, the rest by name."""
    match effect:
        case Say(text, danger):
            return f"{text}!" if danger else text
        case AddTask(kind):
            return f"+{kind}"
        case Escalate(urgency, kinds):
            return " ".join(("page", urgency.word, *kinds))
        case StopMessages(reason):
            return f"StopMessages {reason}"
        case SetLanguage(language):
            return f"SetLanguage {language}"
        case _:
            return type(effect).__name__


def reload(place: Place) -> Place:
    """The place as the next process finds it."""
    return conversation.from_json(json.loads(json.dumps(conversation.to_json(place))))


def play(place: Place, events: Iterable[Event]) -> tuple[Place, list[list[str]]]:
    """Play readings or real texts, saved and reloaded between any two turns: where she ends, and what each text brought about."""
    now, heard = START, []
    for event in events:
        place, now = reload(place), now + TURN_TAKES
        match event:
            case str() | Reading():
                turn = conversation.step(place, understood(event, place), PROCEDURE, now)
                place = turn.place
                heard.append([describe(effect) for effect in turn.effects])
            case Sent(text, asks):
                place = conversation.asked(place, text, asks, PROCEDURE, now)
            case Later(hours):
                now += timedelta(hours=hours)
            case Stage(stage):
                place = replace(place, stage=stage)
    return place, heard


def understood(text: str | Reading, place: Place) -> Reading:
    """A real text as it is read where she is; a reading made by hand as it is."""
    if isinstance(text, Reading):
        return text
    return read(text, Context(place.language, conversation.stage_of(place), Awaiting(place.awaiting)))

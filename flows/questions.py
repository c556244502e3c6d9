"""What a question is, which one is open, and what a digit or a word means to it."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from flows.effects import Effect, Place, Say, Step
from flows.understanding.reading import Awaiting, Intent, Reading, Urgency

FINE, PROBLEM, NOT_SURE = "1", "2", "3"  # one meaning for digits everywhere; PROBLEM: the team needs to know


@dataclass(frozen=True, slots=True)
class Question:
    """One question of the journey.

    `text` asks it; None where a planned text of the procedure does. `yes` is the digit that a yes stands for (a no is
    the other one), `done` the one for "it's done". `causes` is what each digit brings about, `alarms` how urgent a
    digit is by itself. `before_test` closes it once the test is over.
    """

    text: str | None
    yes: str
    causes: Mapping[str, tuple[Effect, ...]]
    done: str | None = None
    alarms: Mapping[str, Urgency] = field(default_factory=dict)
    before_test: bool = False

    def number(self, reading: Reading) -> str | None:
        """The digit that a text answers with: written as one, or in words."""
        if reading.number is not None:
            return str(reading.number) if str(reading.number) in self.causes else None
        words = {
            Intent.ANSWER_YES: self.yes,
            Intent.ANSWER_NO: PROBLEM if self.yes == FINE else FINE,
            Intent.ANSWER_DONE: self.done,
        }
        said = [digit for intent, digit in words.items() if intent in reading.also]
        return words.get(reading.intent) or next(iter(said), None)


def open_key(place: Place) -> str:
    """Under which word the answer to the open question is kept: its own, for a check-in the key of the text that asked."""
    return place.asked if place.awaiting == Awaiting.CHECK_IN else place.awaiting


def ask(place: Place, question: str, text: str, now: datetime) -> Step:
    """Ask a question (again): from now on it is the open one."""
    return Step(opened(place, question, text, now), (Say(text),))


def opened(place: Place, question: str, text: str, now: datetime) -> Place:
    """The place with this question open, asked by this text."""
    return replace(place, awaiting=question, asked=text, asked_at=now)


def closed(place: Place) -> Place:
    """The place with no question open. What was asked last, and when, stays known: a change of mind may follow."""
    return place if place.awaiting == Awaiting.NONE else replace(place, awaiting=Awaiting.NONE.value)


def recorded(place: Place, key: str, number: str) -> Place:
    """The place with an answer kept; the open question is closed if this answers it."""
    answered = replace(place, answers={**place.answers, key: number}, last_answered=key)
    return closed(answered) if key == open_key(place) else answered

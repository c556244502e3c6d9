"""Questions that a patient asks: approved words where there are some, else a person answers."""

from collections.abc import Sequence

from flows.effects import AddTask, Effect, Say
from flows.understanding.reading import Topic

MOST_ANSWERS = 2  # in one turn: more would bury what she asked
NO_APPROVED_ANSWER = frozenset({Topic.COST, Topic.DRIVING, Topic.BREASTFEEDING, Topic.OTHER})
ANSWERS = {topic: f"faq_{topic}" for topic in Topic if topic not in NO_APPROVED_ANSWER}
PASSED_ON: tuple[Effect, ...] = (Say("no_answer"), AddTask("question"))


def answer(topics: Sequence[Topic], *, after_test: bool) -> tuple[Effect, ...]:
    """Answer at most two of the questions with approved words; pass the others on to a person.

    Pain after the test is never answered as normal: a nurse reads it today.
    """
    if after_test:  # what is said of medicines is about the day of the test
        topics = [Topic.OTHER if topic is Topic.MEDICATION else topic for topic in topics]
    if after_test and Topic.PAIN in topics:
        others = [topic for topic in topics if topic is not Topic.PAIN]
        return (Say("same_day"), AddTask("review"), *(answer(others, after_test=True) if others else ()))
    known = [Say(ANSWERS[topic]) for topic in topics if topic in ANSWERS]
    if not known or len(known) < len(topics):
        return (*known[:MOST_ANSWERS], *PASSED_ON)
    if len(known) > MOST_ANSWERS:
        return (*known[:MOST_ANSWERS], AddTask("question"))
    return tuple(known)

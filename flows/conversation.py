"""One turn of the conversation: where she is and what her text means -> where she is now and what should happen.

The path of a turn: danger first, then an opt-out, then whatever else the text does, then back to the open question.
"""

from collections.abc import Mapping
from dataclasses import fields, replace
from datetime import UTC, datetime
from itertools import chain
from typing import Any

from flows import check_in, checklist, faq
from flows.effects import (
    AddTask,
    Effect,
    Escalate,
    MarkDone,
    MarkNotDone,
    Place,
    ResumeMessages,
    Say,
    SetLanguage,
    Step,
    StopMessages,
)
from flows.hearing import QUESTIONS, VISIT_WISHES, Answer, Heard, hear, is_stale, stage_of
from flows.procedure import Procedure
from flows.questions import FINE, PROBLEM, ask, closed, open_key, opened, recorded
from flows.understanding.reading import Awaiting, Intent, Kind, Reading, Stage, Topic, Urgency

__all__ = ["TEXTS_USED", "asked", "from_json", "stage_of", "step", "stranger", "test_was_done", "to_json"]

SAVED = tuple(field.name for field in fields(Place))

EMERGENCY, URGENT, CRISIS = (Say(text, danger=True) for text in ("emergency", "urgent", "crisis"))
EMERGENCY_BESIDE_CRISIS = frozenset({Kind.BLEEDING, Kind.BREATHING, Kind.FAINTING})
STRANGER, STRANGER_URGENT = Say("stranger"), Say("stranger_urgent", danger=True)

START_WORDS = frozenset({"start", "unstop"})  # nothing softer lifts an opt-out
WORDS_FOR_A_VISIT = frozenset({"cancel", "end", "quit"})  # they end the texts, but she may have meant the visit

Effects = tuple[Effect, ...]
REVIEW: Effects = (Say("same_day"), AddTask("review"))
PICTURE: Effects = (Say("photo"), AddTask("photo"))
CALL_HER: Effects = (Say("human"), AddTask("call_patient"))
OPTED_OUT, OPTED_IN, WRONG_NUMBER = Say("opted_out"), Say("opted_in"), Say("wrong_number")
ASKED_AGAIN, ANSWER_CHANGED, THANKS, LANGUAGE_CHANGED = Say("asked_again"), Say("answer_changed"), Say("thanks"), Say("language_changed")
UNCLEAR, UNCLEAR_QUESTION, LEAK = Say("unclear"), Say("unclear_question"), Say("leak")
UNCLEAR_AGAIN: Effects = (Say("unclear_passed"), AddTask("unclear"))
DYE_AFTER_TEST: Effects = (Say("same_day"), AddTask("dye_allergy"))
WISHES: dict[Intent, Effects] = {
    Intent.RESCHEDULE: (Say("change_visit"), AddTask("reschedule")),
    Intent.CANCEL_PROCEDURE: (Say("change_visit"), AddTask("cancel_visit")),
    Intent.HUMAN_PLEASE: CALL_HER,
    Intent.NOT_PATIENT: (Say("carer"),),
}
SMALL_TALK = {Intent.HELP: Say("help"), Intent.THANKS: THANKS, Intent.GREETING: Say("hello"), Intent.SYMPTOM_REPORT: THANKS}
LEAVING = (Intent.OPT_OUT, Intent.WRONG_NUMBER)
# After these the open question is asked again; after the others a person is on the way, or she is not the patient.
RETURNING = (Intent.FAQ, Intent.LANGUAGE_SWITCH, Intent.OPT_IN, Intent.ALLERGY_DISCLOSURE, Intent.PREP_PROBLEM, *SMALL_TALK)

_SPOKEN = chain(
    (EMERGENCY, URGENT, CRISIS, STRANGER, STRANGER_URGENT, OPTED_OUT, OPTED_IN, WRONG_NUMBER, UNCLEAR, UNCLEAR_QUESTION, LEAK),
    (ASKED_AGAIN, ANSWER_CHANGED, LANGUAGE_CHANGED, checklist.ALL_ANSWERED, *SMALL_TALK.values()),
    (*REVIEW, *PICTURE, *UNCLEAR_AGAIN, *checklist.PREP_PROBLEM, *DYE_AFTER_TEST, *faq.PASSED_ON, *check_in.LAST_FINE),
    chain.from_iterable(WISHES.values()),
    chain.from_iterable(effects for question in QUESTIONS.values() for effects in question.causes.values()),
)
TEXTS_USED: frozenset[str] = frozenset(
    {effect.text for effect in _SPOKEN if isinstance(effect, Say)}
    | {question.text for question in QUESTIONS.values() if question.text}
    | set(faq.ANSWERS.values())
)
"""Every text that the conversation can say. A check-in is repeated in the words of the procedure's own step."""


def step(place: Place, reading: Reading, procedure: Procedure, now: datetime) -> Step:
    """Take one turn. Danger first; what else the text does is done as well, though after a danger answer in silence.

    `now` is aware UTC. Never raises for any place that `from_json` gives back.
    """
    heard = hear(place, reading, procedure, now)
    danger = _danger(heard.urgency, reading)
    leaving = _leaving(heard)
    rest = _everything_else(heard)
    muted = place.opted_out and reading.bare_keyword not in START_WORDS
    if danger or muted or leaving:
        rest = _without_words(heard.place, rest)
    if danger or muted:
        leaving = _silent(leaving)
    elif not leaving:
        rest = _back_to_question(heard, rest)
    if danger and not muted and not leaving:
        rest = _then(rest, _red_flags(heard, rest.place))
    return _settled(rest.place, (*_language(heard), *danger, *leaving, *rest.effects))


def stranger(reading: Reading, language: str) -> Step:
    """Answer a number that is not enrolled: nothing about anybody, no escalation, a task where there may be a warning sign."""
    danger: Effects = _danger(reading.urgency, reading)
    says = tuple(STRANGER_URGENT if effect == URGENT else effect for effect in danger if isinstance(effect, Say))
    effects: Effects = (*says, AddTask("stranger_sign")) if says or reading.urgency else ()
    if reading.does(Intent.WRONG_NUMBER):
        effects = (*effects, StopMessages("wrong_number"), *(() if says else (WRONG_NUMBER,)))
    elif reading.does(Intent.OPT_OUT):
        effects = (*effects, StopMessages(), *(() if says else (OPTED_OUT,)))
    else:
        resumes = (ResumeMessages(),) if reading.bare_keyword in START_WORDS else ()
        effects = (*effects, *resumes, *(() if says else (STRANGER,)))
    return _settled(Place(language=language), effects)


def asked(place: Place, text_key: str, question: str, procedure: Procedure, now: datetime) -> Place:
    """The place once a planned text with a question has left: that question is now the open one.

    Where she was asked lately whether it is an emergency, a digit is still about that: a yes must not become less.
    """
    if place.awaiting == Awaiting.RED_FLAGS and not is_stale(place, procedure, now):
        return place
    return opened(place, question, text_key, now)


def test_was_done(place: Place) -> Place:
    """The place once anybody said that the test is done: aftercare, and nobody is asked about it any more."""
    told = replace(place, answers={**place.answers, Awaiting.TEST_DONE.value: FINE})
    told = told if told.stage == Stage.DONE else replace(told, stage=Stage.AFTERCARE.value)
    return closed(told) if told.awaiting == Awaiting.TEST_DONE else told


def to_json(place: Place) -> dict[str, object]:
    """The place as plain values, for saving; `from_json` gives the same place back."""
    plain = {name: getattr(place, name) for name in SAVED}
    asked_at = place.asked_at.astimezone(UTC).isoformat() if place.asked_at else None
    return {**plain, "asked_at": asked_at, "answers": dict(place.answers)}


def from_json(saved: Mapping[str, object]) -> Place:
    """The place that was saved. Fields that this version does not know are left out; missing ones have their first value.

    Raises TypeError or ValueError for a moment that is not one.
    """
    known: dict[str, Any] = {name: saved[name] for name in SAVED if name in saved}
    if known.get("asked_at") is not None:
        known["asked_at"] = datetime.fromisoformat(known["asked_at"])
    return Place(**known)


# Danger, and leaving


def _danger(urgency: Urgency, reading: Reading) -> Effects:
    """The danger answer and the escalation; nothing where no nurse needs to be paged."""
    kinds = reading.kinds or (Kind.OTHER_SYMPTOM,)
    if Kind.SELF_HARM in kinds:
        says: Effects = (CRISIS, EMERGENCY) if EMERGENCY_BESIDE_CRISIS & set(kinds) else (CRISIS,)
        return (*says, Escalate(Urgency.EMERGENCY, kinds, reading.why))
    if urgency <= Urgency.REVIEW:
        return ()
    return (EMERGENCY if urgency is Urgency.EMERGENCY else URGENT, Escalate(urgency, kinds, reading.why))


def _red_flags(heard: Heard, place: Place) -> Step:
    """After an urgent sign ask whether it is an emergency: this outranks any other open question, whose "2" would mean less."""
    known = place.awaiting == Awaiting.RED_FLAGS or (heard.answer is not None and heard.answer.question == Awaiting.RED_FLAGS)
    if heard.urgency is Urgency.URGENT and heard.after_test and not known:
        return ask(place, Awaiting.RED_FLAGS.value, "red_flags", heard.now)
    if heard.urgency is Urgency.EMERGENCY and place.awaiting == Awaiting.TEST_DONE:
        return Step(closed(place))  # her next "2" is about how she is, and must not stop her aftercare
    return Step(place)


def _leaving(heard: Heard) -> Effects:
    """What an opt-out or a wrong number brings about. To opt out twice changes nothing."""
    place, reading = heard.place, heard.reading
    if reading.does(Intent.WRONG_NUMBER):
        return (StopMessages("wrong_number"), WRONG_NUMBER, AddTask("fix_number"))
    if place.opted_out or not reading.does(Intent.OPT_OUT):
        return ()
    still_needs = () if place.stage == Stage.DONE else (AddTask("opted_out"),)
    meant_visit = (AddTask("meant_visit"),) if reading.bare_keyword in WORDS_FOR_A_VISIT and not heard.after_test else ()
    return (StopMessages(), OPTED_OUT, *still_needs, *meant_visit)


def _without_words(before: Place, turn: Step) -> Step:
    """The same turn, saying nothing: a question that it would have asked is not open, nor asked again."""
    place = turn.place if open_key(turn.place) == open_key(before) else closed(turn.place)
    return Step(replace(place, asked=before.asked, asked_at=before.asked_at), _silent(turn.effects))


def _silent(effects: Effects) -> Effects:
    return tuple(effect for effect in effects if not isinstance(effect, Say))


# Everything else that a text can do


def _everything_else(heard: Heard) -> Step:
    turn = Step(replace(heard.place, unclear=0) if heard.place.unclear else heard.place)
    for part in (_resumed, _switched, _disclosed, _wished, _asked, _leaked, _gave_answer):
        turn = _then(turn, part(heard, turn.place))
    turn = Step(turn.place, (*_review(heard, turn.effects), *turn.effects))
    if turn.effects or heard.urgency is not Urgency.NONE or any(heard.reading.does(intent) for intent in LEAVING):
        return turn
    return _small_talk(heard, turn.place)


def _then(turn: Step, following: Step) -> Step:
    return Step(following.place, (*turn.effects, *following.effects))


def _review(heard: Heard, beside: Effects) -> Effects:
    """A person reads it today, unless the text has opened a task in which the same person reads it before the test."""
    kinds = heard.reading.kinds
    if heard.urgency is not Urgency.REVIEW:
        return ()
    if not heard.after_test and set(kinds) <= {Kind.ALLERGY, Kind.DISCHARGE} and not checklist.TASKS.isdisjoint(beside):
        return ()
    only_picture = not kinds and any("picture" in why for why in heard.reading.why)
    return PICTURE if only_picture else REVIEW


def _resumed(heard: Heard, place: Place) -> Step:
    if heard.reading.bare_keyword in START_WORDS:
        return Step(place, (ResumeMessages(), OPTED_IN))
    if heard.reading.does(Intent.OPT_IN):
        return Step(place, CALL_HER if place.opted_out else (OPTED_IN,))  # her own words: staff may lift it, with consent
    return Step(place)


def _language(heard: Heard) -> Effects:
    """It goes first, so that every answer to this text, the danger answer too, is in the language she asks for."""
    return (SetLanguage(heard.place.language),) if heard.switches else ()


def _switched(heard: Heard, place: Place) -> Step:
    if heard.switches:
        return Step(place, (LANGUAGE_CHANGED,))
    return Step(place, CALL_HER if heard.reading.does(Intent.LANGUAGE_SWITCH) else ())  # a language without approved texts


def _disclosed(heard: Heard, place: Place) -> Step:
    """A past reaction to dye, told unasked, counts as the checklist's answer."""
    dye = Awaiting.DYE_ALLERGY.value
    if not heard.reading.does(Intent.ALLERGY_DISCLOSURE) or (heard.answer and heard.answer.question == dye):
        return Step(place)
    known = replace(place, answers={**place.answers, dye: PROBLEM})
    return Step(known, DYE_AFTER_TEST if heard.after_test else checklist.DYE)


def _wished(heard: Heard, place: Place) -> Step:
    reading = heard.reading
    effects: Effects = tuple(chain.from_iterable(WISHES[wish] for wish in WISHES if reading.does(wish)))
    if reading.does(Intent.PREP_PROBLEM) and not heard.tells_the_team:
        effects = (*effects, *(REVIEW if heard.after_test else checklist.PREP_PROBLEM))
    if place.awaiting == Awaiting.CONFIRM_VISIT and any(reading.does(wish) for wish in VISIT_WISHES):
        place = recorded(place, Awaiting.CONFIRM_VISIT.value, PROBLEM)
    return Step(place, effects)


def _asked(heard: Heard, place: Place) -> Step:
    """Her questions; beside a sign a nurse answers them, because an approved text could sound like "that is normal"."""
    reading = heard.reading
    sign = heard.urgency is not Urgency.NONE and (heard.after_test or bool(reading.kinds) or heard.urgency > Urgency.REVIEW)
    if sign or not reading.does(Intent.FAQ):
        return Step(place)
    return Step(place, faq.answer(reading.topics or (Topic.OTHER,), after_test=heard.after_test))


def _leaked(heard: Heard, place: Place) -> Step:
    """Dye on the pad is expected; who tells of it a second time is looked at by a nurse."""
    reading = heard.reading
    on_pad = Topic.BANDAGE in reading.topics or (Kind.DISCHARGE in reading.kinds and heard.after_test)
    if heard.urgency is not Urgency.NONE or not reading.does(Intent.SYMPTOM_REPORT) or not on_pad:
        return Step(place)
    again = (AddTask("leak_again"),) if place.leaks else ()
    return Step(replace(place, leaks=place.leaks + 1), (LEAK, *again))


def _gave_answer(heard: Heard, place: Place) -> Step:
    answer = heard.answer
    if answer is None:
        return Step(place)
    if answer.number is None:
        return _ask_again(heard, place, answer)
    late = not answer.changes and is_stale(place, heard.procedure, heard.now)
    if late and answer.number == FINE and heard.reading.intent is not Intent.ANSWER_DONE:
        return _then(Step(place, (ASKED_AGAIN,)), _ask_again(heard, place, answer))
    if answer.changes and place.answers.get(answer.key) == answer.number == FINE:
        return Step(place, (THANKS,))
    noted = Step(_kept(place, answer, answer.number), _causes(heard.procedure, answer, answer.number))
    if answer.question in checklist.CHECKLIST and not answer.changes:
        return _then(noted, checklist.walk_on(noted.place, heard.now))
    return noted


def _kept(place: Place, answer: Answer, number: str) -> Place:
    """The place with the answer kept. One to the check-in of a test that was moved must not stand for the next test's check-in."""
    kept = recorded(place, answer.key, number)
    moved = answer.question == Awaiting.CHECK_IN and place.stage in (Stage.PREP, Stage.DAY_OF)
    return replace(kept, answers=place.answers) if moved else kept


def _causes(procedure: Procedure, answer: Answer, number: str) -> Effects:
    """What an answer brings about. Taken back to "fine" leaves every task and case as it is, and says so."""
    question = QUESTIONS[answer.question]
    last = answer.question == Awaiting.CHECK_IN and number == FINE and check_in.asks_last(answer.key, procedure)
    causes = check_in.LAST_FINE if last else question.causes[number]
    if answer.changes and number == FINE and (question.alarms or not causes):
        return (ANSWER_CHANGED, *(causes if last else _silent(causes)))
    return causes


def _ask_again(heard: Heard, place: Place, answer: Answer) -> Step:
    text = QUESTIONS[answer.question].text or answer.key
    again = ask(place, answer.question, text, heard.now)
    if answer.question != Awaiting.CHECK_IN:
        return again
    return Step(again.place, (Say(check_in.text_to_repeat(text, heard.procedure)),))


def _back_to_question(heard: Heard, turn: Step) -> Step:
    """Ask the open question again, if this turn left it open and was about something else; not while a nurse reads of a sign."""
    place, answer = turn.place, heard.answer
    if REVIEW[0] in turn.effects or PICTURE[0] in turn.effects:
        return turn
    aside = place.unclear == 1 or (answer is not None and answer.changes) or any(heard.reading.does(intent) for intent in RETURNING)
    if not aside or place.awaiting == Awaiting.NONE:
        return turn
    return _then(turn, _ask_again(heard, place, Answer(place.awaiting, open_key(place), None)))


def _small_talk(heard: Heard, place: Place) -> Step:
    """What is left: courtesies, digits and words that no question asked for, and what was not understood."""
    reading = heard.reading
    if reading.does(Intent.ANSWER_DONE) and place.stage == Stage.DAY_OF and place.awaiting != Awaiting.RED_FLAGS:
        return ask(place, Awaiting.TEST_DONE.value, "ask_test_done", heard.now)
    courtesy = next((say for intent, say in SMALL_TALK.items() if reading.does(intent)), None)
    if courtesy:
        return Step(place, (courtesy,))
    if place.awaiting == Awaiting.NONE and reading.number in (None, 1, 2, 3):
        yes = reading.does(Intent.ANSWER_YES)
        if reading.number == 2 or (heard.after_test and (reading.number == 3 or yes)):
            return Step(place, REVIEW)
        if reading.number == 1 or yes or reading.does(Intent.ANSWER_NO) or reading.does(Intent.ANSWER_DONE):
            return Step(place, (THANKS,))
    return _unclear(heard, place)


def _unclear(heard: Heard, place: Place) -> Step:
    """Ask her to say it again; the second time in a row, or where she can't be asked, a person takes over."""
    place = replace(place, unclear=heard.place.unclear + 1)
    if place.unclear > 1 or place.opted_out:
        return Step(place, UNCLEAR_AGAIN)
    sorry = UNCLEAR if place.awaiting == Awaiting.NONE else UNCLEAR_QUESTION  # which says nothing of digits: the question does
    return Step(place, (sorry, AddTask("review")) if heard.after_test else (sorry,))


def _settled(place: Place, effects: Effects) -> Step:
    """The turn with each effect once (a question may have been asked by two of its parts), and a place that knows of them."""
    for effect in effects:
        match effect:
            case MarkDone():
                place = test_was_done(place)
            case MarkNotDone() if place.stage == Stage.AFTERCARE:
                place = replace(place, stage=Stage.DAY_OF.value)
            case StopMessages():
                place = replace(place, opted_out=True)
            case ResumeMessages():
                place = replace(place, opted_out=False)
    return Step(place, tuple(dict.fromkeys(effects)))

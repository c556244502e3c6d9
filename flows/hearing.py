"""What a text means where it arrives: the question it answers or takes back, and how urgent that makes it."""

from dataclasses import dataclass, replace
from datetime import datetime

from flows.check_in import CHECK_IN
from flows.checklist import CHECKLIST, TASKS, VISIT
from flows.effects import Place
from flows.procedure import Procedure
from flows.questions import FINE, PROBLEM, Question, closed, open_key
from flows.understanding.reading import ASKED_AFTER_TEST, Awaiting, Intent, Kind, Reading, Stage, Urgency

QUESTIONS: dict[str, Question] = {**CHECKLIST, **VISIT, **CHECK_IN}
VISIT_WISHES = (Intent.RESCHEDULE, Intent.CANCEL_PROCEDURE)


@dataclass(frozen=True, slots=True)
class Answer:
    """What a text answers. `key` is where the answer is kept; without a `number` she only says that it was wrong."""

    question: str
    key: str
    number: str | None
    changes: bool = False


@dataclass(frozen=True, slots=True)
class Heard:
    """One text where it arrived: the place before it, what it means and answers, and how urgent that is."""

    place: Place
    reading: Reading
    procedure: Procedure
    now: datetime
    answer: Answer | None
    urgency: Urgency
    switches: bool  # she asks for a language that there are texts in; `place` is in it already

    @property
    def after_test(self) -> bool:
        """Whether she must be taken to have had the test."""
        return stage_of(self.place) in (Stage.AFTERCARE, Stage.DONE)

    @property
    def tells_the_team(self) -> bool:
        """Whether it answers the checklist with something that opens a task."""
        answer = self.answer
        return answer is not None and answer.number is not None and not TASKS.isdisjoint(QUESTIONS[answer.question].causes[answer.number])


def stage_of(place: Place) -> Stage:
    """The stage her next text is read in: who was asked how she is, or whether the test is over, is taken to have had it."""
    return Stage.AFTERCARE if place.awaiting in ASKED_AFTER_TEST else Stage(place.stage)


def hear(place: Place, reading: Reading, procedure: Procedure, now: datetime) -> Heard:
    """Read a text where it arrives."""
    place = _tidied(place)
    language = reading.language if reading.does(Intent.LANGUAGE_SWITCH) else None
    switches = language is not None and language in procedure.texts
    if language is not None and switches:
        place = replace(place, language=language)
    answer = _answered(place, reading, procedure, now)
    urgency = Urgency.EMERGENCY if Kind.SELF_HARM in reading.kinds else reading.urgency
    if answer is not None and answer.number is not None:
        urgency = max(urgency, QUESTIONS[answer.question].alarms.get(answer.number, Urgency.NONE))
    return Heard(place, reading, procedure, now, answer, urgency, switches)


def _tidied(place: Place) -> Place:
    """The place without an open question that can't be answered any more: what was asked before the test closes with it."""
    question = QUESTIONS.get(place.awaiting)
    text = place.asked or (question.text if question else None)
    if question is None or text is None or not _stands(place, question):
        return closed(place)
    return place if place.asked else replace(place, asked=text)


def _stands(place: Place, question: Question) -> bool:
    return not (question.before_test and place.stage in (Stage.AFTERCARE, Stage.DONE))


def _answered(place: Place, reading: Reading, procedure: Procedure, now: datetime) -> Answer | None:
    """What the text answers: the open question, or, changing her mind, the last one she answered."""
    name, key = place.awaiting, open_key(place)
    changes = _changes_mind(place, reading, procedure, now)
    if changes:
        key = place.last_answered
        name = key if key in QUESTIONS else Awaiting.CHECK_IN.value
    question = QUESTIONS.get(name)
    if question is None:
        return None
    if name == Awaiting.CONFIRM_VISIT and any(reading.does(wish) for wish in VISIT_WISHES):
        return None  # the wish says it better than a digit, and is answered as one
    number = question.number(reading)
    if name == Awaiting.DYE_ALLERGY and reading.does(Intent.ALLERGY_DISCLOSURE):
        number = PROBLEM  # "no, except hives with a CT scan"
    if _outranked(question, number, reading.urgency) or (number is None and not changes):
        return None
    return Answer(name, key, number, changes)


def _changes_mind(place: Place, reading: Reading, procedure: Procedure, now: datetime) -> bool:
    """Whether the text is about the last answer: it says so, or a bare digit follows soon and nothing else is open."""
    key = place.last_answered
    question = QUESTIONS.get(key, QUESTIONS[Awaiting.CHECK_IN])
    if not key or not _stands(place, question):
        return False
    if reading.corrects:
        return True
    # A "2" after aftercare has begun is about how she is, and never takes back that the test was done.
    # Nor is the "2 if you have a problem" that she was just told to reply about her visit.
    about_now = bool(question.alarms) or (place.stage in (Stage.PREP, Stage.DAY_OF) and not place.unclear)
    bare = reading.intent is Intent.ANSWER_NUMBER and question.number(reading) is not None
    return place.awaiting == Awaiting.NONE and bare and about_now and not is_stale(place, procedure, now)


def _outranked(question: Question, number: str | None, urgency: Urgency) -> bool:
    """Free text outranks a digit: "1 but my chest is hot" is no 1, and the checklist waits while there is danger."""
    if urgency is Urgency.NONE:
        return False
    if question.alarms or number is None:
        return number in (FINE, None)
    return urgency > Urgency.REVIEW


def is_stale(place: Place, procedure: Procedure, now: datetime) -> bool:
    """Whether the last question was asked so long ago that a "1" may be about something else."""
    return place.asked_at is None or now - place.asked_at > procedure.answer_goes_stale_after

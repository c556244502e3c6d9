"""What one enrollment is sent, and when: the procedure's steps and the facts of the enrollment, worked into moments in UTC.

Pure, and without a clock: a step is late when its moment lies before `EnrollmentFacts.changed_at`. The same facts
therefore always give the same plan, and the plan has the same rows, (step, repeat), whatever the facts are; only
moments, texts and fates differ.
"""

from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from flows import check_in
from flows.checklist import CHECKLIST
from flows.procedure import Anchor, Late, Phase, PlannedStep, Procedure
from flows.questions import FINE
from flows.understanding.reading import Awaiting

APART = timedelta(minutes=2)  # texts that catch up arrive in this rhythm, so that they are read in order
TIME_TO_ANSWER = timedelta(minutes=30)  # silence is never noticed sooner
CONFIRM_ANEW_UNTIL = timedelta(hours=24)  # a visit moved later than this before the test is not asked about again


class Fate(StrEnum):
    """What becomes of a planned text."""

    SEND = "send"
    EXPIRED = "expired"  # it could only come too late to make sense
    SKIPPED = "skipped"  # there is no need for it


class Reason(StrEnum):
    """Why a planned text is not sent."""

    TOO_LATE = "too_late"
    FOLDED = "folded"  # another text says or asks the same
    ANSWERED = "answered"
    ALREADY_SENT = "already_sent"
    DONE = "done"
    NOT_DONE = "not_done"
    CANCELED = "canceled"


@dataclass(frozen=True, slots=True)
class EnrollmentFacts:
    """What the plan of one enrollment rests on. Every moment is aware and in UTC.

    `zone` is where the patient is: sending hours and "three days before" are read there; texts print in `site_zone`.
    `changed_at` is when she was enrolled, last moved or last resumed, `test` is `booked`, `done` or `not_done`, and
    `done_at` when it was marked done. `sent` holds the steps that left before `changed_at`; `answered` is what
    `Place.answers` holds, without the check-ins of an earlier date.
    """

    procedure_at: datetime
    zone: ZoneInfo
    site_zone: ZoneInfo
    enrolled_at: datetime
    changed_at: datetime
    date_version: int = 1
    test: str = "booked"
    canceled: bool = False
    done_at: datetime | None = None
    sent: Collection[str] = frozenset()
    answered: Mapping[str, str] = field(default_factory=dict)

    def day(self, moment: datetime) -> date:
        """The date that `moment` has where the patient is."""
        return moment.astimezone(self.zone).date()

    def at(self, day: date, wall: time) -> datetime:
        """The moment in UTC when the patient's clock shows `wall` on `day`."""
        return _at(day, wall, self.zone)


@dataclass(frozen=True, slots=True)
class PlannedMessage:
    """One text of the plan. `due_at` and `not_after` are aware UTC.

    `due_at` is when it may leave, or, where it is not sent, when it would have. `repeat` is 1 where the question of a
    step is asked once more. With `silent_after`, no answer that long after it left is a task of the kind `silent_task`.
    """

    step: str
    repeat: int
    text: str
    phase: Phase
    safety: bool
    due_at: datetime
    not_after: datetime
    fate: Fate = Fate.SEND
    reason: Reason | None = None
    asks: str | None = None
    silent_after: timedelta | None = None
    silent_task: str | None = None

    def but(self, fate: Fate, reason: Reason) -> "PlannedMessage":
        """The same text with this fate, not sent."""
        return replace(self, fate=fate, reason=reason)


def plan(procedure: Procedure, facts: EnrollmentFacts) -> tuple[PlannedMessage, ...]:
    """Return every step of the journey with its fate, soonest first; a question that is repeated has two rows.

    The aftercare text that comes too late for its evening carries the question of the check-in it joins; that
    check-in is then skipped as folded, its repeat stays.
    """
    planner = _Planner(procedure, facts)
    messages = [message for step in procedure.steps for message in planner.messages(step)]
    return tuple(sorted(messages, key=lambda message: message.due_at))


def unreachable_prep(messages: Collection[PlannedMessage]) -> tuple[PlannedMessage, ...]:
    """Return the preparation she must know and that no text can bring her in time: a person phones."""
    return tuple(m for m in messages if m.safety and m.phase is Phase.PREP and m.fate is Fate.EXPIRED)


def next_allowed(moment: datetime, zone: ZoneInfo, procedure: Procedure) -> datetime:
    """Return `moment` in UTC if planned texts may leave then where the patient is, else the next time they may."""
    local = moment.astimezone(zone)
    if procedure.send_from <= local.time() < procedure.send_until:
        return moment.astimezone(UTC)
    day = local.date() if local.time() < procedure.send_from else local.date() + timedelta(days=1)
    return _at(day, procedure.send_from, zone)


def _at(day: date, wall: time, zone: ZoneInfo) -> datetime:
    """The moment in UTC when clocks in `zone` show `wall` on `day`.

    A time that daylight saving skips is read as if the clock had not yet jumped; of a time that comes twice, the first.
    """
    return datetime.combine(day, wall, tzinfo=zone).astimezone(UTC)


def _needless(step: PlannedStep, procedure: Procedure, facts: EnrollmentFacts) -> Reason | None:
    """Why there is no need for this step, if there is none."""
    if facts.canceled:
        return Reason.CANCELED
    if facts.test == "not_done":
        return Reason.NOT_DONE
    if facts.test == "done" and step.phase in (Phase.PREP, Phase.TEST):
        return Reason.DONE
    if step.asks in CHECKLIST and facts.answered.keys() >= CHECKLIST.keys():
        return Reason.ANSWERED
    closing = step is procedure.steps[-1]
    if closing and any(number == FINE and check_in.asks_last(text, procedure) for text, number in facts.answered.items()):
        return Reason.ANSWERED  # the closing words were the reply to her "fine"
    return None


class _Planner:
    """Places the steps of one enrollment, one after another, and remembers what the later ones need to know."""

    def __init__(self, procedure: Procedure, facts: EnrollmentFacts) -> None:
        self.procedure = procedure
        self.facts = facts
        self.free_from = facts.changed_at
        self.a_day: Counter[date] = Counter()
        self.asked_if_done: PlannedMessage | None = None
        self.joined: dict[str, PlannedMessage] = {}  # a check-in -> the aftercare text that asks its question

    def messages(self, step: PlannedStep) -> list[PlannedMessage]:
        """The row of this step and, where its question is repeated, the row of the repeat."""
        first = self.first(step)
        if step.repeat_after is None:
            return [first]
        return [first, self.again(step, first, step.repeat_after)]

    def first(self, step: PlannedStep) -> PlannedMessage:
        """The step's own row."""
        moment = self.moment(step)
        message = PlannedMessage(step.key, 0, step.text, step.phase, step.safety, moment, self.not_after(step, moment), asks=step.asks)
        needless = _needless(step, self.procedure, self.facts)
        if needless is None:
            return self.scheduled(step, message)
        marked_late = needless is Reason.DONE and step.phase is Phase.TEST and self.done_in_time() is None
        if needless is Reason.ANSWERED or marked_late:
            message = self.scheduled(step, message)  # it keeps its place: an answer does not move what comes after
        return message.but(Fate.SKIPPED, needless)

    def scheduled(self, step: PlannedStep, message: PlannedMessage) -> PlannedMessage:
        """The message of a step that is needed: placed, unless another text stands for it."""
        moment = message.due_at
        if step.key in self.joined:
            return message.but(Fate.SKIPPED, Reason.FOLDED)
        if moment < self.facts.changed_at and not self.asked_anew(step):
            if step.key in self.facts.sent:
                return message.but(Fate.SKIPPED, Reason.ALREADY_SENT)
            if step.late is Late.SKIP:
                return message.but(Fate.EXPIRED, Reason.FOLDED)
        return self.placed(step, message)

    def placed(self, step: PlannedStep, message: PlannedMessage) -> PlannedMessage:
        """The message at the moment when it may leave, in the words for that moment; expired where that is too late."""
        due_at = self.opening(step, message.due_at)
        if due_at > message.not_after:
            return message.but(Fate.EXPIRED, Reason.TOO_LATE)
        self.free_from = due_at + APART
        self.a_day[self.facts.day(due_at)] += 1
        message = self.worded(step, self.asking(step, replace(message, due_at=due_at)))
        if step.phase is Phase.TEST:
            self.asked_if_done = message
        return message

    def asking(self, step: PlannedStep, message: PlannedMessage) -> PlannedMessage:
        """The message with the question of `step`. Silence is counted from the last asking: from the repeat, where one still fits.

        Silence about the preparation is noticed while there is preparation to talk about.
        """
        if step.repeat_after is not None and self.repeat_at(message, step.repeat_after) <= self.not_after(step, self.moment(step)):
            return replace(message, asks=step.asks)
        silent_after = step.silent_after
        if silent_after is not None and step.phase is Phase.PREP:
            silent_after = min(silent_after, max(message.not_after - message.due_at, TIME_TO_ANSWER))
        return replace(message, asks=step.asks, silent_after=silent_after, silent_task=step.silent_task)

    def again(self, step: PlannedStep, first: PlannedMessage, repeat_after: timedelta) -> PlannedMessage:
        """The repeat of a question: not needed once it is answered, and never past the question's own limit."""
        asked = self.joined.get(step.key, first)
        again = replace(
            first, repeat=1, due_at=self.repeat_at(asked, repeat_after), fate=asked.fate, reason=asked.reason,
            silent_after=step.silent_after, silent_task=step.silent_task,
        )  # fmt: skip
        if asked.fate is not Fate.SEND:
            return again
        if again.due_at > again.not_after:
            return again.but(Fate.EXPIRED, Reason.TOO_LATE)
        answered = self.facts.answered.keys() & {step.text, asked.text}
        return again.but(Fate.SKIPPED, Reason.ANSWERED) if answered else again

    def repeat_at(self, asked: PlannedMessage, repeat_after: timedelta) -> datetime:
        """When a question that got no answer is asked again."""
        return next_allowed(asked.due_at + repeat_after, self.facts.zone, self.procedure)

    def moment(self, step: PlannedStep) -> datetime:
        """When the step would go if there were no sending hours and nothing before it."""
        facts = self.facts
        if step.anchor is Anchor.ENROLLED:
            return facts.enrolled_at + (step.after or timedelta())
        done_at = self.done_in_time() if step.anchor is Anchor.DONE else None
        start = done_at or facts.procedure_at
        if step.morning_at and start.astimezone(facts.zone).time() < self.procedure.morning_before:
            return facts.at(facts.day(start) - timedelta(days=1), step.morning_at)
        if step.days is not None and step.at is not None:
            return facts.at(facts.day(start) + timedelta(days=step.days), step.at)
        if step.anchor is Anchor.DONE and done_at is None:
            return self.unconfirmed_at()
        return start + (step.after or timedelta())

    def done_in_time(self) -> datetime | None:
        """When the test was marked done. A mark that comes when unconfirmed aftercare is due or later tells that it was done, not when."""
        done_at = self.facts.done_at if self.facts.test == "done" else None
        in_time = done_at is not None and done_at < self.facts.procedure_at + self.procedure.unconfirmed_after
        return done_at if in_time else None

    def unconfirmed_at(self) -> datetime:
        """When aftercare goes although nobody said in time that the test was done: after her time to answer the question."""
        due_at = self.facts.procedure_at + self.procedure.unconfirmed_after
        asked = self.asked_if_done
        if asked is None or asked.silent_after is None:
            return due_at
        answered_by = asked.due_at + asked.silent_after
        return max(due_at, min(answered_by, self.facts.done_at or answered_by))

    def not_after(self, step: PlannedStep, moment: datetime) -> datetime:
        """The last moment when the step still makes sense."""
        if step.not_after is not None:
            return moment + step.not_after
        if step.phase is Phase.PREP:
            return self.facts.procedure_at - self.procedure.prep_ends_before
        return self.facts.procedure_at + timedelta(days=self.procedure.line_open_days)

    def asked_anew(self, step: PlannedStep) -> bool:
        """Whether a move asks this again although its moment is past: "will you come?" is about the date."""
        facts = self.facts
        moved_in_time = facts.date_version > 1 and facts.changed_at <= facts.procedure_at - CONFIRM_ANEW_UNTIL
        return moved_in_time and step.asks == Awaiting.CONFIRM_VISIT

    def opening(self, step: PlannedStep, moment: datetime) -> datetime:
        """The first time from `moment` on when this step may leave: after the one before it, in sending hours, on a day with room."""
        zone, procedure = self.facts.zone, self.procedure
        due_at = next_allowed(max(moment, self.free_from), zone, procedure)
        if step.joins and due_at.astimezone(zone).time() > procedure.latest_aftercare:
            return self.next_morning(due_at)
        no_limit_from = self.facts.procedure_at - procedure.no_max_within
        while step.phase in (Phase.WELCOME, Phase.PREP) and due_at < no_limit_from and self.is_full(due_at):
            due_at = next_allowed(min(self.next_morning(due_at), no_limit_from), zone, procedure)
        return due_at

    def is_full(self, moment: datetime) -> bool:
        """Whether the day of `moment` has as many texts as it may."""
        return self.a_day[self.facts.day(moment)] >= self.procedure.max_a_day

    def next_morning(self, moment: datetime) -> datetime:
        """When sending starts on the day after."""
        return self.facts.at(self.facts.day(moment) + timedelta(days=1), self.procedure.send_from)

    def worded(self, step: PlannedStep, message: PlannedMessage) -> PlannedMessage:
        """The message in the words that are true at its moment."""
        facts, today = self.facts, self.facts.day(message.due_at)
        if step.asks in CHECKLIST:
            question = next((question for question in CHECKLIST if question not in facts.answered), step.asks)
            return replace(message, text=CHECKLIST[question].text or step.text, asks=question)
        if step.morning_text and today < facts.day(facts.procedure_at):
            tonight = facts.at(today, self.procedure.send_until)  # its "tomorrow" would be wrong on the day
            return replace(message, text=step.morning_text, not_after=min(message.not_after, tonight))
        if step.joins and step.joined_text and (joined := self.joining(step.joins, message)):
            self.joined[step.joins] = replace(joined, text=step.joined_text)
            return self.joined[step.joins]
        if step.unconfirmed_text and facts.test != "done":
            return replace(message, text=step.unconfirmed_text)
        return message

    def joining(self, key: str, message: PlannedMessage) -> PlannedMessage | None:
        """The message with the question of the check-in `key`, if its day has come and it still makes sense."""
        question = next(step for step in self.procedure.steps if step.key == key)
        moment = self.moment(question)
        if self.facts.day(message.due_at) < self.facts.day(moment) or message.due_at > self.not_after(question, moment):
            return None
        return self.asking(question, message)

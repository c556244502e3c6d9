"""What holds for every plan: any zone, any date, any moment of enrolling, moving, resuming or marking done."""

from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from flows.procedure import Phase, load
from flows.timeline import EnrollmentFacts, Fate, PlannedMessage, Reason, next_allowed, plan, unreachable_prep

DUCTOGRAM = load("ductogram")
STEPS = {step.key: step for step in DUCTOGRAM.steps}
ORDER = list(STEPS)
BEFORE_TEST = (Phase.WELCOME, Phase.PREP)

# Half and quarter hours, both hemispheres, jumps at midnight, of half an hour and of two, the ends of the date line.
ZONES = st.sampled_from([
    "UTC", "America/New_York", "America/Denver", "America/Phoenix", "Pacific/Honolulu", "America/St_Johns", "America/Havana",
    "America/Nuuk", "America/Santiago", "America/Asuncion", "Europe/London", "Africa/Cairo", "Africa/Casablanca", "Asia/Beirut",
    "Asia/Gaza", "Asia/Kolkata", "Asia/Kathmandu", "Australia/Lord_Howe", "Australia/Eucla", "Pacific/Chatham", "Pacific/Apia",
    "Pacific/Kiritimati", "Pacific/Pago_Pago", "Antarctica/Troll",
]).map(ZoneInfo)  # fmt: skip
MOMENTS = st.integers(0, 2 * 365 * 24 * 60 * 60).map(lambda seconds: datetime(2026, 9, 1, tzinfo=UTC) + timedelta(seconds=seconds))
QUESTIONS = ["dye_allergy", "discharge_present", "medicine_list", "check_in_day_1", "aftercare_day_1", "check_in_day_3", "check_in_day_7"]
ANSWERS = st.dictionaries(st.sampled_from(QUESTIONS), st.sampled_from(["1", "2", "3"]))
unhurried = settings(deadline=None)  # a busy machine is no failure


def spans(least: timedelta, most: timedelta) -> st.SearchStrategy[timedelta]:
    return st.timedeltas(least, most)


@st.composite
def enrolled(draw: st.DrawFn, before: timedelta = timedelta()) -> EnrollmentFacts:
    """Just enrolled, between two weeks and `before` (or no time at all) ahead of the test."""
    zone, procedure_at = draw(ZONES), draw(MOMENTS)
    enrolled_at = procedure_at - draw(spans(before, timedelta(days=14)))
    return EnrollmentFacts(procedure_at, zone, zone, enrolled_at, enrolled_at)


@st.composite
def anybody(draw: st.DrawFn) -> EnrollmentFacts:
    """An enrollment at any point of its life."""
    facts = draw(enrolled())
    if draw(st.booleans()):
        changed_at = facts.enrolled_at + draw(spans(timedelta(), timedelta(days=20)))
        sent = draw(st.frozensets(st.sampled_from(ORDER)))
        facts = replace(facts, changed_at=changed_at, date_version=draw(st.integers(1, 3)), sent=sent)
    if draw(st.booleans()):
        facts = replace(facts, test="done", done_at=facts.procedure_at + draw(spans(timedelta(days=-2), timedelta(days=2))))
    return replace(facts, answered=draw(ANSWERS))


def sends(messages: tuple[PlannedMessage, ...]) -> list[PlannedMessage]:
    return [message for message in messages if message.fate is Fate.SEND]


def by_key(facts: EnrollmentFacts) -> dict[tuple[str, int], PlannedMessage]:
    return {(message.step, message.repeat): message for message in plan(DUCTOGRAM, facts)}


def noticed_after(message: PlannedMessage) -> timedelta | None:
    """How long silence lasts before a person is told: about the preparation no longer than there is any."""
    said = STEPS[message.step].silent_after
    if said is None or message.phase is not Phase.PREP:
        return said
    return min(said, max(message.not_after - message.due_at, timedelta(minutes=30)))


def local(moment: datetime, facts: EnrollmentFacts) -> datetime:
    return moment.astimezone(facts.zone)


@unhurried
@given(anybody(), st.sampled_from(["booked", "done", "not_done"]), st.booleans())
def test_every_step_is_in_the_plan_once_and_the_plan_is_the_same_twice(facts: EnrollmentFacts, test: str, canceled: bool) -> None:
    facts = replace(facts, test=test, canceled=canceled)
    planned = plan(DUCTOGRAM, facts)
    assert Counter((m.step, m.repeat) for m in planned) == Counter(
        [*((key, 0) for key in STEPS), *((key, 1) for key, step in STEPS.items() if step.repeat_after)]
    )
    assert planned == plan(DUCTOGRAM, facts)
    assert [m.due_at for m in planned] == sorted(m.due_at for m in planned)
    assert all((m.fate is Fate.SEND) == (m.reason is None) for m in planned)
    assert all(m.due_at.tzinfo is UTC and m.not_after.tzinfo is UTC for m in planned)


@unhurried
@given(anybody())
def test_texts_leave_in_sending_hours_and_while_they_make_sense(facts: EnrollmentFacts) -> None:
    for message in sends(plan(DUCTOGRAM, facts)):
        assert time(9) <= local(message.due_at, facts).time() < time(20)
        assert facts.changed_at <= message.due_at <= message.not_after
        if message.step == "aftercare":
            assert local(message.due_at, facts).time() <= time(19, 45)
        if message.phase is Phase.PREP:
            assert message.due_at <= message.not_after <= facts.procedure_at - timedelta(minutes=60)


@unhurried
@given(anybody())
def test_texts_leave_in_the_order_of_the_journey_and_never_at_once(facts: EnrollmentFacts) -> None:
    rows = by_key(facts)
    firsts = [rows[key, 0].due_at for key in ORDER if rows[key, 0].fate is Fate.SEND]
    assert all(later - sooner >= timedelta(minutes=2) for sooner, later in pairwise(firsts))


@unhurried
@given(anybody())
def test_a_repeat_comes_four_hours_after_its_question_and_only_without_an_answer(facts: EnrollmentFacts) -> None:
    rows = by_key(facts)
    for (step, repeat), message in rows.items():
        if repeat and message.fate is Fate.SEND:
            folded = rows[step, 0].reason is Reason.FOLDED
            question = rows["aftercare", 0] if folded else rows[step, 0]
            assert question.fate is Fate.SEND
            assert question.asks == message.asks == "check_in"
            assert message.due_at >= question.due_at + timedelta(hours=4)
            assert not {STEPS[step].text, question.text} & facts.answered.keys()


@unhurried
@given(anybody())
def test_every_open_question_has_exactly_one_row_that_notices_silence(facts: EnrollmentFacts) -> None:
    rows = by_key(facts)
    for key in ORDER:
        first, again = rows[key, 0], rows.get((key, 1))
        if first.fate is Fate.SEND and first.asks and key != "aftercare":
            watched = [row for row in (first, again) if row and row.silent_task and row.fate is not Fate.EXPIRED]
            assert len(watched) == 1, key
            assert watched[0].silent_after == noticed_after(watched[0])
    if rows["aftercare", 0].asks:
        assert rows["check_in_day_1", 0].reason is Reason.FOLDED
        assert bool(rows["aftercare", 0].silent_task) == (rows["check_in_day_1", 1].fate is Fate.EXPIRED)


@unhurried
@given(anybody())
def test_no_more_than_two_a_day_until_48_hours_before_the_test(facts: EnrollmentFacts) -> None:
    early = [m for m in sends(plan(DUCTOGRAM, facts)) if m.phase in BEFORE_TEST and m.due_at < facts.procedure_at - timedelta(hours=48)]
    assert all(count <= 2 for count in Counter(local(m.due_at, facts).date() for m in early).values())


@unhurried
@given(anybody())
def test_preparation_she_must_know_is_sent_or_somebody_phones(facts: EnrollmentFacts) -> None:
    planned = plan(DUCTOGRAM, facts)
    unreachable = {m.step for m in unreachable_prep(planned)}
    for message in planned:
        if message.phase is Phase.PREP and message.safety:
            needless = message.reason in (Reason.ALREADY_SENT, Reason.ANSWERED, Reason.DONE)
            assert (message.fate is Fate.SEND) + needless + (message.step in unreachable) == 1


@unhurried
@given(anybody())
def test_today_and_tomorrow_are_true_when_the_last_reminder_leaves(facts: EnrollmentFacts) -> None:
    message = by_key(facts)["day_of", 0]
    if message.fate is Fate.SEND:
        days = (local(facts.procedure_at, facts).date() - local(message.due_at, facts).date()).days
        assert (message.text, days) in (("day_of", 0), ("day_of_tomorrow", 1))
        assert message.text == "day_of" or local(message.not_after, facts).date() == local(message.due_at, facts).date()


@unhurried
@given(anybody(), ANSWERS)
def test_an_answer_moves_no_text(facts: EnrollmentFacts, answers: dict[str, str]) -> None:
    before, after = by_key(facts), by_key(replace(facts, answered={**facts.answered, **answers}))
    assert {key: m.due_at for key, m in before.items()} == {key: m.due_at for key, m in after.items()}


@unhurried
@given(enrolled(), spans(timedelta(), timedelta(days=3)))
def test_a_mark_after_aftercare_has_left_moves_nothing_of_it(facts: EnrollmentFacts, later: timedelta) -> None:
    before = by_key(facts)
    after = by_key(replace(facts, test="done", done_at=before["aftercare", 0].due_at + later))
    for key, message in before.items():
        if message.phase is Phase.AFTERCARE:
            assert (after[key].due_at, after[key].fate, after[key].asks) == (message.due_at, message.fate, message.asks)


@unhurried
@given(enrolled(before=timedelta(days=4)))
def test_a_new_version_of_the_same_facts_is_the_same_plan(facts: EnrollmentFacts) -> None:
    assume(by_key(facts)["confirm", 0].fate is Fate.SEND)
    assert plan(DUCTOGRAM, replace(facts, date_version=2)) == plan(DUCTOGRAM, facts)


@unhurried
@given(enrolled(before=timedelta(days=8, hours=13)), st.floats(0, 1, exclude_max=True))
def test_moved_to_the_same_date_nothing_ahead_of_her_changes(facts: EnrollmentFacts, waited: float) -> None:
    changed_at = facts.enrolled_at + (facts.procedure_at - facts.enrolled_at) * waited
    before = by_key(facts)
    sent = {step for (step, _), message in before.items() if message.due_at < changed_at}
    after = by_key(replace(facts, changed_at=changed_at, date_version=2, sent=sent))
    for key, message in before.items():
        if message.due_at >= changed_at + timedelta(minutes=10) and message.step != "welcome":
            behind_the_confirmation = after[key].due_at - message.due_at  # asked anew, it may take the place at 9:00
            assert behind_the_confirmation in (timedelta(), timedelta(minutes=2))
            assert replace(after[key], due_at=message.due_at) == message


@unhurried
@given(MOMENTS, ZONES)
def test_the_next_allowed_moment_is_the_first_one(moment: datetime, zone: ZoneInfo) -> None:
    allowed = next_allowed(moment, zone, DUCTOGRAM)
    assert moment <= allowed <= moment + timedelta(hours=16)
    assert time(9) <= allowed.astimezone(zone).time() < time(20)
    just_before = allowed - timedelta(microseconds=1)
    assert allowed == moment or not time(9) <= just_before.astimezone(zone).time() < time(20)

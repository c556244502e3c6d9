"""What staff and patients decide about an enrollment. Each act changes a fact and, in the same transaction, the planned texts."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot import audit, outbox, people, places, plan, worklist
from bot.models import Enrollment, EnrollmentState, Patient, Phone, PlaceRow, Weight
from bot.parts import Parts
from bot.wording import Visit
from flows.effects import Place

FARTHEST: Final = timedelta(days=730)  # a test further ahead than this is a slip of the pen


class Refused(Exception):
    """It can't be done; the message says why, and nothing was changed."""


@dataclass(frozen=True, slots=True)
class NewEnrollment:
    """What a scheduler enters. `procedure_at` is aware; the zones are IANA names."""

    name: str
    number: str
    procedure_at: datetime
    timezone: str
    site_timezone: str
    language: str
    consent: str | None


@dataclass(frozen=True, slots=True)
class Enrolled:
    """What came of it: how many texts are `planned`; `phone_her`: the preparation can't all reach her by text; what silences her phone."""

    id: int
    planned: int
    phone_her: bool
    muted: str | None  # opted_out or no_consent: nothing is sent until `resume`


def look_at(session: Session, enrollment_id: int) -> Enrollment:
    """The enrollment with this number. Raises Refused."""
    enrollment = session.get(Enrollment, enrollment_id)
    if enrollment is None:
        raise Refused(f"there is no enrollment {enrollment_id}")
    return enrollment


def find(session: Session, enrollment_id: int) -> Enrollment:
    """The same, to change it: its phone is locked. Raises Refused."""
    enrollment = look_at(session, enrollment_id)
    people.lock_phone(session.connection(), enrollment.phone_id)
    session.refresh(enrollment)
    return enrollment


def enroll(session: Session, parts: Parts, new: NewEnrollment, by: str) -> Enrolled:
    """Enroll a patient and plan her texts. Raises Refused and people.BadNumber."""
    now = parts.clock.now()
    name = new.name.strip()
    if not name:
        raise Refused("a patient needs a name")
    _must_be_ahead(new.procedure_at, now)
    number = people.e164(new.number)
    phone_id = people.remember_phone(session.connection(), number, now)
    running = session.scalar(select(Enrollment.id).where(Enrollment.phone_id == phone_id, Enrollment.state == EnrollmentState.RUNNING))
    if running is not None:
        raise Refused(f"this phone is already enrolled, as enrollment {running}: end that one first")
    phone = session.get_one(Phone, phone_id)
    consent = (new.consent or "").strip()
    if consent:
        phone.consent, phone.consent_at = consent, now
    patient = Patient(name=name, created_at=now)
    session.add(patient)
    session.flush()
    enrollment = Enrollment(
        patient_id=patient.id,
        phone_id=phone_id,
        procedure=parts.procedure.key,
        language=new.language,
        timezone=new.timezone,
        site_timezone=new.site_timezone,
        procedure_at=new.procedure_at,
        date_version=1,
        changed_at=now,
        test="booked",
        state=EnrollmentState.RUNNING,
        enrolled_at=now,
    )
    session.add(enrollment)
    session.flush()
    session.add(PlaceRow(enrollment_id=enrollment.id, place=places.saved(Place(language=new.language))))
    session.flush()
    audit.record(session.connection(), now, by, "enrolled", f"enrollment:{enrollment.id}", consent="recorded" if consent else "missing")
    if not phone.consent:
        worklist.open_task(
            session.connection(), parts.procedure, "no_consent", reason=f"enrollment:{enrollment.id}", now=now, enrollment_id=enrollment.id
        )
    return _planned(session, parts, enrollment, now, "enrolled")


def reschedule(session: Session, parts: Parts, enrollment: Enrollment, procedure_at: datetime, by: str) -> Enrolled:
    """Move the test: everything moves with it, and she is told. Raises Refused."""
    now = parts.clock.now()
    _must_run(enrollment)
    _must_be_ahead(procedure_at, now)
    if procedure_at != enrollment.procedure_at or enrollment.test == "not_done":
        if enrollment.test == "done":
            raise Refused("the test is done already")
        other_date = procedure_at != enrollment.procedure_at
        enrollment.procedure_at = procedure_at
        enrollment.date_version += 1
        enrollment.changed_at = now
        enrollment.test, enrollment.done_at = "booked", None
        plan.forget_open_question(session, enrollment)
        audit.record(session.connection(), now, by, "rescheduled", f"enrollment:{enrollment.id}", version=str(enrollment.date_version))
        if other_date:
            _tell(session, parts, enrollment, "moved", now)
    return _planned(session, parts, enrollment, now, "rescheduled")


def _planned(session: Session, parts: Parts, enrollment: Enrollment, now: datetime, cause: str) -> Enrolled:
    """Plan her texts; a phone that opted out is told by a person instead."""
    planned = plan.bring_in_line(session, parts, enrollment, now, cause)
    unheard = planned.muted == "opted_out"
    if unheard:
        plan.phone_her(session.connection(), parts, enrollment, now)
    return Enrolled(enrollment.id, planned.count, planned.phone_her or unheard, planned.muted)


def cancel(session: Session, parts: Parts, enrollment: Enrollment, by: str) -> None:
    """The test won't take place: nothing more is sent but that. Saying it twice changes nothing. Raises Refused."""
    if enrollment.state == EnrollmentState.CANCELED:
        return
    now = parts.clock.now()
    _must_run(enrollment)
    enrollment.state, enrollment.ended_at = EnrollmentState.CANCELED, now
    audit.record(session.connection(), now, by, "canceled", f"enrollment:{enrollment.id}")
    plan.forget_open_question(session, enrollment)
    plan.bring_in_line(session, parts, enrollment, now, "canceled")
    _tell(session, parts, enrollment, "canceled", now)


def mark_done(session: Session, parts: Parts, enrollment: Enrollment, by: str) -> None:
    """The test is done: aftercare starts. Saying it twice changes nothing. Raises Refused."""
    if enrollment.test == "done":
        return
    now = parts.clock.now()
    _must_run(enrollment)
    enrollment.test, enrollment.done_at = "done", now
    plan.note_test_done(session, enrollment)
    audit.record(session.connection(), now, by, "test done", f"enrollment:{enrollment.id}")
    plan.bring_in_line(session, parts, enrollment, now, "test done")


def mark_not_done(session: Session, parts: Parts, enrollment: Enrollment, by: str) -> None:
    """The test was not done: no aftercare, and a scheduler rebooks or closes. Saying it twice changes nothing. Raises Refused."""
    if enrollment.test == "not_done":
        return
    now = parts.clock.now()
    _must_run(enrollment)
    enrollment.test, enrollment.done_at = "not_done", None
    audit.record(session.connection(), now, by, "test not done", f"enrollment:{enrollment.id}")
    connection = session.connection()
    reason = f"enrollment:{enrollment.id}:{enrollment.date_version}"
    worklist.open_task(connection, parts.procedure, "test_not_done", reason=reason, now=now, enrollment_id=enrollment.id)
    plan.bring_in_line(session, parts, enrollment, now, "test not done")


def set_language(session: Session, parts: Parts, enrollment: Enrollment, language: str, by: str) -> None:
    """Write to her in another language from now on; what waits is worded anew."""
    if enrollment.language != language:
        now = parts.clock.now()
        enrollment.language = language
        audit.record(session.connection(), now, by, "language changed", f"enrollment:{enrollment.id}", language=language)
        plan.bring_in_line(session, parts, enrollment, now, "language changed")


def opt_out(session: Session, parts: Parts, phone_id: int, why: str, by: str) -> None:
    """Send nothing more to this phone, from this commit on. Saying it twice changes nothing."""
    phone = session.get_one(Phone, phone_id)
    if phone.opted_out_at is None:
        now = parts.clock.now()
        phone.opted_out_at, phone.opted_out_why = now, why
        session.flush()
        audit.record(session.connection(), now, by, "opted out", f"phone:{phone_id}", why=why)
        outbox.suppress_phone(session.connection(), phone_id, now, "opted out")


def resume(session: Session, parts: Parts, phone_id: int, consent: str, by: str) -> None:
    """Text this phone again: `consent` tells how, when and to whom she agreed. What is still ahead is planned anew."""
    now = parts.clock.now()
    phone = session.get_one(Phone, phone_id)
    phone.consent, phone.consent_at = consent, now
    phone.opted_out_at = phone.opted_out_why = None
    session.flush()
    audit.record(session.connection(), now, by, "resumed", f"phone:{phone_id}")
    for enrollment in session.scalars(
        select(Enrollment).where(Enrollment.phone_id == phone_id, Enrollment.state == EnrollmentState.RUNNING)
    ):
        enrollment.changed_at = now
        plan.bring_in_line(session, parts, enrollment, now, "resumed")


def _must_be_ahead(procedure_at: datetime, now: datetime) -> None:
    if procedure_at <= now:
        raise Refused("the test would be in the past")
    if procedure_at > now + FARTHEST:
        raise Refused(f"the test would be more than {FARTHEST.days} days ahead: is the year right?")


def _must_run(enrollment: Enrollment) -> None:
    if enrollment.state != EnrollmentState.RUNNING:
        raise Refused(f"enrollment {enrollment.id} is {enrollment.state}")


def _tell(session: Session, parts: Parts, enrollment: Enrollment, text: str, now: datetime) -> None:
    """Tell her what staff changed, in sending hours; who has heard of no date yet need not forget one."""
    if not plan.has_heard(session, enrollment):
        return
    zone = ZoneInfo(enrollment.timezone)
    message = outbox.NewMessage(
        key=f"enrollment:{enrollment.id}:{text}:{enrollment.date_version}",
        weight=Weight.ROUTINE,
        phone_id=enrollment.phone_id,
        enrollment_id=enrollment.id,
        step=text,
        text_key=text,
        planned=True,
        date_version=enrollment.date_version,
        body=parts.wording.text(text, enrollment.language, Visit(enrollment.procedure_at, enrollment.site_timezone)),
        due_at=plan.next_allowed(now, zone, parts.procedure),
        not_after=enrollment.procedure_at,
    )
    outbox.put(session.connection(), [plan.muted(session, message)], now, text)

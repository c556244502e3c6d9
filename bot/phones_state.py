"""What the phones page shows, read in one look: two phones, the texts that are planned, the case, the worklist."""

import json
from collections.abc import Iterable
from datetime import datetime
from typing import Any, Final

from sqlalchemy import and_, func, select
from sqlalchemy.orm import Session

from bot import demo, escalations, oncall
from bot.models import CaseState, Enrollment, Escalation, InboundText, OutgoingMessage, Patient, Phone, SimulatedText, Staff, Task
from bot.parts import Parts

MOST_PATIENTS: Final = 50
MOST_STAFF: Final = 12
MOST_TEXTS: Final = 200
Shown = dict[str, Any]
SUGGESTIONS: Final = {
    ("en", "before"): ("1", "2", "can I eat before?", "I have a fever of 101", "I can't make it that day", "STOP"),
    ("en", "after"): ("1", "2", "I have a fever of 101", "there is clear fluid on the pad", "my throat feels tight", "STOP"),
    ("es", "before"): ("1", "2", "¿puedo comer antes?", "tengo fiebre de 38.5", "no puedo ir ese día", "STOP"),
    ("es", "after"): ("1", "2", "tengo fiebre de 38.5", "hay líquido claro en el apósito", "siento la garganta cerrada", "STOP"),
}


def shown(session: Session, parts: Parts, enrollment_id: int | None, staff_id: int | None, now: datetime) -> Shown:
    """The page's state; an id that is unknown or not given stands for the newest patient or the nurse on call."""
    patients, staff = _patients(session), _staff(session, now)
    names = {member["id"]: member["name"] for member in staff}
    return {
        "now": now.replace(second=0, microsecond=0).isoformat(),  # to the minute: an unchanged page has an unchanged ETag
        "demo": parts.settings.demo.enabled,
        "clinic": parts.settings.clinic.name,
        "timezone": parts.settings.clinic.timezone,
        "patients": patients,
        "staff": staff,
        "patient": _patient(session, parts, _chosen(enrollment_id, patients), names),
        "nurse": _nurse(session, _chosen(staff_id, sorted(staff, key=lambda member: member["on_call"] != "nurse"))),
    }


def defaults(session: Session, parts: Parts, now: datetime) -> Shown:
    """What the form for another patient holds to begin with."""
    zone = parts.settings.clinic.timezone
    return {
        "number": demo.free_number(session),
        "procedure_at": demo.booked_at(now, zone).strftime("%Y-%m-%dT%H:%M"),
        "timezone": zone,
        "language": parts.settings.clinic.language,
    }


def _chosen(wanted: int | None, among: Iterable[Shown]) -> int | None:
    ids = [each["id"] for each in among]
    return wanted if wanted in ids else next(iter(ids), None)


def _patients(session: Session) -> list[Shown]:
    rows = session.execute(
        select(Enrollment.id, Patient.name, Enrollment.state)
        .join(Patient, Patient.id == Enrollment.patient_id)
        .order_by(Enrollment.id.desc())
        .limit(MOST_PATIENTS)
    )
    return [{"id": row.id, "name": row.name, "state": row.state} for row in rows]


def _staff(session: Session, now: datetime) -> list[Shown]:
    """Everybody who has a phone, with the rung they are on call for and the last text that reached them."""
    rungs = {person.staff_id: rung for rung in oncall.RUNGS for person in oncall.on_call(session.connection(), rung, now)}
    to_phone = and_(SimulatedText.phone_hash == Phone.number_hash, SimulatedText.direction == "out")
    last = select(func.max(SimulatedText.id)).where(to_phone).correlate(Phone).scalar_subquery()
    rows = session.execute(
        select(Staff.id, Staff.name, Staff.role, last.label("last_text"))
        .join(Phone, Phone.id == Staff.phone_id)
        .where(Staff.disabled_at.is_(None))
        .order_by(Staff.id)
        .limit(MOST_STAFF)
    )
    return [
        {"id": row.id, "name": row.name, "role": row.role, "on_call": rungs.get(row.id), "last_text": row.last_text or 0} for row in rows
    ]


def _patient(session: Session, parts: Parts, enrollment_id: int | None, names: dict[int, str]) -> Shown | None:
    if enrollment_id is None:
        return None
    enrollment = session.get_one(Enrollment, enrollment_id)
    phone = session.get_one(Phone, enrollment.phone_id)
    stage = "after" if enrollment.test == "done" else "before"
    texts = _texts(session, phone)
    return {
        "id": enrollment.id,
        "name": session.get_one(Patient, enrollment.patient_id).name,
        "number": phone.number,
        "language": enrollment.language,
        "timezone": enrollment.timezone,
        "site_timezone": enrollment.site_timezone,
        "procedure": enrollment.procedure,
        "procedure_at": enrollment.procedure_at.isoformat(),
        "test": enrollment.test,
        "state": enrollment.state,
        "opted_out": phone.opted_out_at is not None,
        "texts": texts,
        "suggestions": ["START"] if phone.opted_out_at else list(SUGGESTIONS[enrollment.language, stage]),
        "planned": _planned(session, enrollment_id),
        "case": _case(session, enrollment_id, names),
        "tasks": _tasks(session, parts, enrollment_id),
    }


def _nurse(session: Session, staff_id: int | None) -> Shown | None:
    if staff_id is None:
        return None
    staff = session.get_one(Staff, staff_id)
    phone = session.get_one(Phone, staff.phone_id)
    hers = select(Escalation.code).where(Escalation.state == CaseState.ACKNOWLEDGED, Escalation.acknowledged_by == staff_id)
    take = [f"ACK {code}" for code in escalations.open_codes_paged_to(session, phone.id)]
    close = [f"DONE {code} {words}" for code in session.scalars(hers) for words in ("REACHED", "NO CONTACT")]
    return {
        "id": staff.id,
        "name": staff.name,
        "number": phone.number,
        "role": staff.role,
        "texts": _texts(session, phone),
        "suggestions": take + close or ["HELP"],
    }


def _texts(session: Session, phone: Phone) -> list[Shown]:
    """What the phone holds, oldest first; of its own texts also how they were understood."""
    rows = session.execute(
        select(SimulatedText, InboundText.urgency, InboundText.intent, InboundText.why)
        .outerjoin(InboundText, and_(InboundText.carrier_id == SimulatedText.carrier_id, InboundText.staff_id.is_(None)))
        .where(SimulatedText.phone_hash == phone.number_hash)
        .order_by(SimulatedText.id.desc())
        .limit(MOST_TEXTS)
    ).all()
    return [
        {
            "id": text.id,
            "direction": text.direction,
            "body": text.body,
            "at": text.at.isoformat(),
            "urgency": urgency,
            "intent": intent,
            "why": json.loads(why) if why else [],
        }
        for text, urgency, intent, why in reversed(rows)
    ]


def _planned(session: Session, enrollment_id: int) -> list[Shown]:
    rows = session.scalars(
        select(OutgoingMessage)
        .where(OutgoingMessage.enrollment_id == enrollment_id, OutgoingMessage.planned)
        .order_by(OutgoingMessage.due_at, OutgoingMessage.id)
    )
    return [
        {
            "id": row.id,
            "step": row.step,
            "repeat": row.repeat,
            "at": (row.sent_at or row.due_at).isoformat(),
            "state": row.state,
            "reason": row.reason,
            "body": row.body,
        }
        for row in rows
    ]


def _case(session: Session, enrollment_id: int, names: dict[int, str]) -> Shown | None:
    """Her newest case with every hop, in the names of those who took part."""
    case = session.scalar(select(Escalation).where(Escalation.enrollment_id == enrollment_id).order_by(Escalation.id.desc()).limit(1))
    if case is None:
        return None
    hops = escalations.history(session, case)
    return {
        "code": case.code,
        "urgency": case.urgency,
        "state": case.state,
        "outcome": case.outcome,
        "next_action_at": case.next_action_at.isoformat() if case.next_action_at else None,
        "history": [{"id": hop.id, "at": hop.at.isoformat(), "what": hop.what, "who": _name(hop.who, names)} for hop in hops],
    }


def _name(who: str, names: dict[int, str]) -> str:
    kind, _, number = who.partition(":")
    return names.get(int(number), who) if kind == "staff" else who


def _tasks(session: Session, parts: Parts, enrollment_id: int) -> list[Shown]:
    rows = session.scalars(select(Task).where(Task.enrollment_id == enrollment_id, Task.state == "open").order_by(Task.due_at, Task.id))
    return [{"id": row.id, "title": parts.procedure.tasks[row.kind].title, "role": parts.procedure.tasks[row.kind].role} for row in rows]

"""Open warning signs: paged at once, climbing until a person acknowledges, closed with an outcome.

A case that is not closed always has a next action time. Whoever changes a case locks its row first.
"""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from bot import audit, oncall, outbox
from bot.models import CaseState, Enrollment, Escalation, EscalationEvent, Phone, State, Weight
from bot.oncall import Reachable
from bot.outbox import MESSAGE, NewMessage
from bot.parts import Parts
from bot.settings import Ladder
from flows.effects import Escalate
from flows.understanding import Urgency

LETTERS: Final = "BCDFGHJKLMNPQRTVWXZ2346789"  # no vowels: a code is never a word; nothing that looks like something else
OUTCOMES: Final = ("reached", "advised", "sent_to_emergency", "no_contact", "no_action_needed")
OPERATOR_EVERY_SECONDS: Final = 600  # a case nobody takes tells the operator again, but not every minute
NOT_ACTED_ON: Final = (State.PENDING, State.CLAIMED)


class NoSuchCase(Exception):
    """No case has this code."""


@dataclass(frozen=True, slots=True)
class Acknowledged:
    """What came of an acknowledgement: `by` has the case now; `first` tells whether it was this act that took it."""

    by: int | None
    first: bool
    closed: bool = False


def raise_sign(session: Session, parts: Parts, enrollment_id: int, sign: Escalate, now: datetime) -> None:
    """Open the patient's case and page, or add the sign to the one that is open."""
    case = session.scalar(_open_case_on_phone(enrollment_id).with_for_update(of=Escalation))
    if case is None:
        _open(session, parts, enrollment_id, sign, now)
        return
    kinds = [str(kind) for kind in sign.kinds]
    case.kinds = case.kinds + [kind for kind in kinds if kind not in case.kinds]
    if sign.urgency > Urgency[case.urgency.upper()]:
        case.urgency = sign.urgency.word
        case.state, case.acknowledged_at, case.acknowledged_by = CaseState.OPEN, None, None
        _start_ladder(session, parts, case, now, f"raised to {case.urgency}", "patient")
        return
    _note(session, case, now, "new sign", "patient")
    again = timedelta(minutes=parts.settings.escalation.new_sign_again_minutes)
    if case.state == CaseState.ACKNOWLEDGED and case.acknowledged_by and (case.last_page_at is None or now - case.last_page_at >= again):
        holder = oncall.get_staff(session, case.acknowledged_by)
        if holder.phone_id is not None and holder.disabled_at is None:
            _page(session, parts, case, [Reachable(holder.id, holder.phone_id)], now, "new_sign", f"sign:{now.timestamp():.0f}")


def _open_case_on_phone(enrollment_id: int) -> Select[Escalation]:
    """The open case of whoever is on this enrollment's phone: enrolled anew, a patient keeps the case of the time before."""
    phone_id = select(Enrollment.phone_id).where(Enrollment.id == enrollment_id).scalar_subquery()
    cases = select(Escalation).join(Enrollment, Enrollment.id == Escalation.enrollment_id)
    return cases.where(Enrollment.phone_id == phone_id, Escalation.state != CaseState.CLOSED)


def climb(session: Session, parts: Parts, case: Escalation, now: datetime) -> None:
    """Do what is due for a case whose next action time has come: page the next rung, or re-open one without an outcome."""
    if case.state == CaseState.ACKNOWLEDGED:
        case.state = CaseState.OPEN
        _start_ladder(session, parts, case, now, "re-opened: no outcome", "system")
    elif case.next_rung >= len(_ladder(parts, case).ladder):
        _start_ladder(session, parts, case, now, "nobody acknowledged: the ladder starts anew", "system")
        _tell_operators(session, parts, case, now)
    else:
        _climb_on(session, parts, case, now)


def due(session: Session, now: datetime, limit: int) -> Sequence[Escalation]:
    """The cases whose next action time has come, locked; one that another process works on is left to it."""
    waiting = select(Escalation).where(Escalation.state != CaseState.CLOSED, Escalation.next_action_at <= now)
    return session.scalars(waiting.order_by(Escalation.next_action_at).limit(limit).with_for_update(skip_locked=True)).all()


def page_failed(session: Session, escalation_id: int, now: datetime) -> None:
    """A page did not reach its nurse: the next rung is due at once."""
    case = session.get(Escalation, escalation_id, with_for_update=True)
    if case is not None and case.state == CaseState.OPEN and case.next_action_at is not None and case.next_action_at > now:
        case.next_action_at = now
        _note(session, case, now, "page not delivered: next rung at once", "system")


def acknowledge(session: Session, parts: Parts, code: str, staff_id: int, now: datetime, how: str) -> Acknowledged:
    """Take a case. Whoever comes second is told who has it; nothing changes. Raises NoSuchCase."""
    case = _find(session, code)
    if case.state == CaseState.CLOSED:
        return Acknowledged(case.acknowledged_by, first=False, closed=True)
    if case.state == CaseState.ACKNOWLEDGED:
        return Acknowledged(case.acknowledged_by, first=False)
    case.state, case.acknowledged_at, case.acknowledged_by = CaseState.ACKNOWLEDGED, now, staff_id
    case.next_action_at = now + timedelta(minutes=_ladder(parts, case).reopen_minutes)
    _note(session, case, now, f"acknowledged by {how}", f"staff:{staff_id}")
    _stop_paging(session, case, now)
    audit.record(session.connection(), now, f"staff:{staff_id}", "acknowledged", f"escalation:{case.id}", how=how)
    return Acknowledged(staff_id, first=True)


def resolve(session: Session, code: str, staff_id: int, outcome: str, note: str | None, now: datetime) -> bool:
    """Close a case with its outcome, acknowledged or not. False when it was closed before: nothing changes. Raises NoSuchCase."""
    case = _find(session, code)
    if case.state == CaseState.CLOSED:
        return False
    case.state, case.outcome, case.note, case.closed_at, case.next_action_at = CaseState.CLOSED, outcome, note, now, None
    _note(session, case, now, f"resolved: {outcome}", f"staff:{staff_id}")
    _stop_paging(session, case, now)
    audit.record(session.connection(), now, f"staff:{staff_id}", "resolved", f"escalation:{case.id}", outcome=outcome)
    return True


def open_codes_paged_to(session: Session, phone_id: int) -> list[str]:
    """The codes of the open cases that this phone was paged for, oldest first."""
    paged = select(MESSAGE.c.escalation_id).where(MESSAGE.c.phone_id == phone_id, MESSAGE.c.escalation_id.is_not(None))
    return list(
        session.scalars(
            select(Escalation.code).where(Escalation.state == CaseState.OPEN, Escalation.id.in_(paged)).order_by(Escalation.opened_at)
        )
    )


def history(session: Session, case: Escalation) -> Sequence[EscalationEvent]:
    """Every hop of a case, in order."""
    return session.scalars(select(EscalationEvent).where(EscalationEvent.escalation_id == case.id).order_by(EscalationEvent.id)).all()


def _find(session: Session, code: str) -> Escalation:
    case = session.scalar(select(Escalation).where(Escalation.code == code.upper()).with_for_update())
    if case is None:
        raise NoSuchCase(f"there is no case {code}")
    return case


def _open(session: Session, parts: Parts, enrollment_id: int, sign: Escalate, now: datetime) -> None:
    case = Escalation(
        code=_new_code(session),
        enrollment_id=enrollment_id,
        urgency=sign.urgency.word,
        kinds=[str(kind) for kind in sign.kinds],
        state=CaseState.OPEN,
        opened_at=now,
        ladder_from=now,
        cycle=0,
    )
    session.add(case)
    session.flush()
    _start_ladder(session, parts, case, now, "opened", "patient")


def _new_code(session: Session) -> str:
    """Four letters that no case ever had."""
    while True:
        code = "".join(secrets.choice(LETTERS) for _ in range(4))
        if session.scalar(select(Escalation.id).where(Escalation.code == code)) is None:
            return code


def _ladder(parts: Parts, case: Escalation) -> Ladder:
    ladders = parts.settings.escalation
    return ladders.emergency if case.urgency == "emergency" else ladders.urgent


def _start_ladder(session: Session, parts: Parts, case: Escalation, now: datetime, what: str, who: str) -> None:
    case.ladder_from, case.next_rung, case.next_action_at = now, 0, now
    case.cycle += 1
    _note(session, case, now, what, who)
    _climb_on(session, parts, case, now)


def _climb_on(session: Session, parts: Parts, case: Escalation, now: datetime) -> None:
    """Page the next rung; one with nobody on call is passed over at once."""
    ladder = _ladder(parts, case)
    connection = session.connection()
    paged = False
    while not paged and case.next_rung < len(ladder.ladder):
        number, rung = case.next_rung, ladder.ladder[case.next_rung].rung
        case.next_rung += 1
        people = oncall.on_call(connection, rung, now)
        paged = bool(people)
        if paged:
            _page(session, parts, case, people, now, "page_again" if number or case.cycle > 1 else "page", f"rung:{number}")
        else:
            _note(session, case, now, f"nobody on call: {rung}", "system")
    if case.next_rung < len(ladder.ladder):
        case.next_action_at = max(now, case.ladder_from + timedelta(minutes=ladder.ladder[case.next_rung].after_minutes))
    elif paged:
        case.next_action_at = now + timedelta(minutes=ladder.again_minutes)
    else:
        case.next_action_at = now + timedelta(minutes=parts.settings.escalation.nobody_again_minutes)
        _tell_operators(session, parts, case, now)


def _page(session: Session, parts: Parts, case: Escalation, people: Sequence[Reachable], now: datetime, text: str, step: str) -> None:
    enrollment = session.get_one(Enrollment, case.enrollment_id)
    unreachable = session.get_one(Phone, enrollment.phone_id).opted_out_at is not None
    body = parts.wording.staff_text(
        "page_opted_out" if unreachable else text,
        urgency=case.urgency.upper(),
        code=case.code,
        signs=_signs(parts, case),
        day_words=_day_words(enrollment, now),
        deadline=deadline(parts, now),
    )
    pages = [
        NewMessage(
            key=f"case:{case.id}:{case.cycle}:{step}:staff:{person.staff_id}",
            weight=Weight.SAFETY,
            phone_id=person.phone_id,
            text_key=text,
            step=text,
            body=body,
            due_at=now,
            escalation_id=case.id,
        )
        for person in people
    ]
    outbox.put(session.connection(), pages, now, "page")
    case.last_page_at = now
    for person in people:
        _note(session, case, now, "paged", f"staff:{person.staff_id}")


def _tell_operators(session: Session, parts: Parts, case: Escalation, now: datetime) -> None:
    body = parts.wording.staff_text("operator_nobody", code=case.code, urgency=case.urgency.upper())
    messages = [
        NewMessage(
            key=f"case:{case.id}:operator:{int(now.timestamp()) // OPERATOR_EVERY_SECONDS}:staff:{person.staff_id}",
            weight=Weight.SAFETY,
            phone_id=person.phone_id,
            text_key="operator_nobody",
            step="operator_nobody",
            body=body,
            due_at=now,
            escalation_id=case.id,
        )
        for person in oncall.operators(session.connection())
    ]
    if outbox.put(session.connection(), messages, now, "nobody acknowledged"):
        _note(session, case, now, "operator told", "system")


def _stop_paging(session: Session, case: Escalation, now: datetime) -> None:
    outbox.move(
        session.connection(),
        MESSAGE.c.escalation_id == case.id,
        NOT_ACTED_ON,
        State.CANCELED,
        now=now,
        cause="case taken",
        reason="case taken",
    )


def _note(session: Session, case: Escalation, now: datetime, what: str, who: str) -> None:
    session.add(EscalationEvent(escalation_id=case.id, at=now, what=what, who=who, state=case.state))
    session.flush()


def _signs(parts: Parts, case: Escalation) -> str:
    """What a page may say of the signs: general words, each once."""
    return ", ".join(dict.fromkeys(parts.procedure.signs[kind] for kind in case.kinds)) or parts.procedure.signs["other_symptom"]


def _day_words(enrollment: Enrollment, now: datetime) -> str:
    """`day 2 after test`, `before test`: counted in the patient's days."""
    zone = ZoneInfo(enrollment.timezone)
    done = enrollment.done_at or enrollment.procedure_at
    if now < done:
        return "before test"
    return f"day {(now.astimezone(zone).date() - done.astimezone(zone).date()).days} after test"


def deadline(parts: Parts, now: datetime) -> str:
    """By when a nurse is asked to call, on the clinic's clock: `2:45 PM`."""
    local = (now + timedelta(minutes=parts.settings.escalation.callback_within_minutes)).astimezone(
        ZoneInfo(parts.settings.clinic.timezone)
    )
    return f"{local.hour % 12 or 12}:{local:%M %p}"

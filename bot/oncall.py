"""Who is on call: shifts on three rungs, with or without times."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import Connection, Select, or_, select
from sqlalchemy.orm import Session

from bot import audit, people
from bot.models import Phone, Shift, Staff, table

STAFF: Final = table(Staff)
SHIFT: Final = table(Shift)
PHONE: Final = table(Phone)
RUNGS: Final = ("nurse", "backup", "lead")
TAKE_CASES: Final = ("nurse", "lead")
ROLES: Final = ("scheduler", "nurse", "lead", "admin")


class BadStaff(Exception):
    """That can't be said of staff; the message says why."""


@dataclass(frozen=True, slots=True)
class Reachable:
    """Somebody who can be paged."""

    staff_id: int
    phone_id: int


def add_staff(session: Session, name: str, role: str, number: str | None, email: str | None, by: str, now: datetime) -> int:
    """Remember somebody who works here, and return the id. Raises BadStaff and people.BadNumber."""
    if not name.strip():
        raise BadStaff("a member of staff needs a name")
    phone_id = people.remember_phone(session.connection(), people.e164(number), now) if number else None
    if phone_id is not None and (other := _holder(session, phone_id)) is not None:
        raise BadStaff(f"this phone is staff {other}'s already")
    staff = Staff(name=name.strip(), role=role, phone_id=phone_id, email=email, created_at=now)
    session.add(staff)
    session.flush()
    audit.record(session.connection(), now, by, "staff added", f"staff:{staff.id}", role=role)
    return staff.id


def _holder(session: Session, phone_id: int) -> int | None:
    return session.scalar(select(Staff.id).where(Staff.phone_id == phone_id, Staff.disabled_at.is_(None)))


def get_staff(session: Session, staff_id: int) -> Staff:
    """The member of staff with this number. Raises BadStaff."""
    staff = session.get(Staff, staff_id)
    if staff is None:
        raise BadStaff(f"there is no staff {staff_id}")
    return staff


def require_nurse(session: Session, staff_id: int) -> Staff:
    """The member of staff, who must be one that may take a case: a nurse or lead who works here. Raises BadStaff."""
    staff = get_staff(session, staff_id)
    if staff.disabled_at is not None:
        raise BadStaff(f"staff {staff_id} is disabled")
    if staff.role not in TAKE_CASES:
        raise BadStaff(f"staff {staff_id} is {staff.role}: only a nurse or lead takes cases")
    return staff


def disable(session: Session, staff_id: int, by: str, now: datetime) -> None:
    """This one works here no more: no page, no command. Saying it twice changes nothing. Raises BadStaff."""
    staff = get_staff(session, staff_id)
    if staff.disabled_at is None:
        staff.disabled_at = now
        audit.record(session.connection(), now, by, "staff disabled", f"staff:{staff_id}")


def add_shift(
    session: Session, staff_id: int, rung: str, from_at: datetime | None, until_at: datetime | None, by: str, now: datetime
) -> int:
    """Put somebody on call, and return the shift's id. Raises BadStaff."""
    staff = get_staff(session, staff_id)
    if staff.disabled_at is not None:
        raise BadStaff(f"staff {staff_id} is disabled")
    if staff.phone_id is None:
        raise BadStaff(f"staff {staff_id} has no phone to page")
    if from_at is not None and until_at is not None and until_at <= from_at:
        raise BadStaff("the shift ends before it begins")
    shift = Shift(staff_id=staff_id, rung=rung, from_at=from_at, until_at=until_at)
    session.add(shift)
    session.flush()
    audit.record(session.connection(), now, by, "shift added", f"shift:{shift.id}", rung=rung, staff=str(staff_id))
    return shift.id


def remove_shift(session: Session, shift_id: int, by: str, now: datetime) -> None:
    """Take a shift off the rota. Saying it twice changes nothing. Raises BadStaff."""
    shift = session.get(Shift, shift_id)
    if shift is None:
        raise BadStaff(f"there is no shift {shift_id}")
    if shift.removed_at is None:
        shift.removed_at = now
        audit.record(session.connection(), now, by, "shift removed", f"shift:{shift_id}")


def on_call(connection: Connection, rung: str, now: datetime) -> list[Reachable]:
    """Who can be paged on this rung now: on shift, still working here, with a phone that takes texts."""
    c = SHIFT.c
    rows = connection.execute(
        _reachable()
        .join(SHIFT, c.staff_id == STAFF.c.id)
        .where(
            c.rung == rung, c.removed_at.is_(None), or_(c.from_at.is_(None), c.from_at <= now), or_(c.until_at.is_(None), c.until_at > now)
        )
    )
    return [Reachable(row.id, row.phone_id) for row in rows]


def operators(connection: Connection) -> list[Reachable]:
    """Who is told when the machine itself needs help: staff with the role admin."""
    return [Reachable(row.id, row.phone_id) for row in connection.execute(_reachable().where(STAFF.c.role == "admin"))]


def _reachable() -> Select[tuple[int, int]]:
    working = STAFF.c.disabled_at.is_(None), PHONE.c.opted_out_at.is_(None)
    return select(STAFF.c.id, STAFF.c.phone_id).join(PHONE, PHONE.c.id == STAFF.c.phone_id).where(*working).distinct().order_by(STAFF.c.id)

"""Commands for staff and the rota."""

from datetime import datetime
from typing import Any

import click
from sqlalchemy import select

from bot import oncall
from bot.cli.common import Group, Moment, as_json, by_whom, in_zone, iso, on_database, row_id, say, show
from bot.models import Shift, Staff
from bot.parts import parts


@click.group(cls=Group)
def staff() -> None:
    """Who works here."""


@staff.command("add")
@click.option("--name", required=True)
@click.option("--role", type=click.Choice(oncall.ROLES), required=True)
@click.option("--phone", help="Where pages go.")
@click.option("--email")
@by_whom
@as_json
@on_database
def add_staff(name: str, role: str, phone: str | None, email: str | None, by: str, as_json: bool) -> None:
    """Add somebody."""
    with parts().db.write() as session:
        new = oncall.add_staff(session, name, role, phone, email, by, parts().clock.now())
    say(as_json, {"staff": str(new)}, f"Staff {new} added.")


@staff.command("list")
@as_json
@on_database
def list_staff(as_json: bool) -> None:
    """Everybody who works or worked here."""
    with parts().db.read() as session:
        rows: list[dict[str, Any]] = [
            {
                "staff": str(row.id),
                "name": row.name,
                "role": row.role,
                "phone": row.phone_id is not None,
                "disabled_at": iso(row.disabled_at),
            }
            for row in session.scalars(select(Staff).order_by(Staff.id))
        ]
    show(as_json, rows, ("staff", "name", "role", "phone", "disabled_at"), "Nobody works here yet: flask staff add --help")


@staff.command("disable")
@click.argument("staff_id", type=row_id)
@by_whom
@as_json
@on_database
def disable_staff(staff_id: int, by: str, as_json: bool) -> None:
    """Somebody works here no more."""
    with parts().db.write() as session:
        oncall.disable(session, staff_id, by, parts().clock.now())
    say(as_json, {"staff": str(staff_id), "disabled": True}, f"Staff {staff_id} is disabled.")


@click.group("on-call", cls=Group)
def on_call() -> None:
    """Who is paged when."""


@on_call.command("add")
@click.option("--staff", "staff_id", type=row_id, required=True)
@click.option("--rung", type=click.Choice(oncall.RUNGS), required=True)
@click.option("--from", "from_at", type=Moment(), help="On the clinic's clock.  [default: always]")
@click.option("--until", "until_at", type=Moment(), help="On the clinic's clock.  [default: always]")
@by_whom
@as_json
@on_database
def add_shift(staff_id: int, rung: str, from_at: datetime | None, until_at: datetime | None, by: str, as_json: bool) -> None:
    """Put somebody on call."""
    zone = parts().settings.clinic.timezone
    begins = None if from_at is None else in_zone(from_at, zone)
    ends = None if until_at is None else in_zone(until_at, zone)
    with parts().db.write() as session:
        shift = oncall.add_shift(session, staff_id, rung, begins, ends, by, parts().clock.now())
    say(as_json, {"shift": str(shift)}, f"Shift {shift} added.")


@on_call.command("list")
@as_json
@on_database
def list_shifts(as_json: bool) -> None:
    """The rota."""
    with parts().db.read() as session:
        shifts = session.execute(
            select(Shift, Staff.name).join(Staff, Staff.id == Shift.staff_id).where(Shift.removed_at.is_(None)).order_by(Shift.id)
        )
        rows: list[dict[str, Any]] = [
            {
                "shift": str(shift.id),
                "staff": str(shift.staff_id),
                "name": name,
                "rung": shift.rung,
                "from": iso(shift.from_at),
                "until": iso(shift.until_at),
            }
            for shift, name in shifts
        ]
    show(as_json, rows, ("shift", "rung", "staff", "name", "from", "until"), "Nobody is on call: flask on-call add --help")


@on_call.command("remove")
@click.argument("shift_id", type=row_id)
@by_whom
@as_json
@on_database
def remove_shift(shift_id: int, by: str, as_json: bool) -> None:
    """Take a shift off the rota."""
    with parts().db.write() as session:
        oncall.remove_shift(session, shift_id, by, parts().clock.now())
    say(as_json, {"shift": str(shift_id), "removed": True}, f"Shift {shift_id} is removed.")


COMMANDS = (staff, on_call)

"""Commands of a nurse: what is open, take it, close it."""

from typing import Any

import click
from sqlalchemy import select

from bot import escalations, oncall
from bot.cli.common import Command, as_json, iso, on_database, row_id, say, show
from bot.models import Escalation
from bot.parts import parts

by_staff = click.option("--by", "staff", type=row_id, required=True, help="The number of the member of staff.")


@click.command("escalations", cls=Command)
@as_json
@on_database
def list_escalations(as_json: bool) -> None:
    """Every warning sign that was escalated, with its history, newest first."""
    with parts().db.read() as session:
        rows: list[dict[str, Any]] = [
            {
                "code": case.code,
                "enrollment": str(case.enrollment_id),
                "urgency": case.urgency,
                "kinds": case.kinds,
                "state": case.state,
                "opened_at": iso(case.opened_at),
                "acknowledged_at": iso(case.acknowledged_at),
                "acknowledged_by": None if case.acknowledged_by is None else str(case.acknowledged_by),
                "outcome": case.outcome,
                "closed_at": iso(case.closed_at),
                "next_action_at": iso(case.next_action_at),
                "history": [{"at": iso(event.at), "what": event.what, "who": event.who} for event in escalations.history(session, case)],
            }
            for case in session.scalars(select(Escalation).order_by(Escalation.id.desc()))
        ]
    show(
        as_json,
        rows,
        ("code", "urgency", "state", "enrollment", "opened_at", "acknowledged_by", "outcome"),
        "No warning sign was escalated.",
    )


@click.command(cls=Command)
@click.argument("code")
@by_staff
@as_json
@on_database
def acknowledge(code: str, staff: int, as_json: bool) -> None:
    """Take a case: paging stops, and its outcome is waited for."""
    with parts().db.write() as session:
        oncall.require_nurse(session, staff)
        taken = escalations.acknowledge(session, parts(), code, staff, parts().clock.now(), "command")
    value = {"code": code.upper(), "acknowledged_by": None if taken.by is None else str(taken.by), "first": taken.first}
    say(as_json, value, f"{code.upper()} is staff {taken.by}'s." if taken.by else f"{code.upper()} is closed already.")


@click.command(cls=Command)
@click.argument("code")
@by_staff
@click.option("--outcome", type=click.Choice(escalations.OUTCOMES), required=True)
@click.option("--note", help="Anything the next nurse should know.")
@as_json
@on_database
def resolve(code: str, staff: int, outcome: str, note: str | None, as_json: bool) -> None:
    """Close a case with its outcome."""
    with parts().db.write() as session:
        oncall.require_nurse(session, staff)
        first = escalations.resolve(session, code, staff, outcome, note, parts().clock.now())
    say(as_json, {"code": code.upper(), "state": "closed", "first": first}, f"{code.upper()} is closed.")


COMMANDS = (list_escalations, acknowledge, resolve)

"""Commands of a scheduler: enroll, move, cancel, mark, and see what a patient gets and got."""

import json
from datetime import datetime
from typing import Any

import click
from sqlalchemy import select

from bot import enrollments, worklist
from bot.cli.common import Command, Moment, Zone, as_json, by_whom, in_zone, iso, local_iso, on_database, row_id, say, show
from bot.enrollments import Enrolled, NewEnrollment
from bot.models import InboundText, OutgoingMessage
from bot.parts import parts
from bot.settings import LANGUAGES

enrollment_id = click.argument("enrollment", type=row_id)


@click.command(cls=Command)
@click.option("--name", required=True, help="The patient's name; no text ever carries it.")
@click.option("--phone", required=True, help="Her mobile phone, +12025550143.")
@click.option("--procedure-at", type=Moment(), required=True, help="Day and time of the test, 2026-12-01T09:30, on the site's clock.")
@click.option("--timezone", type=Zone(), help="Where she is: sending hours.  [default: the clinic's]")
@click.option("--site-timezone", type=Zone(), help="Where the test is: the day and time that texts print.  [default: --timezone]")
@click.option("--language", type=click.Choice(LANGUAGES), help="Of her texts.  [default: the clinic's]")
@click.option("--consent", help="How, when and to whom she agreed to texts. Without it nothing is sent.")
@by_whom
@as_json
@on_database
def enroll(
    name: str,
    phone: str,
    procedure_at: datetime,
    timezone: str | None,
    site_timezone: str | None,
    language: str | None,
    consent: str | None,
    by: str,
    as_json: bool,
) -> None:
    """Enroll a patient: her texts are planned at once."""
    clinic = parts().settings.clinic
    here = timezone or clinic.timezone
    site = site_timezone or here
    new = NewEnrollment(name, phone, in_zone(procedure_at, site), here, site, language or clinic.language, consent)
    with parts().db.write() as session:
        enrolled = enrollments.enroll(session, parts(), new, by)
    _say_planned(as_json, enrolled, "enrolled")


@click.command(cls=Command)
@enrollment_id
@click.option("--procedure-at", type=Moment(), required=True, help="The new day and time, on the site's clock.")
@by_whom
@as_json
@on_database
def reschedule(enrollment: int, procedure_at: datetime, by: str, as_json: bool) -> None:
    """Move the test: every text moves with it, and she is told."""
    with parts().db.write() as session:
        found = enrollments.find(session, enrollment)
        moved = enrollments.reschedule(session, parts(), found, in_zone(procedure_at, found.site_timezone), by)
    _say_planned(as_json, moved, "moved")


def _say_planned(as_json: bool, enrolled: Enrolled, what: str) -> None:
    value = {"enrollment": str(enrolled.id), "planned": enrolled.planned, "phone_her": enrolled.phone_her, "muted": enrolled.muted}
    notes = [f"Enrollment {enrolled.id} {what}: {enrolled.planned} texts are planned."]
    if enrolled.muted is not None:
        why = "this phone has opted out" if enrolled.muted == "opted_out" else "no consent is recorded"
        notes.append(f"None is sent, because {why}: `flask resume {enrolled.id} --consent` once she agrees.")
    if enrolled.phone_her:
        notes.append("Her preparation can't all reach her by text: phone her (see `flask tasks`).")
    say(as_json, value, " ".join(notes))


@click.command(cls=Command)
@enrollment_id
@by_whom
@as_json
@on_database
def cancel(enrollment: int, by: str, as_json: bool) -> None:
    """The test won't take place: nothing more is sent but that."""
    with parts().db.write() as session:
        enrollments.cancel(session, parts(), enrollments.find(session, enrollment), by)
    say(as_json, {"enrollment": str(enrollment), "state": "canceled"}, f"Enrollment {enrollment} is canceled.")


@click.command(cls=Command)
@enrollment_id
@by_whom
@as_json
@on_database
def done(enrollment: int, by: str, as_json: bool) -> None:
    """The test is done: aftercare starts."""
    with parts().db.write() as session:
        enrollments.mark_done(session, parts(), enrollments.find(session, enrollment), by)
    say(as_json, {"enrollment": str(enrollment), "test": "done"}, f"Enrollment {enrollment}: test done, aftercare starts.")


@click.command("not-done", cls=Command)
@enrollment_id
@by_whom
@as_json
@on_database
def not_done(enrollment: int, by: str, as_json: bool) -> None:
    """The test was not done: no aftercare, and a task to rebook or close."""
    with parts().db.write() as session:
        enrollments.mark_not_done(session, parts(), enrollments.find(session, enrollment), by)
    say(as_json, {"enrollment": str(enrollment), "test": "not_done"}, f"Enrollment {enrollment}: test not done, no aftercare.")


@click.command("opt-out", cls=Command)
@enrollment_id
@click.option("--by", required=True, help="Who took her wish.")
@as_json
@on_database
def opt_out(enrollment: int, by: str, as_json: bool) -> None:
    """She told staff that she wants no more texts."""
    with parts().db.write() as session:
        enrollments.opt_out(session, parts(), enrollments.find(session, enrollment).phone_id, "staff", by)
    say(as_json, {"enrollment": str(enrollment), "opted_out": True}, f"Enrollment {enrollment}: no more texts to this phone.")


@click.command(cls=Command)
@enrollment_id
@click.option("--consent", required=True, help="How, when and to whom she agreed to texts.")
@by_whom
@as_json
@on_database
def resume(enrollment: int, consent: str, by: str, as_json: bool) -> None:
    """She agreed to texts again, or for the first time: what is still ahead is sent."""
    if not consent.strip():
        raise enrollments.Refused("--consent must say how, when and to whom she agreed")
    with parts().db.write() as session:
        enrollments.resume(session, parts(), enrollments.find(session, enrollment).phone_id, consent, by)
    say(as_json, {"enrollment": str(enrollment), "opted_out": False}, f"Enrollment {enrollment}: texts go on.")


@click.command(cls=Command)
@enrollment_id
@as_json
@on_database
def upcoming(enrollment: int, as_json: bool) -> None:
    """Every planned text, past ones too, with its moment, state and words."""
    with parts().db.read() as session:
        zone = enrollments.look_at(session, enrollment).timezone
        planned = select(OutgoingMessage).where(OutgoingMessage.enrollment_id == enrollment, OutgoingMessage.planned)
        rows = [
            {
                "step": row.step,
                "due_at": iso(row.due_at),
                "due_local": local_iso(row.due_at, zone),
                "state": row.state,
                "body": row.body,
                "reason": row.reason,
                "repeat": row.repeat,
                "date_version": row.date_version,
                "not_after": iso(row.not_after),
                "segments": row.segments,
            }
            for row in session.scalars(planned.order_by(OutgoingMessage.due_at, OutgoingMessage.id))
        ]
    show(as_json, rows, ("due_local", "step", "state", "body"), "Nothing is planned.")


@click.command(cls=Command)
@enrollment_id
@as_json
@on_database
def transcript(enrollment: int, as_json: bool) -> None:
    """All texts of an enrollment, in order; of hers also how urgent each was taken to be, and the words that decided."""
    with parts().db.read() as session:
        enrollments.look_at(session, enrollment)
        inbound = session.scalars(select(InboundText).where(InboundText.enrollment_id == enrollment))
        entries: list[tuple[datetime, int, dict[str, Any]]] = [(row.received_at, 0, _received(row)) for row in inbound]
        outgoing = select(OutgoingMessage).where(OutgoingMessage.enrollment_id == enrollment, OutgoingMessage.attempts > 0)
        for row in session.scalars(outgoing.order_by(OutgoingMessage.id)):
            entry: dict[str, Any] = {
                "direction": "out", "body": row.body, "state": row.state, "step": row.step, "urgency": None, "why": [],
            }  # fmt: skip
            entries.append((row.sent_at or row.created_at, row.id, entry))
    rows = [{"at": iso(at), **entry} for at, _, entry in sorted(entries, key=lambda entry: entry[:2])]
    show(as_json, rows, ("at", "direction", "state", "urgency", "why", "body"), "No text has gone either way.")


def _received(row: InboundText) -> dict[str, Any]:
    why = json.loads(row.why)
    return {"direction": "in", "body": row.body, "state": "received", "step": None, "urgency": row.urgency, "why": why}


@click.command(cls=Command)
@as_json
@on_database
def tasks(as_json: bool) -> None:
    """The worklist: what a person must do."""
    with parts().db.read() as session:
        kinds = parts().procedure.tasks
        rows = [
            {
                "id": str(row.id),
                "kind": row.kind,
                "enrollment": None if row.enrollment_id is None else str(row.enrollment_id),
                "state": row.state,
                "opened_at": iso(row.opened_at),
                "due_at": iso(row.due_at),
                "title": kinds[row.kind].title,
                "role": kinds[row.kind].role,
                "done_by": row.done_by,
            }
            for row in worklist.rows(session)
        ]
    show(as_json, rows, ("id", "state", "due_at", "enrollment", "role", "title"), "Nothing to do.")


@click.command("finish-task", cls=Command)
@click.argument("task", type=row_id)
@click.option("--by", required=True, help="Who did it.")
@as_json
@on_database
def finish_task(task: int, by: str, as_json: bool) -> None:
    """A task is done."""
    with parts().db.write() as session:
        worklist.finish(session, task, by, parts().clock.now())
    say(as_json, {"task": str(task), "state": "done"}, f"Task {task} is done.")


COMMANDS = (enroll, reschedule, cancel, done, not_done, opt_out, resume, upcoming, transcript, tasks, finish_task)

"""Work for a person: rows that somebody finishes. Danger is not here; it pages (escalations.py)."""

from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection, Row, select
from sqlalchemy.orm import Session

from bot import audit
from bot.database import insert_new
from bot.models import Task, table
from flows.procedure import Procedure

TASK: Final = table(Task)


class NoSuchTask(Exception):
    """There is no task with this number."""


def open_task(
    connection: Connection,
    procedure: Procedure,
    kind: str,
    *,
    reason: str,
    now: datetime,
    enrollment_id: int | None = None,
    phone_id: int | None = None,
    inbound_text_id: int | None = None,
    message_id: int | None = None,
) -> None:
    """Put a row on the worklist. The same kind for the same `reason` (`text:12`, `enrollment:7:2`) never opens twice."""
    row = {
        "key": f"{kind}:{reason}",
        "kind": kind,
        "enrollment_id": enrollment_id,
        "phone_id": phone_id,
        "inbound_text_id": inbound_text_id,
        "message_id": message_id,
        "state": "open",
        "opened_at": now,
        "due_at": now + procedure.tasks[kind].due_after,
    }
    connection.execute(insert_new(connection, TASK), [row])


def open_about(
    connection: Connection, procedure: Procedure, kind: str, message: Row[Any], now: datetime, reason: str | None = None
) -> None:
    """The same about an outgoing text, once for each text unless another `reason` is given."""
    open_task(
        connection,
        procedure,
        kind,
        reason=reason or f"message:{message.id}",
        now=now,
        enrollment_id=message.enrollment_id,
        phone_id=message.phone_id,
        message_id=message.id,
    )


def finish(session: Session, task_id: int, by: str, now: datetime) -> None:
    """Close a row; closing it twice changes nothing. Raises NoSuchTask."""
    task = session.get(Task, task_id)
    if task is None:
        raise NoSuchTask(f"there is no task {task_id}")
    if task.state == "done":
        return
    task.state, task.done_at, task.done_by = "done", now, by
    audit.record(session.connection(), now, by, "finished task", f"task:{task_id}")


def rows(session: Session) -> list[Task]:
    """The whole worklist, what is due first first."""
    return list(session.scalars(select(Task).order_by(Task.state.desc(), Task.due_at, Task.id)))

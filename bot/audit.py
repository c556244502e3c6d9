"""Who changed what: one row an act, in ids and our own words."""

from datetime import datetime
from typing import Final

from sqlalchemy import Connection, insert

from bot.models import AuditEvent, table

AUDIT: Final = table(AuditEvent)


def record(connection: Connection, at: datetime, actor: str, what: str, subject: str, **details: str) -> None:
    """Remember one act in the same transaction that carries it out. Never a name, a number or a body."""
    connection.execute(insert(AUDIT), [{"at": at, "actor": actor, "what": what, "subject": subject, "details": details}])

"""Approvals of texts: a clinician's for every one, a translator's too for Spanish, each for the very words it was given for."""

from collections.abc import Mapping
from datetime import datetime
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot import audit
from bot.database import insert_new
from bot.models import Approval, table
from flows.procedure import Procedure

ROLES: Final[Mapping[str, tuple[str, ...]]] = {"en": ("clinician",), "es": ("clinician", "translator")}
ALL_ROLES: Final = ("clinician", "translator")


def approve(session: Session, procedure: Procedure, language: str, role: str, by: str, now: datetime) -> int:
    """Record that `by` approves all texts of a language as they are worded now; return how many are newly approved."""
    connection = session.connection()
    rows = [
        {"text_key": key, "language": language, "sha256": text.sha256, "role": role, "approved_by": by, "approved_at": now}
        for key, text in procedure.texts[language].items()
    ]
    new = insert_new(connection, table(Approval), table(Approval).c.id)
    count = len(connection.execute(new, rows).all())
    audit.record(connection, now, role, "texts approved", f"language:{language}", by=by, count=str(count))
    return count


def unapproved(session: Session, procedure: Procedure) -> dict[tuple[str, str], int]:
    """How many texts lack an approval whose hash still matches, by language and role; only those where any does."""
    given = set(map(tuple, session.execute(select(Approval.language, Approval.text_key, Approval.sha256, Approval.role))))
    missing = {
        (language, role): sum((language, key, text.sha256, role) not in given for key, text in texts.items())
        for language, texts in procedure.texts.items()
        for role in ROLES.get(language, ALL_ROLES)
    }
    return {which: count for which, count in missing.items() if count}

"""Whether this deployment may send texts to real phones, item by item."""

from collections.abc import Iterator
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError

from bot import approvals, oncall, schema
from bot.migrations import HEAD
from bot.models import Staff
from bot.parts import Parts
from bot.settings import on_loopback


@dataclass(frozen=True, slots=True)
class Item:
    """One thing that a live deployment needs. `refuses`: without it a live start is refused."""

    name: str
    ok: bool
    detail: str
    refuses: bool = True


def check(parts: Parts) -> list[Item]:
    """Every item, the missing ones with what to do."""
    return [*_settings(parts), *_database(parts)]


def what_refuses_start(parts: Parts) -> list[Item]:
    """What keeps a live deployment from starting; nothing of a local one."""
    return [item for item in check(parts) if item.refuses and not item.ok] if parts.settings.live else []


def _settings(parts: Parts) -> Iterator[Item]:
    settings = parts.settings
    yield Item("carrier", settings.live, 'carrier.kind = "twilio" with the real twilio.api_url' if not settings.live else "Twilio")
    missing = settings.secrets.missing if settings.live else ("TWILIO_ACCOUNT_SID and the other secrets, from the environment",)
    yield Item("secrets", not missing, f"set {', '.join(missing)}" if missing else "from the environment")
    public = settings.twilio.public_url
    reached = public.startswith("https:") and not on_loopback(public)
    yield Item("public address", reached, public if reached else "set twilio.public_url to the https address that Twilio reaches")
    sender = settings.twilio.messaging_service_sid or settings.twilio.from_number
    yield Item("sender", bool(sender), sender or "set twilio.from_number or twilio.messaging_service_sid")
    line = settings.nurse_line
    how = "set nurse_line.name, .phone, .toll_free, and confirmed_by and confirmed_on once somebody has called them day and night"
    yield Item("nurse line", line.confirmed, f"confirmed by {line.confirmed_by} on {line.confirmed_on}" if line.confirmed else how)
    yield Item("demo", not settings.demo.enabled, "off" if not settings.demo.enabled else "set demo.enabled = false")


def _database(parts: Parts) -> Iterator[Item]:
    try:
        if not parts.db.is_postgres:
            schema.upgrade(parts.db)
        at = schema.version(parts.db)
        yield Item("database", at == HEAD, "up to date" if at == HEAD else "run `flask upgrade-database`")
        if at != HEAD:
            return
        with parts.db.read() as session:
            missing = approvals.unapproved(session, parts.procedure)
            for language, texts in parts.procedure.texts.items():
                for role in approvals.ROLES.get(language, approvals.ALL_ROLES):
                    lacking = missing.get((language, role), 0)
                    how = f"{lacking} of {len(texts)} texts: `flask approve --language {language} --by NAME --as {role}`"
                    yield Item(f"texts in {language}, {role}", not lacking, how if lacking else f"{len(texts)} approved")
            for rung in oncall.RUNGS:
                people = oncall.on_call(session.connection(), rung, parts.clock.now())
                detail = f"{len(people)} on call now" if people else f"nobody: `flask on-call add --staff ID --rung {rung}`"
                yield Item(f"on call: {rung}", bool(people), detail, refuses=False)
            operators = session.scalars(
                select(Staff.id).where(Staff.role == "admin", Staff.phone_id.is_not(None), Staff.disabled_at.is_(None))
            )
            told = bool(operators.all())
            yield Item("operator", told, "told of trouble" if told else "add staff with role admin and a phone", refuses=False)
    except SQLAlchemyError as mistake:
        yield Item("database", False, f"can't be reached ({type(mistake).__name__})")

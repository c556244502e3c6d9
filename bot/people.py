"""Phones and who holds them: a patient, a member of staff, or nobody we know."""

from dataclasses import dataclass
from datetime import datetime, timedelta

import phonenumbers
from sqlalchemy import Connection, and_, bindparam, case, func, select

from bot import privacy
from bot.database import insert_new
from bot.models import Enrollment, EnrollmentState, OutgoingMessage, Phone, PlaceRow, Staff, table
from bot.prepared import run


class BadNumber(Exception):
    """That is not a phone number; the message says how to write one."""


def e164(number: str, region: str = "US") -> str:
    """The number in E.164 form. Raises BadNumber."""
    try:
        parsed = phonenumbers.parse(number, region)
    except phonenumbers.NumberParseException as mistake:
        raise BadNumber(f"{number!r} is not a phone number; write it like +12025550143") from mistake
    if not phonenumbers.is_possible_number(parsed):
        raise BadNumber(f"{number!r} is not a possible phone number; write it like +12025550143")
    return phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164)


@dataclass(frozen=True, slots=True)
class Sender:
    """Who texts: a phone, with the newest enrollment on it and its place, or a member of staff.

    `answered_lately`: how many texts of the phone were answered in the last hour.
    """

    phone_id: int
    opted_out: bool
    answered_lately: int
    enrollment: "EnrolledSender | None"
    staff_id: int | None


@dataclass(frozen=True, slots=True)
class EnrolledSender:
    """What a turn of the conversation needs of an enrollment."""

    id: int
    language: str
    timezone: str
    site_timezone: str
    procedure_at: datetime
    test: str
    done_at: datetime | None
    state: str
    place: str | None


PHONE, ENROLLMENT, PLACE, STAFF = table(Phone).c, table(Enrollment).c, table(PlaceRow).c, table(Staff).c
MESSAGE = table(OutgoingMessage).c
_ANSWERED_LATELY = (
    select(func.count(MESSAGE.inbound_text_id.distinct()))
    .where(MESSAGE.phone_id == PHONE.id, MESSAGE.inbound_text_id.is_not(None), MESSAGE.created_at > bindparam("an_hour_ago"))
    .scalar_subquery()
)
_SENDER = (
    select(
        PHONE.id,
        PHONE.opted_out_at,
        _ANSWERED_LATELY,
        STAFF.id,
        ENROLLMENT.id,
        ENROLLMENT.language,
        ENROLLMENT.timezone,
        ENROLLMENT.site_timezone,
        ENROLLMENT.procedure_at,
        ENROLLMENT.test,
        ENROLLMENT.done_at,
        ENROLLMENT.state,
        PLACE.place,
    )
    .select_from(table(Phone))
    .outerjoin(table(Staff), and_(STAFF.phone_id == PHONE.id, STAFF.disabled_at.is_(None)))
    .outerjoin(table(Enrollment), ENROLLMENT.phone_id == PHONE.id)
    .outerjoin(table(PlaceRow), PLACE.enrollment_id == ENROLLMENT.id)
    .where(PHONE.number_hash == bindparam("number_hash"))
    .order_by(case((ENROLLMENT.state == EnrollmentState.RUNNING, 0), else_=1), ENROLLMENT.id.desc())
    .limit(1)
)


def find_sender(connection: Connection, number: str, now: datetime) -> Sender:
    """Who texts from this number; an unknown phone is remembered. Locks the phone, so its texts are worked one after the other."""
    number_hash = privacy.ring().phone_hash(number)
    wanted = {"number_hash": number_hash, "an_hour_ago": now - timedelta(hours=1)}
    rows = run(connection, _SENDER, wanted) if _locked(connection, number_hash) else []
    if not rows:
        remember_phone(connection, number, now)
        rows = run(connection, _SENDER, wanted)  # anew: while we waited here, its other texts may have been answered
    phone_id, opted_out_at, answered_lately, staff_id, enrollment_id, *rest = rows[0]
    enrolled = None if enrollment_id is None else EnrolledSender(enrollment_id, *rest)
    running = enrolled is not None and enrolled.state == EnrollmentState.RUNNING
    if staff_id is not None and not running:
        enrolled = None  # a nurse who was a patient once texts as a nurse again
    return Sender(phone_id, opted_out_at is not None, answered_lately, enrolled, None if running else staff_id)


def _locked(connection: Connection, number_hash: str) -> bool:
    """Lock the phone with this number, if it is known; on SQLite a write has locked everything."""
    if connection.dialect.name != "postgresql":
        return True
    return connection.execute(select(PHONE.id).where(PHONE.number_hash == number_hash).with_for_update()).first() is not None


def lock_phone(connection: Connection, phone_id: int) -> None:
    """Whatever changes the rows of a phone waits for its turn here (on SQLite every write does so already)."""
    if connection.dialect.name == "postgresql":
        connection.execute(select(PHONE.id).where(PHONE.id == phone_id).with_for_update())


def remember_phone(connection: Connection, number: str, now: datetime) -> int:
    """The id of this number's phone, made if it is new; locked until the end of the transaction."""
    number_hash = privacy.ring().phone_hash(number)
    connection.execute(insert_new(connection, table(Phone)), [{"number_hash": number_hash, "number": number, "created_at": now}])
    return int(connection.execute(select(PHONE.id).where(PHONE.number_hash == number_hash).with_for_update()).scalar_one())

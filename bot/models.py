"""Everything that Prepline remembers. Times are aware UTC; names, numbers and bodies are `Private`.

Words that are stored (states, kinds, roles) are the program's own, the same in every table, export and test.
"""

from datetime import datetime
from enum import StrEnum
from typing import Any, cast

from sqlalchemy import JSON, Boolean, Float, ForeignKey, Index, Integer, String, Table, UniqueConstraint, text
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from bot.database import UtcDateTime
from bot.privacy import Private


def _only(where: str) -> dict[str, Any]:
    """Makes an index leave out every other row, on both databases."""
    return {"sqlite_where": text(where), "postgresql_where": text(where)}


class Base(DeclarativeBase):
    """The parent of all tables."""

    type_annotation_map = {datetime: UtcDateTime, str: String}  # noqa: RUF012 -- SQLAlchemy reads it as it is


def table(model: type[Base]) -> Table:
    """The table of a model, for the statements of the hot path."""
    return cast(Table, model.__table__)


class Phone(Base):
    """A phone, whoever holds it. An opt-out and a consent belong to it, not to a patient."""

    __tablename__ = "phone"
    id: Mapped[int] = mapped_column(primary_key=True)
    number_hash: Mapped[str] = mapped_column(unique=True, comment="keyed hash of the E.164 number")
    number: Mapped[str] = mapped_column(Private("phone.number"))
    opted_out_at: Mapped[datetime | None]
    opted_out_why: Mapped[str | None] = mapped_column(comment="asked, wrong_number, carrier or staff")
    consent: Mapped[str | None] = mapped_column(Private("phone.consent"), comment="how, when and by whom, as text")
    consent_at: Mapped[datetime | None]
    created_at: Mapped[datetime]


class Patient(Base):
    """A person who is prepared for a procedure."""

    __tablename__ = "patient"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(Private("patient.name"))
    created_at: Mapped[datetime]


class EnrollmentState(StrEnum):
    """Whether the journey goes on."""

    RUNNING = "running"
    FINISHED = "finished"
    CANCELED = "canceled"


class Enrollment(Base):
    """One patient in one procedure, reached on one phone."""

    __tablename__ = "enrollment"
    id: Mapped[int] = mapped_column(primary_key=True)
    patient_id: Mapped[int] = mapped_column(ForeignKey("patient.id"))
    phone_id: Mapped[int] = mapped_column(ForeignKey("phone.id"), index=True)
    procedure: Mapped[str] = mapped_column(comment="folder under flows/")
    language: Mapped[str]
    timezone: Mapped[str] = mapped_column(comment="where the patient is: sending hours")
    site_timezone: Mapped[str] = mapped_column(comment="where the test is: the day and time that texts print")
    procedure_at: Mapped[datetime]
    date_version: Mapped[int] = mapped_column(comment="1, and one more with each move: part of the key of every planned text")
    changed_at: Mapped[datetime] = mapped_column(comment="enrolled, moved or resumed: what was due before is late")
    test: Mapped[str] = mapped_column(comment="booked, done or not_done")
    done_at: Mapped[datetime | None]
    state: Mapped[str] = mapped_column(comment="EnrollmentState")
    enrolled_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    __table_args__ = (Index("one_running_enrollment_a_phone", "phone_id", unique=True, **_only("state = 'running'")),)


class PlaceRow(Base):
    """Where a patient is in the conversation, between two turns."""

    __tablename__ = "place"
    enrollment_id: Mapped[int] = mapped_column(ForeignKey("enrollment.id"), primary_key=True)
    place: Mapped[str] = mapped_column(Private("place.place"), comment="flows.effects.Place as JSON")


class Staff(Base):
    """Somebody who works here."""

    __tablename__ = "staff"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(Private("staff.name"))
    role: Mapped[str] = mapped_column(comment="scheduler, nurse, lead or admin")
    phone_id: Mapped[int | None] = mapped_column(ForeignKey("phone.id"), index=True)
    email: Mapped[str | None] = mapped_column(Private("staff.email"))
    created_at: Mapped[datetime]
    disabled_at: Mapped[datetime | None]


class Shift(Base):
    """When a member of staff is on call, and on which rung. Without times: always."""

    __tablename__ = "on_call_shift"
    id: Mapped[int] = mapped_column(primary_key=True)
    staff_id: Mapped[int] = mapped_column(ForeignKey("staff.id"))
    rung: Mapped[str] = mapped_column(comment="nurse, backup or lead")
    from_at: Mapped[datetime | None]
    until_at: Mapped[datetime | None]
    removed_at: Mapped[datetime | None]


class InboundText(Base):
    """A text that came in, and what it was understood to mean."""

    __tablename__ = "inbound_text"
    id: Mapped[int] = mapped_column(primary_key=True)
    carrier_id: Mapped[str] = mapped_column(unique=True, comment="Twilio's MessageSid: the same text never counts twice")
    phone_id: Mapped[int] = mapped_column(ForeignKey("phone.id"))
    enrollment_id: Mapped[int | None] = mapped_column(ForeignKey("enrollment.id"), index=True)
    staff_id: Mapped[int | None] = mapped_column(ForeignKey("staff.id"))
    body: Mapped[str] = mapped_column(Private("inbound_text.body"))
    media: Mapped[int]
    received_at: Mapped[datetime]
    urgency: Mapped[str]
    intent: Mapped[str]
    why: Mapped[str] = mapped_column(Private("inbound_text.why"), comment="the words that decided, as a JSON list")


class State(StrEnum):
    """The states of an outgoing text."""

    PENDING = "pending"  # waits for its time
    CLAIMED = "claimed"  # one process has it; nothing has left
    DISPATCHING = "dispatching"  # an attempt is recorded; it may have left
    ACCEPTED = "accepted"  # the carrier has it
    SENT = "sent"
    DELIVERED = "delivered"
    READ = "read"
    UNDELIVERED = "undelivered"
    FAILED = "failed"
    REJECTED = "rejected"  # the carrier refused it for good
    HELD = "held"  # our configuration is wrong: waits for a person
    UNKNOWN = "unknown"  # it may or may not have left: looked up before anything else
    REVIEW = "review"  # a person decides whether to repeat it
    EXPIRED = "expired"  # it no longer made sense
    SUPPRESSED = "suppressed"  # she opted out, or gave no consent
    CANCELED = "canceled"  # the visit moved or went, or an answer made it needless


class Weight(StrEnum):
    """What is sent first."""

    SAFETY = "safety"  # pages and danger answers
    CLINICAL = "clinical"  # the planned texts of preparation and aftercare
    ROUTINE = "routine"


WEIGHT_ORDER = {Weight.SAFETY: 0, Weight.CLINICAL: 1, Weight.ROUTINE: 2}


class OutgoingMessage(Base):
    """One text that we mean to send, once."""

    __tablename__ = "outgoing_message"
    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(unique=True, comment="the intention; never released, so it is never sent twice")
    weight: Mapped[str] = mapped_column(comment="Weight")
    send_order: Mapped[int] = mapped_column(comment="0 safety, 1 clinical, 2 routine")
    phone_id: Mapped[int] = mapped_column(ForeignKey("phone.id"), index=True)
    enrollment_id: Mapped[int | None] = mapped_column(ForeignKey("enrollment.id"), index=True)
    inbound_text_id: Mapped[int | None] = mapped_column(ForeignKey("inbound_text.id"), index=True, comment="the text that this answers")
    escalation_id: Mapped[int | None] = mapped_column(ForeignKey("escalation.id"), comment="the case that this pages for")
    step: Mapped[str | None] = mapped_column(comment="the planned step, or the key of the text")
    planned: Mapped[bool] = mapped_column(comment="of the timeline: sending hours hold")
    date_version: Mapped[int | None]
    repeat: Mapped[int] = mapped_column(default=0)
    text_key: Mapped[str]
    asks: Mapped[str | None] = mapped_column(comment="the question that it leaves open")
    body: Mapped[str] = mapped_column(Private("outgoing_message.body"))
    segments: Mapped[int]
    due_at: Mapped[datetime]
    not_after: Mapped[datetime | None]
    silent_after_seconds: Mapped[float | None] = mapped_column(Float, comment="no answer this long after sending is a task")
    silent_task: Mapped[str | None]
    silence_at: Mapped[datetime | None] = mapped_column(comment="set when sent: when silence becomes a task")
    state: Mapped[str] = mapped_column(comment="State")
    reason: Mapped[str | None] = mapped_column(comment="why it is in this state, in our own words")
    error_code: Mapped[int | None] = mapped_column(Integer)
    owner: Mapped[str | None] = mapped_column(comment="the process that has it")
    token: Mapped[str | None] = mapped_column(comment="of the latest attempt")
    attempts: Mapped[int] = mapped_column(default=0)
    looks: Mapped[int] = mapped_column(default=0, comment="how often it was looked for at the carrier while unknown")
    look_at: Mapped[datetime | None] = mapped_column(comment="when it is looked for next")
    carrier_id: Mapped[str | None]
    created_at: Mapped[datetime]
    sent_at: Mapped[datetime | None] = mapped_column(comment="the latest attempt")
    __table_args__ = (
        Index("due_messages", "send_order", "due_at", **_only("state = 'pending'")),
        Index("unsettled_messages", "state", "owner", **_only("state IN ('claimed', 'dispatching', 'unknown', 'held')")),
        Index("message_of_carrier_id", "carrier_id", unique=True, **_only("carrier_id IS NOT NULL")),
        Index("pages_of_case", "escalation_id", **_only("escalation_id IS NOT NULL")),
        Index("silences", "silence_at", **_only("silence_at IS NOT NULL")),
    )


class SendAttempt(Base):
    """One try to hand a text to the carrier; committed before the call, so that a crash can't hide it."""

    __tablename__ = "send_attempt"
    id: Mapped[int] = mapped_column(primary_key=True)
    token: Mapped[str] = mapped_column(unique=True, comment="comes back on every delivery receipt")
    message_id: Mapped[int] = mapped_column(ForeignKey("outgoing_message.id"), index=True)
    number: Mapped[int]
    called_at: Mapped[datetime] = mapped_column(comment="real time, as the carrier's own list has it")
    outcome: Mapped[str | None] = mapped_column(comment="accepted, refused, busy or unknown; empty: it never came back")
    carrier_id: Mapped[str | None]
    __table_args__ = (Index("attempt_of_carrier_id", "carrier_id", **_only("carrier_id IS NOT NULL")),)


class DeliveryReceipt(Base):
    """What the carrier said of a text, as it said it; kept for ever, applied only forward."""

    __tablename__ = "delivery_receipt"
    id: Mapped[int] = mapped_column(primary_key=True)
    token: Mapped[str]
    carrier_id: Mapped[str]
    status: Mapped[str]
    error_code: Mapped[int] = mapped_column(default=0)
    received_at: Mapped[datetime]
    applied_at: Mapped[datetime | None]
    __table_args__ = (UniqueConstraint("carrier_id", "status", "error_code", "token"),)


class MessageEvent(Base):
    """The history of an outgoing text: one row a change of state, the last one is its state."""

    __tablename__ = "message_event"
    id: Mapped[int] = mapped_column(primary_key=True)
    message_id: Mapped[int] = mapped_column(ForeignKey("outgoing_message.id"), index=True)
    at: Mapped[datetime]
    state: Mapped[str]
    cause: Mapped[str]


class CaseState(StrEnum):
    """Where an escalation is."""

    OPEN = "open"
    ACKNOWLEDGED = "acknowledged"
    CLOSED = "closed"


class Escalation(Base):
    """A warning sign that waits for a nurse: open, acknowledged, closed (with an outcome)."""

    __tablename__ = "escalation"
    id: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(unique=True, comment="what nurses call it by")
    enrollment_id: Mapped[int] = mapped_column(ForeignKey("enrollment.id"), index=True)
    urgency: Mapped[str]
    kinds: Mapped[list[str]] = mapped_column(JSON)
    state: Mapped[str]
    opened_at: Mapped[datetime]
    ladder_from: Mapped[datetime] = mapped_column(comment="when the ladder started, or started anew")
    cycle: Mapped[int] = mapped_column(default=0, comment="how often it started")
    next_rung: Mapped[int] = mapped_column(default=0)
    next_action_at: Mapped[datetime | None] = mapped_column(comment="never empty while it is not closed")
    acknowledged_at: Mapped[datetime | None]
    acknowledged_by: Mapped[int | None] = mapped_column(ForeignKey("staff.id"))
    last_page_at: Mapped[datetime | None]
    outcome: Mapped[str | None]
    note: Mapped[str | None] = mapped_column(Private("escalation.note"))
    closed_at: Mapped[datetime | None]
    __table_args__ = (
        Index("one_open_case_a_patient", "enrollment_id", unique=True, **_only("state <> 'closed'")),
        Index("cases_to_act_on", "next_action_at", **_only("state <> 'closed'")),
    )


class EscalationEvent(Base):
    """The history of a case: every hop."""

    __tablename__ = "escalation_event"
    id: Mapped[int] = mapped_column(primary_key=True)
    escalation_id: Mapped[int] = mapped_column(ForeignKey("escalation.id"), index=True)
    at: Mapped[datetime]
    what: Mapped[str]
    who: Mapped[str] = mapped_column(comment="staff:3, patient or system: never a name")
    state: Mapped[str] = mapped_column(comment="of the case, after this")


class Task(Base):
    """A row of the worklist."""

    __tablename__ = "task"
    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(unique=True, comment="the reason; the same one never opens twice")
    kind: Mapped[str]
    enrollment_id: Mapped[int | None] = mapped_column(ForeignKey("enrollment.id"), index=True)
    phone_id: Mapped[int | None] = mapped_column(ForeignKey("phone.id"))
    inbound_text_id: Mapped[int | None] = mapped_column(ForeignKey("inbound_text.id"))
    message_id: Mapped[int | None] = mapped_column(ForeignKey("outgoing_message.id"))
    state: Mapped[str] = mapped_column(comment="open or done")
    opened_at: Mapped[datetime]
    due_at: Mapped[datetime]
    done_at: Mapped[datetime | None]
    done_by: Mapped[str | None]


class AuditEvent(Base):
    """Who changed or saw what; ids and our own words, never patient data."""

    __tablename__ = "audit_event"
    id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime]
    actor: Mapped[str] = mapped_column(comment="staff:3, patient, system or command")
    what: Mapped[str]
    subject: Mapped[str] = mapped_column(comment="enrollment:7, staff:3, ...")
    details: Mapped[dict[str, str]] = mapped_column(JSON)


class Approval(Base):
    """A clinician's or translator's approval of one text, as it was worded then."""

    __tablename__ = "approval"
    id: Mapped[int] = mapped_column(primary_key=True)
    text_key: Mapped[str]
    language: Mapped[str]
    sha256: Mapped[str]
    role: Mapped[str] = mapped_column(comment="clinician or translator")
    approved_by: Mapped[str]
    approved_at: Mapped[datetime]
    __table_args__ = (UniqueConstraint("text_key", "language", "sha256", "role"),)


class Process(Base):
    """A running process, by its start; one that is silent has died, and what it held is taken over. Real time."""

    __tablename__ = "process"
    id: Mapped[str] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(comment="web or ticks")
    started_at: Mapped[datetime]
    alive_at: Mapped[datetime] = mapped_column(comment="real time, the database's own clock is not asked")
    stopped: Mapped[bool] = mapped_column(Boolean, default=False)


class Tick(Base):
    """When each tick last ended well. Real time."""

    __tablename__ = "tick"
    name: Mapped[str] = mapped_column(primary_key=True)
    ended_at: Mapped[datetime]


class DemoClockRow(Base):
    """How far the demo clock was moved."""

    __tablename__ = "demo_clock"
    id: Mapped[int] = mapped_column(primary_key=True)
    ahead_seconds: Mapped[float] = mapped_column(Float, default=0)


class SimulatedText(Base):
    """What a pretend phone shows: the simulator's own memory, apart from ours."""

    __tablename__ = "simulated_text"
    id: Mapped[int] = mapped_column(primary_key=True)
    carrier_id: Mapped[str] = mapped_column(unique=True)
    phone_hash: Mapped[str] = mapped_column(index=True)
    direction: Mapped[str] = mapped_column(comment="in: from the phone; out: to the phone")
    body: Mapped[str] = mapped_column(Private("simulated_text.body"))
    at: Mapped[datetime]

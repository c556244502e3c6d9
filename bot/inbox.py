"""A text that came in: one transaction that stores it, reads it, takes one turn and carries out what the turn asks for."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final
from uuid import uuid4

from sqlalchemy import Connection, bindparam, insert, select, update
from sqlalchemy.orm import Session

from bot import enrollments, escalations, outbox, places, plan, staff_commands, worklist
from bot.clock import real_now
from bot.database import insert_new, retried_on_deadlock
from bot.models import Enrollment, EnrollmentState, InboundText, PlaceRow, SendAttempt, State, Weight, table
from bot.outbox import MESSAGE, NewMessage
from bot.parts import Parts
from bot.people import EnrolledSender, Sender, find_sender
from bot.prepared import run, run_each
from bot.wording import Visit
from flows import conversation
from flows.effects import (
    AddTask,
    Effect,
    Escalate,
    MarkDone,
    MarkNotDone,
    Place,
    Replan,
    ResumeMessages,
    Say,
    SetLanguage,
    StopMessages,
)
from flows.hearing import stage_of
from flows.stage import stage_at
from flows.understanding import Awaiting, Context, Intent, Reading, read

INBOUND: Final = table(InboundText)
ATTEMPT: Final = table(SendAttempt)
PLACE: Final = table(PlaceRow)

# Put together once, because that takes longer than running them.
NEW_ATTEMPT: Final = insert(ATTEMPT)
SAVE_PLACE: Final = update(PLACE).where(PLACE.c.enrollment_id == bindparam("enrollment")).values(place=bindparam("saved"))
NO_LONGER_SILENT: Final = (
    update(MESSAGE).where(MESSAGE.c.enrollment_id == bindparam("enrollment"), MESSAGE.c.silence_at.is_not(None)).values(silence_at=None)
)


@dataclass(frozen=True, slots=True)
class Received:
    """A text as the carrier handed it over. `carrier_answers`: it has told the patient of her opt-out or opt-in itself."""

    carrier_id: str
    from_number: str
    body: str
    media: int
    carrier_answers: bool = False


@dataclass(frozen=True, slots=True)
class Reply:
    """A text that goes back with the answer to the webhook; `token` comes back on its receipt."""

    message_id: int
    body: str
    token: str


@dataclass(slots=True)
class Turn:
    """One text being worked on."""

    connection: Connection
    parts: Parts
    now: datetime
    text: Received
    text_id: int
    sender: Sender
    language: str
    said: list[NewMessage]

    @contextmanager
    def objects(self) -> Iterator[Session]:
        """The same transaction with objects, for what few texts ask for."""
        with Session(self.connection, expire_on_commit=False) as session, session.begin():
            yield session


@retried_on_deadlock
def receive(parts: Parts, text: Received) -> list[Reply]:
    """Work one text, and return what is answered at once. The same text again gets the same answer and changes nothing."""
    now = parts.clock.now()
    with parts.db.write_rows() as connection:
        sender = find_sender(connection, text.from_number, now)
        place, reading = _understand(parts, sender, text, now)
        text_id = _store(connection, text, sender, reading, now)
        if text_id is None:
            return _answer_again(connection, text.carrier_id)
        turn = Turn(connection, parts, now, text, text_id, sender, place.language, [])
        if sender.staff_id is not None:
            _staff(turn, sender.staff_id, reading)
        elif sender.enrollment is None:
            _stranger(turn, reading)
        else:
            _patient(turn, sender.enrollment, place, reading)
        return _reply(turn)


def _understand(parts: Parts, sender: Sender, text: Received, now: datetime) -> tuple[Place, Reading]:
    enrolled = sender.enrollment
    if enrolled is None:
        place = Place(stage="aftercare", language=parts.settings.clinic.language, opted_out=sender.opted_out)
    else:
        stage = stage_at(
            parts.procedure,
            procedure_at=enrolled.procedure_at,
            zone=enrolled.timezone,
            test=enrolled.test,
            done_at=enrolled.done_at,
            ended=enrolled.state != EnrollmentState.RUNNING,
            now=now,
        )
        saved = places.loaded(enrolled.place) if enrolled.place else Place()
        place = replace(saved, stage=stage, language=enrolled.language, opted_out=sender.opted_out)
    context = Context(place.language, stage_of(place), Awaiting(place.awaiting), text.media)
    return place, read(text.body, context)


def _store(connection: Connection, text: Received, sender: Sender, reading: Reading, now: datetime) -> int | None:
    """The id of the new row, or None when this text is here already."""
    row = {
        "carrier_id": text.carrier_id,
        "phone_id": sender.phone_id,
        "enrollment_id": sender.enrollment.id if sender.enrollment else None,
        "staff_id": sender.staff_id,
        "body": text.body,
        "media": text.media,
        "received_at": now,
        "urgency": reading.urgency.word,
        "intent": reading.intent,
        "why": json.dumps(reading.why, ensure_ascii=False),
    }
    new = run(connection, insert_new(connection, INBOUND, INBOUND.c.id), row)
    return new[0][0] if new else None


def _answer_again(connection: Connection, carrier_id: str) -> list[Reply]:
    answers = (
        select(MESSAGE.c.id, MESSAGE.c.body, MESSAGE.c.token)
        .join(INBOUND, INBOUND.c.id == MESSAGE.c.inbound_text_id)
        .where(INBOUND.c.carrier_id == carrier_id)
        .order_by(MESSAGE.c.id)
    )
    return [Reply(*row) for row in connection.execute(answers)]


def _patient(turn: Turn, enrolled: EnrolledSender, place: Place, reading: Reading) -> None:
    step = conversation.step(place, reading, turn.parts.procedure, turn.now)
    # Written before the effects: planning anew reads the answers.
    if step.place != place:
        run(turn.connection, SAVE_PLACE, {"enrollment": enrolled.id, "saved": places.saved(step.place)})
    if step.place.answers != place.answers or place.awaiting != "none":
        run(turn.connection, NO_LONGER_SILENT, {"enrollment": enrolled.id})
    for effect in step.effects:
        _carry_out(turn, effect)


def _stranger(turn: Turn, reading: Reading) -> None:
    effects = conversation.stranger(reading, turn.language).effects
    muted = turn.sender.opted_out and not any(isinstance(effect, ResumeMessages) for effect in effects)
    for effect in effects:
        if not (muted and isinstance(effect, Say) and not effect.danger):
            _carry_out(turn, effect)


def _staff(turn: Turn, staff_id: int, reading: Reading) -> None:
    """A nurse's command. Her own stop word holds like a patient's, but nothing she writes is read for signs."""
    phone_id, by = turn.sender.phone_id, f"staff:{staff_id}"
    with turn.objects() as session:
        if reading.bare_keyword and reading.does(Intent.OPT_OUT):
            enrollments.opt_out(session, turn.parts, phone_id, "asked", by)
            _add_task(turn, "staff_stopped")
        elif reading.bare_keyword and reading.does(Intent.OPT_IN):
            enrollments.resume(session, turn.parts, phone_id, "texted a start word", by)
        else:
            body = staff_commands.carry_out(session, turn.parts, turn.text.body, staff_id, phone_id, turn.now)
            _answer(turn, "staff_command", body, Weight.ROUTINE)


def _carry_out(turn: Turn, effect: Effect) -> None:
    match effect:
        case Say(text, danger):
            _say(turn, text, danger)
        case AddTask(kind):
            _add_task(turn, kind)
        case _:
            with turn.objects() as session:
                _change(turn, session, effect)


def _change(turn: Turn, session: Session, effect: Effect) -> None:
    parts, phone_id = turn.parts, turn.sender.phone_id
    match effect:
        case Escalate():
            escalations.raise_sign(session, parts, _enrollment(turn, session).id, effect, turn.now)
        case StopMessages(reason):
            enrollments.opt_out(session, parts, phone_id, reason, "patient")
        case ResumeMessages():
            enrollments.resume(session, parts, phone_id, "texted a start word", "patient")
        case SetLanguage(language):
            turn.language = language
            if turn.sender.enrollment:
                enrollments.set_language(session, parts, _enrollment(turn, session), language, "patient")
        case MarkDone():
            if _enrollment(turn, session).state == EnrollmentState.RUNNING:
                enrollments.mark_done(session, parts, _enrollment(turn, session), "patient")
        case MarkNotDone():
            if _enrollment(turn, session).state == EnrollmentState.RUNNING:
                enrollments.mark_not_done(session, parts, _enrollment(turn, session), "patient")
        case Replan():
            plan.bring_in_line(session, parts, _enrollment(turn, session), turn.now, "answered")


def _enrollment(turn: Turn, session: Session) -> Enrollment:
    if turn.sender.enrollment is None:
        raise LookupError("only a patient's turn asks for this")
    return session.get_one(Enrollment, turn.sender.enrollment.id)


def _add_task(turn: Turn, kind: str) -> None:
    enrolled = turn.sender.enrollment
    worklist.open_task(
        turn.connection,
        turn.parts.procedure,
        kind,
        reason=f"text:{turn.text_id}",
        now=turn.now,
        enrollment_id=enrolled.id if enrolled else None,
        phone_id=turn.sender.phone_id,
        inbound_text_id=turn.text_id,
    )


def _say(turn: Turn, text: str, danger: bool) -> None:
    """Answer with an approved text: not to a flood, and not where the carrier has answered. A patient's danger answer always goes."""
    enrolled = turn.sender.enrollment
    if not (danger and enrolled) and (turn.text.carrier_answers or _flooded(turn, danger)):
        return
    visit = Visit(enrolled.procedure_at, enrolled.site_timezone) if enrolled else None
    _answer(turn, text, turn.parts.wording.text(text, turn.language, visit), Weight.SAFETY if danger else Weight.ROUTINE)


def _answer(turn: Turn, text_key: str, body: str, weight: Weight) -> None:
    turn.said.append(
        NewMessage(
            key=f"text:{turn.text_id}:answer:{len(turn.said)}",
            weight=weight,
            phone_id=turn.sender.phone_id,
            enrollment_id=turn.sender.enrollment.id if turn.sender.enrollment else None,
            inbound_text_id=turn.text_id,
            step=text_key,
            text_key=text_key,
            body=body,
            due_at=turn.now,
            state=State.DISPATCHING,
            owner=turn.parts.process.owner,
            token=uuid4().hex,
        )
    )


def _flooded(turn: Turn, danger: bool) -> bool:
    """Whether this phone had so many replies in the last hour that another machine may be talking to us."""
    limits = turn.parts.settings.limits
    known = turn.sender.enrollment is not None or danger
    return turn.sender.answered_lately >= (limits.replies_an_hour if known else limits.stranger_replies_an_hour)


def _reply(turn: Turn) -> list[Reply]:
    """Write the answers with their attempt. They leave with the answer to the webhook; until then their outcome is open."""
    if not turn.said:
        return []
    ids = outbox.put(turn.connection, turn.said, turn.now, "reply")
    replies = [Reply(ids[message.key], message.body, message.token or "") for message in turn.said]
    attempts = [{"token": reply.token, "message_id": reply.message_id, "number": 1, "called_at": real_now()} for reply in replies]
    run_each(turn.connection, NEW_ATTEMPT, attempts)
    return replies

"""A text that came in: one transaction that stores it, reads it, takes one turn and carries out what the turn asks for."""

import json
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final
from uuid import uuid4

from sqlalchemy import Connection, func, insert, select, update
from sqlalchemy.orm import Session

from bot import enrollments, escalations, outbox, places, plan, staff_commands, worklist
from bot.clock import real_now
from bot.database import insert_new, retried_on_deadlock
from bot.models import Enrollment, EnrollmentState, InboundText, PlaceRow, SendAttempt, State, Weight, table
from bot.outbox import MESSAGE, NewMessage
from bot.parts import Parts
from bot.people import EnrolledSender, Sender, find_sender
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

    session: Session
    parts: Parts
    now: datetime
    text: Received
    text_id: int
    sender: Sender
    language: str
    said: list[NewMessage]
    flooded: bool | None = None


@retried_on_deadlock
def receive(parts: Parts, text: Received) -> list[Reply]:
    """Work one text, and return what is answered at once. The same text again gets the same answer and changes nothing."""
    now = parts.clock.now()
    with parts.db.write() as session:
        connection = session.connection()
        sender = find_sender(connection, text.from_number, now)
        place, reading = _understand(parts, sender, text, now)
        text_id = _store(connection, text, sender, reading, now)
        if text_id is None:
            return _answer_again(connection, text.carrier_id)
        turn = Turn(session, parts, now, text, text_id, sender, place.language, [])
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
    return connection.execute(insert_new(connection, INBOUND).returning(INBOUND.c.id), [row]).scalar()


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
    change = update(PLACE).where(PLACE.c.enrollment_id == enrolled.id).values(place=places.saved(step.place))
    turn.session.connection().execute(change)
    if step.place.answers != place.answers or place.awaiting != "none":
        _no_longer_silent(turn.session.connection(), enrolled.id)
    for effect in step.effects:
        _carry_out(turn, effect)


def _no_longer_silent(connection: Connection, enrollment_id: int) -> None:
    """She answered: silence after an earlier question is no work any more."""
    waiting = MESSAGE.c.enrollment_id == enrollment_id, MESSAGE.c.silence_at.is_not(None)
    connection.execute(update(MESSAGE).where(*waiting).values(silence_at=None))


def _stranger(turn: Turn, reading: Reading) -> None:
    for effect in conversation.stranger(reading, turn.language).effects:
        _carry_out(turn, effect)


def _staff(turn: Turn, staff_id: int, reading: Reading) -> None:
    """A nurse's command. Her own stop word holds like a patient's, but nothing she writes is read for signs."""
    if reading.bare_keyword and reading.does(Intent.OPT_OUT):
        enrollments.opt_out(turn.session, turn.parts, turn.sender.phone_id, "asked", f"staff:{staff_id}")
    elif reading.bare_keyword and reading.does(Intent.OPT_IN):
        enrollments.resume(turn.session, turn.parts, turn.sender.phone_id, "texted a start word", f"staff:{staff_id}")
    else:
        body = staff_commands.carry_out(turn.session, turn.parts, turn.text.body, staff_id, turn.sender.phone_id, turn.now)
        _answer(turn, "staff_command", body, Weight.ROUTINE)


def _carry_out(turn: Turn, effect: Effect) -> None:  # noqa: C901 -- one line an effect
    session, parts, now = turn.session, turn.parts, turn.now
    match effect:
        case Say(text, danger):
            _say(turn, text, danger)
        case Escalate():
            escalations.raise_sign(session, parts, _enrollment(turn).id, effect, now)
        case AddTask(kind):
            _add_task(turn, kind)
        case StopMessages(reason):
            enrollments.opt_out(session, parts, turn.sender.phone_id, reason, "patient")
        case ResumeMessages():
            enrollments.resume(session, parts, turn.sender.phone_id, "texted a start word", "patient")
        case SetLanguage(language):
            turn.language = language
            if turn.sender.enrollment:
                enrollments.set_language(session, parts, _enrollment(turn), language, "patient")
        case MarkDone():
            if _enrollment(turn).state == EnrollmentState.RUNNING:
                enrollments.mark_done(session, parts, _enrollment(turn), "patient")
        case MarkNotDone():
            if _enrollment(turn).state == EnrollmentState.RUNNING:
                enrollments.mark_not_done(session, parts, _enrollment(turn), "patient")
        case Replan():
            plan.bring_in_line(session, parts, _enrollment(turn), now, "answered")


def _enrollment(turn: Turn) -> Enrollment:
    if turn.sender.enrollment is None:
        raise LookupError("only a patient's turn asks for this")
    return turn.session.get_one(Enrollment, turn.sender.enrollment.id)


def _add_task(turn: Turn, kind: str) -> None:
    enrolled = turn.sender.enrollment
    worklist.open_task(
        turn.session.connection(),
        turn.parts.procedure,
        kind,
        reason=f"text:{turn.text_id}",
        now=turn.now,
        enrollment_id=enrolled.id if enrolled else None,
        phone_id=turn.sender.phone_id,
        inbound_text_id=turn.text_id,
    )


def _say(turn: Turn, text: str, danger: bool) -> None:
    """Answer with an approved text. A patient's danger answer always goes; others not to a flood, nor where the carrier has answered."""
    enrolled = turn.sender.enrollment
    if (not danger or enrolled is None) and (turn.text.carrier_answers or _flooded(turn)):
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
            token=uuid4().hex,
        )
    )


def _flooded(turn: Turn) -> bool:
    """Whether this phone had so many replies in the last hour that another machine may be talking to us."""
    if turn.flooded is None:
        limits = turn.parts.settings.limits
        allowed = limits.replies_an_hour if turn.sender.enrollment else limits.stranger_replies_an_hour
        mine = MESSAGE.c.phone_id == turn.sender.phone_id, MESSAGE.c.inbound_text_id.is_not(None)
        answered = select(func.count(MESSAGE.c.inbound_text_id.distinct())).where(
            *mine, MESSAGE.c.created_at > turn.now - timedelta(hours=1)
        )
        turn.flooded = turn.session.connection().execute(answered).scalar_one() >= allowed
    return turn.flooded


def _reply(turn: Turn) -> list[Reply]:
    """Write the answers with their attempt. They leave with the answer to the webhook; until then their outcome is open."""
    if not turn.said:
        return []
    connection = turn.session.connection()
    ids = outbox.put(connection, [replace(message, owner=turn.parts.process.owner) for message in turn.said], turn.now, "reply")
    replies = [Reply(ids[message.key], message.body, message.token or "") for message in turn.said]
    attempts = [{"token": reply.token, "message_id": reply.message_id, "number": 1, "called_at": real_now()} for reply in replies]
    connection.execute(insert(ATTEMPT), attempts)
    return replies

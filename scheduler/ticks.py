"""What is due now. Each tick is short, catches up with everything, and may run in any number of processes."""

from collections import defaultdict
from collections.abc import Callable, Iterable
from concurrent.futures import Future, ThreadPoolExecutor, wait
from datetime import timedelta
from typing import Final

from sqlalchemy import select, update

from bot import escalations, sending, worklist
from bot.logs import log
from bot.models import CaseState, Enrollment, EnrollmentState, Escalation, State, Weight
from bot.outbox import MESSAGE, move
from bot.parts import Parts
from scheduler import reconcile

CASES: Final = 100  # climbed in one transaction
ENDED_LATEST: Final = 500


def send_safety(parts: Parts) -> None:
    """Pages and danger answers, never behind anything else."""
    _send_due(parts, (Weight.SAFETY,))


def send_rest(parts: Parts) -> None:
    """Everything else, clinical texts first."""
    _send_due(parts, (Weight.CLINICAL, Weight.ROUTINE))


def _send_due(parts: Parts, weights: tuple[Weight, ...]) -> None:
    """Send until nothing is due. A call that hangs keeps only the texts of its own phone waiting."""
    pace = parts.settings.sending
    sending.put_back(parts, weights)
    with ThreadPoolExecutor(pace.parallel, thread_name_prefix="send") as pool:
        busy: dict[Future[None], int] = {}
        while not parts.process.ending.is_set():
            by_phone: dict[int, list[int]] = defaultdict(list)  # the texts of one phone leave one after the other, in their order
            for message_id, phone_id in sending.claim(parts, weights, pace.batch - len(busy), but=busy.values()):
                by_phone[phone_id].append(message_id)
            busy |= {pool.submit(_send_each, parts, phone_id, ids): phone_id for phone_id, ids in by_phone.items()}
            if not busy:
                return
            for done in wait(busy, timeout=pace.tick_seconds).done:
                del busy[done]
                done.result()


def _send_each(parts: Parts, phone_id: int, message_ids: Iterable[int]) -> None:
    for message_id in message_ids:
        if parts.process.ending.is_set():
            return
        sending.send(parts, message_id, phone_id)


def climb(parts: Parts) -> None:
    """Cases that wait too long go on to the next rung."""
    now = parts.clock.now()
    with parts.db.write() as session:
        for case in escalations.due(session, now, CASES):
            escalations.climb(session, parts, case, now)


def notice_silence(parts: Parts) -> None:
    """A question that nobody answered in time becomes work for a person."""
    now = parts.clock.now()
    with parts.db.write() as session:
        connection = session.connection()
        silent = select(MESSAGE).where(MESSAGE.c.silence_at <= now).with_for_update(skip_locked=True)
        for row in connection.execute(silent).all():
            worklist.open_about(connection, parts.procedure, row.silent_task, row, now)
            connection.execute(update(MESSAGE).where(MESSAGE.c.id == row.id).values(silence_at=None))


def finish_journeys(parts: Parts) -> None:
    """A journey ends when the line has been open long enough after the test and no case is open; the phone may then be enrolled again."""
    now = parts.clock.now()
    over = now - timedelta(days=parts.procedure.line_open_days)
    open_case = select(Escalation.id).where(Escalation.enrollment_id == Enrollment.id, Escalation.state != CaseState.CLOSED)
    with parts.db.write() as session:
        ended = session.scalars(
            select(Enrollment)
            .where(
                Enrollment.state == EnrollmentState.RUNNING,
                Enrollment.procedure_at < over,
                Enrollment.test != "not_done",
                ~open_case.exists(),
            )
            .limit(ENDED_LATEST)
            .with_for_update(skip_locked=True)
        )
        for enrollment in ended:
            if (enrollment.done_at or enrollment.procedure_at) >= over:
                continue
            enrollment.state, enrollment.ended_at = EnrollmentState.FINISHED, now
            waiting = (MESSAGE.c.enrollment_id == enrollment.id) & MESSAGE.c.planned
            move(session.connection(), waiting, [State.PENDING], State.EXPIRED, now=now, cause="journey over", reason="too_late")


def beat(parts: Parts) -> None:
    """This process lives."""
    parts.process.beat(parts.db, parts.clock.now())


TICKS: Final[dict[str, Callable[[Parts], None]]] = {
    "beat": beat,
    "send_safety": send_safety,
    "send_rest": send_rest,
    "climb": climb,
    "take_over": reconcile.take_over,
    "look_up": reconcile.look_up,
    "release_held": reconcile.release_held,
    "notice_silence": notice_silence,
    "finish_journeys": finish_journeys,
}


def run(parts: Parts, name: str) -> None:
    """Run one tick. Whatever happens in it, the next one comes; the health page knows when the last one ended well."""
    try:
        TICKS[name](parts)
    except Exception:  # noqa: BLE001 -- a tick that dies takes the scheduler with it; the log and the health page tell
        log.exception("tick failed", tick=name)
    else:
        parts.process.ticked(name)

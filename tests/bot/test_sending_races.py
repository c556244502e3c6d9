"""Many processes on one database, SQLite and PostgreSQL: each text is claimed by one of them and sent once."""

import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from sqlalchemy import select, update

from bot import sending
from bot.app import create_app
from bot.database import Database
from bot.models import OutgoingMessage, SendAttempt, State, Weight
from bot.parts import Parts
from scheduler import ticks
from tests.support.outgoing import attempts, message, queue
from tests.support.standin_twilio import StandInTwilio
from tests.support.world import World, settings_for


def deployments(world: World, count: int, folder: Path) -> list[Parts]:
    """More processes on the same database, each with its own connections, owner and carrier."""
    settings = settings_for(world.parts.settings.database_url, world.twilio, folder)
    return [world.parts, *(create_app(settings, clock=world.clock).extensions["prepline"] for _ in range(count - 1))]


def test_the_attempt_is_committed_and_nothing_is_locked_while_the_carrier_answers(world: World, standin: StandInTwilio) -> None:
    other = Database(world.parts.settings.database_url, busy_seconds=0.5)
    seen: list[tuple[str, str]] = []

    def look(form: dict[str, str]) -> None:
        token = form["StatusCallback"].rpartition("/")[2]
        with other.write() as session:
            of_this = session.execute(select(OutgoingMessage).join(SendAttempt).where(SendAttempt.token == token)).scalar_one()
            session.execute(update(OutgoingMessage).where(OutgoingMessage.id == of_this.id).values(looks=7))
            seen.append((of_this.state, str(of_this.token)))

    standin.rules.append(look)  # type: ignore[arg-type]
    text = queue(world.parts)
    ticks.send_rest(world.parts)
    other.close()
    row = message(world.parts, text)
    assert (seen, row.looks) == ([(State.DISPATCHING, row.token)], 7)


def test_many_processes_send_each_text_once(world: World, standin: StandInTwilio, tmp_path: Path) -> None:
    texts = [queue(world.parts, f"Text {number}", number=f"+1202555{number % 7:04}") for number in range(60)]
    processes = deployments(world, 4, tmp_path)
    with ThreadPoolExecutor(4) as pool:
        for done in [pool.submit(ticks.send_rest, parts) for parts in processes]:
            done.result()
    assert Counter(form["Body"] for form in standin.posted) == {f"Text {number}": 1 for number in range(60)}
    assert len({form["StatusCallback"] for form in standin.posted}) == 60
    assert {message(world.parts, text).state for text in texts} == {State.ACCEPTED}
    assert {len(attempts(world.parts, text)) for text in texts} == {1}
    for parts in processes[1:]:
        parts.db.close()


def test_a_claim_is_given_to_one_of_many(world: World, tmp_path: Path) -> None:
    texts = [queue(world.parts) for _ in range(30)]
    processes = deployments(world, 4, tmp_path)
    together = threading.Barrier(4)

    def claim_all(parts: Parts) -> list[int]:
        mine: list[int] = []
        together.wait()
        while taken := sending.claim(parts, (Weight.CLINICAL,), 3):
            mine += [text for text, _ in taken]
        return mine

    with ThreadPoolExecutor(4) as pool:
        taken = [text for mine in pool.map(claim_all, processes) for text in mine]
    assert sorted(taken) == texts
    for parts in processes[1:]:
        parts.db.close()

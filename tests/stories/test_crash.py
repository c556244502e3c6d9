"""Killed at any moment and started again: nothing that was due is lost, and nothing is doubled but what our own tables say was.

The stand-in Twilio's ledger is the oracle.
"""

import os
import random
import signal
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy import event, select

from bot import sending
from bot.app import create_app
from bot.database import Database
from bot.models import InboundText, MessageEvent, OutgoingMessage, State, Task, Weight
from bot.parts import Parts
from scheduler import ticks
from tests.support.outgoing import causes, message, on_sqlite, queue, what_is_wrong
from tests.support.server import Running, environment, free_port, health, wait_until
from tests.support.standin_twilio import StandInTwilio
from tests.support.twilio_rules import DROP_RESPONSE, Receipts, Script, hang
from tests.support.world import World, settings_for

SENT_AGAIN = "not found twice: sent again"
OVER = (State.ACCEPTED, State.SENT, State.DELIVERED, State.REVIEW)


class Killed(BaseException):
    """The process ends here; nothing of it runs any more."""


# Inside one process, at every step of sending


def before_the_claim_is_committed(parts: Parts, patch: pytest.MonkeyPatch) -> None:
    commits = iter(["what an earlier run had claimed is put back"])

    @event.listens_for(parts.db.engine, "commit")
    def end(_: object) -> None:
        if next(commits, None) is None:
            raise Killed


def after_the_claim(parts: Parts, patch: pytest.MonkeyPatch) -> None:
    patch.setattr(sending, "_begin", _die)


def after_the_attempt_is_committed(parts: Parts, patch: pytest.MonkeyPatch) -> None:
    patch.setattr(parts.carrier, "send", _die)


def after_the_carrier_took_it(parts: Parts, patch: pytest.MonkeyPatch) -> None:
    send = parts.carrier.send

    def send_and_die(*told: object, **more: object) -> None:
        send(*told, **more)  # type: ignore[arg-type]
        raise Killed

    patch.setattr(parts.carrier, "send", send_and_die)


def before_the_answer_is_written_down(parts: Parts, patch: pytest.MonkeyPatch) -> None:
    patch.setattr(sending, "accepted", _die)


def _die(*_: object, **__: object) -> None:
    raise Killed


Point = Callable[[Parts, pytest.MonkeyPatch], None]
POINTS: tuple[Point, ...] = (
    before_the_claim_is_committed,
    after_the_claim,
    after_the_attempt_is_committed,
    after_the_carrier_took_it,
    before_the_answer_is_written_down,
)
TAKEN = (after_the_carrier_took_it, before_the_answer_is_written_down)


@on_sqlite
@pytest.mark.parametrize("point", POINTS)
@pytest.mark.parametrize("callbacks", [True, False])
@pytest.mark.parametrize("listing", [True, False])
@pytest.mark.parametrize("weight", list(Weight))
def test_killed_at_a_step_of_sending(
    world: World,
    standin: StandInTwilio,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    point: Point,
    callbacks: bool,
    listing: bool,
    weight: Weight,
) -> None:
    """`world` takes over from a process that died at `point`."""
    standin.listing = listing
    if not callbacks:
        standin.rules.append(lambda _: Script(receipts=Receipts(lost=("sent", "delivered"))))
    text = queue(world.parts, weight=weight)
    first: Parts = create_app(settings_for(world.parts.settings.database_url, standin, tmp_path), clock=world.clock).extensions["prepline"]
    with monkeypatch.context() as patch:
        point(first, patch)
        tick = ticks.send_safety if weight == Weight.SAFETY else ticks.send_rest
        with pytest.raises(Killed):
            tick(first)
    first.db.close()
    world.forward(hours=2)
    in_doubt = point in (*TAKEN, after_the_attempt_is_committed) and not (point in TAKEN and (callbacks or listing))
    row = message(world.parts, text)
    if weight == Weight.ROUTINE and in_doubt:
        assert (row.state, world.tasks()) == (State.REVIEW, ["sending_unknown"])
        assert len(standin.ledger.outbound()) == (point in TAKEN)
    else:
        assert row.state in ((State.DELIVERED,) if callbacks else (State.ACCEPTED, State.DELIVERED))
        assert len(standin.ledger.outbound()) == 1 + (in_doubt and point in TAKEN)
    assert (SENT_AGAIN in causes(world.parts, text)) == (in_doubt and weight != Weight.ROUTINE)


# From outside: a real server


class Site:
    """A database, a stand-in Twilio with receipts that travel by themselves, and the address of a server that may or may not run."""

    def __init__(self, folder: Path, twilio: StandInTwilio) -> None:
        self.port = free_port()
        self.url = f"sqlite:///{folder}/prepline.sqlite"
        self.twilio = twilio
        twilio.public_url = f"http://127.0.0.1:{self.port}"
        self._environ = environment(self.url, twilio, folder, self.port)
        self._log = folder / "serve.log"
        self._app = create_app(settings_for(self.url, twilio, folder))
        self.parts: Parts = self._app.extensions["prepline"]

    def serve(self) -> Running:
        """Start the server, and wait until it answers."""
        running = Running(["flask", "serve"], self._environ, self._log).wait_until_it_says('"ready"')
        wait_until(20, lambda: health(self.port)[0], "the server answers")
        return running

    def states(self) -> Counter[str]:
        with self.parts.db.read() as session:
            return Counter(session.scalars(select(OutgoingMessage.state)))

    def finish(self, seconds: float = 60) -> None:
        """Wait until nothing is on its way any more, then compare the ledger with the tables."""
        wait_until(seconds, lambda: self.states() and set(self.states()) <= set(OVER), f"all is over, {self.states()}")
        assert what_is_wrong(self.parts) == []

    def bodies(self) -> Counter[str]:
        return Counter(text.body for text in self.twilio.ledger.outbound())

    def doubles_told(self) -> Counter[str]:
        """The texts that our history says were sent again."""
        with self.parts.db.read() as session:
            again = select(OutgoingMessage).join(MessageEvent).where(MessageEvent.cause == SENT_AGAIN)
            return Counter(row.body for row in session.scalars(again))

    def close(self) -> None:
        self.parts.db.close()


@pytest.fixture
def site(tmp_path: Path, sqlite_template: Path) -> Iterator[Site]:
    (tmp_path / "prepline.sqlite").write_bytes(sqlite_template.read_bytes())
    with StandInTwilio(automatic=True) as twilio:
        made = Site(tmp_path, twilio)
        yield made
        made.close()
        assert twilio.breaches == []


def queue_many(site: Site, count: int, first: int = 0) -> list[str]:
    """Texts that are due, each for a phone of its own; return their bodies."""
    words = {number: f"Text {number}" for number in range(first, first + count)}
    for number, body in words.items():
        queue(site.parts, body, number=f"+1202555{number:04}")
    return list(words.values())


def test_killed_while_the_carrier_hangs_and_after_it_took_texts_silently(site: Site) -> None:
    """Two crashes: with calls open that were never taken, and right after texts were taken whose answers never came."""
    hanging = iter([hang(30, accepted=False)] * 4)
    site.twilio.rules.append(lambda _: next(hanging, None))
    words = queue_many(site, 8)
    with site.serve() as running:
        wait_until(20, lambda: len(site.twilio.posted) >= 4, "calls hang")
        running.kill()
        assert health(site.port)[0] == 0
    dropped = iter([Script(answer="drop", receipts=Receipts(delay_seconds=2))] * 3)
    site.twilio.rules[:] = [lambda _: next(dropped, None)]
    words += queue_many(site, 4, first=8)
    with site.serve() as running:
        wait_until(20, lambda: next(dropped, None) is None, "texts were taken")
        running.kill()
    with site.serve():
        site.finish()
    sent = site.bodies()
    assert set(sent) == set(words), "nothing is lost"
    assert all(count == 1 or body in site.doubles_told() for body, count in sent.items())


def test_killed_at_random_moments(site: Site) -> None:
    dice = random.Random(20261122)
    outcomes = [None, None, None, DROP_RESPONSE, hang(0.5)]
    site.twilio.rules.append(lambda _: dice.choice(outcomes))
    words: list[str] = []
    for _ in range(3):
        words += queue_many(site, 40, first=len(words))
        with site.serve() as running:
            before = len(site.twilio.posted)
            wait_until(20, lambda seen=before: len(site.twilio.posted) > seen + 3, "texts leave")
            time.sleep(dice.uniform(0, 0.4))
            running.kill()
    with site.serve():
        site.finish()
    sent = site.bodies()
    with site.parts.db.read() as session:
        for_a_person = set(session.scalars(select(OutgoingMessage.body).where(OutgoingMessage.state == State.REVIEW)))
    assert set(words) - set(sent) <= for_a_person
    doubled = {body for body, count in sent.items() if count > 1}
    assert doubled <= set(site.doubles_told())


def test_killed_while_it_answers_patients(site: Site) -> None:
    """Whoever got no answer texts the same again, as Twilio and patients do; nobody is left without one, and no text counts twice."""
    answers: dict[str, int | None] = {}

    def text(number: int) -> None:
        sid = f"SM{number:032}"
        answers[sid] = site.twilio.text(f"+1202555{number:04}", "is coffee ok?", MessageSid=sid).status

    with site.serve() as running:
        patients = [threading.Thread(target=text, args=(number,)) for number in range(30)]
        for patient in patients[:10]:
            patient.start()
        wait_until(20, lambda: len(answers) >= 3, "the first answers")
        for patient in patients[10:]:
            patient.start()
        running.kill()
        for patient in patients:
            patient.join()
    unanswered = [sid for sid, status in answers.items() if status is None]
    assert unanswered, "it was killed too late"
    with site.serve():
        for sid in unanswered:
            text(int(sid[2:]))
        site.finish()
    with site.parts.db.read() as session:
        heard = Counter(session.scalars(select(InboundText.carrier_id)))
        replied = {row.inbound_text_id: row for row in session.scalars(select(OutgoingMessage))}
        assert set(session.scalars(select(Task.kind))) <= {"sending_unknown"}
    assert heard == {f"SM{number:032}": 1 for number in range(30)}
    assert len(replied) == 30
    for number in range(30):
        assert site.twilio.messages_to(f"+1202555{number:04}"), "everybody has an answer"


def test_ending_in_order_loses_and_doubles_nothing(site: Site) -> None:
    site.twilio.rules.append(lambda _: hang(0.3))
    words = queue_many(site, 60)
    with site.serve() as running:
        wait_until(20, lambda: len(site.twilio.posted) >= 5, "texts leave")
        began = time.monotonic()
        assert running.terminate() == 0
        assert time.monotonic() - began < 15
        assert not running.alive()
    assert set(site.states()) <= {State.PENDING, State.CLAIMED, *OVER}, "no call was cut off"
    site.twilio.rules.clear()
    with site.serve():
        site.finish()
    assert site.bodies() == Counter(words)


def test_nothing_of_it_outlives_the_process_that_was_started(site: Site) -> None:
    site.twilio.rules.append(lambda _: hang(20))
    queue_many(site, 20)
    with site.serve() as running:
        wait_until(20, lambda: len(site.twilio.posted) >= 4, "texts leave")
        running.process.kill()
        running.process.wait()
        wait_until(3, lambda: not running.alive(), "its worker ends with it")
    posted = len(site.twilio.posted)
    site.twilio.rules.clear()
    with site.serve():
        wait_until(20, lambda: len(site.twilio.posted) > posted, "the port is free, and it goes on")


def test_a_worker_that_dies_is_replaced_and_taken_over(site: Site) -> None:
    """The new one is another process, though its parent is the same."""
    site.twilio.next(hang(20, accepted=False))
    queue(site.parts, "Text 0")
    with site.serve() as running:
        wait_until(20, lambda: site.twilio.posted, "the call hangs")
        (worker,) = running.workers()
        os.kill(worker, signal.SIGKILL)
        site.finish(30)
    assert (site.bodies(), site.doubles_told()) == ({"Text 0": 1}, {"Text 0": 1})


def test_a_backup_of_the_tables_is_whole_after_a_kill(site: Site) -> None:
    """SQLite is never left half written."""
    queue_many(site, 30)
    with site.serve() as running:
        wait_until(20, lambda: len(site.twilio.posted) >= 3, "texts leave")
        running.kill()
    database = Database(site.url)
    with database.read() as session:
        assert session.connection().exec_driver_sql("PRAGMA integrity_check").scalar() == "ok"
    database.close()

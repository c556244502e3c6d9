"""A whole journey on a virtual clock: the real program and its ticks, pretend phones, a database that is thrown away."""

import json
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final
from zoneinfo import ZoneInfo

import click
from flask.cli import with_appcontext
from sqlalchemy import select

from bot import demo, enrollments, oncall, privacy, schema
from bot.app import create_app
from bot.carrier.simulator import Simulator
from bot.cli.common import Command, as_json, fail, iso
from bot.enrollments import NewEnrollment
from bot.models import Escalation, SimulatedText
from bot.parts import Parts, parts
from bot.settings import Settings
from scheduler.ticks import TICKS

ZONE: Final = ZoneInfo(demo.ZONE)
BEGINS: Final = datetime(2027, 3, 8, 10, 0, tzinfo=ZONE)  # a Monday; clocks are put forward before the test
TEST_DAY: Final = demo.AHEAD_DAYS  # days after BEGINS
BUBBLE: Final = 64  # columns
PAGE: Final = 112
MARIA, ROSA, ANA, BEN = "Maria", "Rosa", "Ana", "Ben"
NUMBERS: Final = {MARIA: "+12025550143", ROSA: "+12025550144", ANA: "+12025550111", BEN: "+12025550112"}
ROLES: Final = {MARIA: "patient", ROSA: "patient", ANA: "nurse", BEN: "nurse"}
LEAVES: Final = "no quiero más mensajes, gracias"
WORDS: Final[Mapping[str, Mapping[str, str]]] = {
    "en": {"question": "can I eat before the test?", "fever": "I have a fever of 101 and my breast feels hot"},
    "es": {"question": "¿puedo comer antes de la prueba?", "fever": "tengo fiebre de 38.5 y el seno está caliente"},
}


class StandingClock:
    """Business time that moves only when the story says so."""

    def __init__(self, start: datetime) -> None:
        """`start` is aware."""
        self._now = start.astimezone(UTC)

    def now(self) -> datetime:
        """The moment it is in the story, aware UTC."""
        return self._now

    def move_to(self, moment: datetime) -> None:
        """Go on to a later moment; an earlier one changes nothing."""
        self._now = max(self._now, moment.astimezone(UTC))


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the story: a text on somebody's phone, or, without a phone, what happened beside the phones."""

    at: datetime
    phone: str | None
    direction: str
    body: str


class Story:
    """Plays a journey on one application, and remembers what was done beside the phones."""

    def __init__(self, parts: Parts, clock: StandingClock, phones: Simulator) -> None:
        """`parts` belong to an application that runs on `clock` and sends to `phones`."""
        self._parts = parts
        self._clock = clock
        self._phones = phones
        self._notes: list[Line] = []

    def play(self, language: str) -> list[Line]:
        """The whole story, in order."""
        words = WORDS[language]
        maria = self._opening(language)
        self._prepare(words["question"])
        self._note("The imaging team marks the test as done.", self._at(TEST_DAY, 14, 50))
        with self._parts.db.write() as session:
            enrollments.mark_done(session, self._parts, enrollments.find(session, maria), demo.BY)
        self._until(self._at(TEST_DAY + 1, 10, 7))
        self._text(MARIA, "1")
        self._fever(words["fever"])
        for day in (3, 7):
            self._until(self._at(TEST_DAY + day, 10, 12))
            self._text(MARIA, "1")
        self._until(self._at(TEST_DAY + 8, 12, 0))
        return self._told()

    def _opening(self, language: str) -> int:
        """Staff go on call and two patients are enrolled; the second one wants no texts."""
        p, now = self._parts, self._clock.now()
        with p.db.write() as session:
            for name, rung in ((ANA, "nurse"), (BEN, "backup")):
                staff_id = oncall.add_staff(session, name, "nurse", NUMBERS[name], None, demo.BY, now)
                oncall.add_shift(session, staff_id, rung, None, None, demo.BY, now)
        self._note(f"{ANA} is on call, {BEN} is her backup. {MARIA} is enrolled: her test is in {TEST_DAY} days, at 2 PM.", BEGINS)
        maria = self._enroll("Maria Lopez", MARIA, language)
        self._note(f"{ROSA} is enrolled too. She reads Spanish.", self._at(0, 10, 20))
        self._enroll("Rosa Diaz", ROSA, "es")
        self._until(self._at(0, 10, 31))
        self._text(ROSA, LEAVES)
        return maria

    def _prepare(self, question: str) -> None:
        """Checklist, confirmation, a question on the evening before."""
        self._until(self._at(TEST_DAY - 5, 10, 4))
        for _ in range(3):
            self._text(MARIA, "1")
            self._until(self._clock.now() + timedelta(minutes=1))
        self._until(self._at(TEST_DAY - 3, 12, 30))
        self._text(MARIA, "1")
        self._until(self._at(TEST_DAY - 1, 17, 25))
        self._text(MARIA, question)

    def _fever(self, words: str) -> None:
        """Two evenings after the test. The nurse on call does not answer; her backup does."""
        evening = self._at(TEST_DAY + 2, 21, 40)
        self._until(evening)
        self._text(MARIA, words)
        self._until(evening + timedelta(minutes=2))
        self._text(MARIA, "1")  # none of the signs that need 911
        self._note(f"{ANA} does not answer.", evening + timedelta(minutes=9))
        self._until(evening + timedelta(minutes=17))
        with self._parts.db.read() as session:
            code = session.scalars(select(Escalation.code)).one()
        self._text(BEN, f"ACK {code}")
        self._note(f"{BEN} phones {MARIA}.", evening + timedelta(minutes=19))
        self._until(evening + timedelta(minutes=31))
        self._text(BEN, f"DONE {code} REACHED")

    def _enroll(self, name: str, phone: str, language: str) -> int:
        booked = self._at(TEST_DAY, demo.AT_HOUR, 0)
        with self._parts.db.write() as session:
            new = NewEnrollment(name, NUMBERS[phone], booked, demo.ZONE, demo.ZONE, language, demo.CONSENT)
            enrolled = enrollments.enroll(session, self._parts, new, demo.BY)
        self._tick()
        return enrolled.id

    def _text(self, phone: str, body: str) -> None:
        self._phones.text(NUMBERS[phone], body)
        self._tick()

    def _note(self, words: str, at: datetime) -> None:
        self._until(at)
        self._notes.append(Line(self._clock.now(), None, "note", words))

    def _at(self, day: int, hour: int, minute: int) -> datetime:
        on = BEGINS.date() + timedelta(days=day)
        return datetime(on.year, on.month, on.day, hour, minute, tzinfo=ZONE)

    def _until(self, moment: datetime) -> None:
        """Let everything happen that is due up to `moment`, each thing at its own time."""
        while (event := self._next()) is not None and event <= moment:
            self._clock.move_to(event)
            self._tick()
        self._clock.move_to(moment)

    def _next(self) -> datetime | None:
        with self._parts.db.read() as session:
            return demo.next_event(session.connection(), self._clock.now())

    def _tick(self) -> None:
        for tick in TICKS.values():
            tick(self._parts)

    def _told(self) -> list[Line]:
        """All that was said, on all phones, with the notes in between."""
        holder = {privacy.ring().phone_hash(number): name for name, number in NUMBERS.items()}
        with self._parts.db.read() as session:
            texts = session.scalars(select(SimulatedText).order_by(SimulatedText.id))
            lines = [Line(text.at, holder[text.phone_hash], text.direction, text.body) for text in texts]
        return sorted(self._notes + lines, key=lambda line: line.at)  # stable: a note comes before what it causes


@click.command(cls=Command)
@click.option("--language", type=click.Choice(["en", "es"]), default="en", show_default=True, help="What the first patient reads.")
@as_json
@with_appcontext
def simulate(language: str, as_json: bool) -> None:
    """Play a whole journey in a few seconds and print both sides of it."""
    if parts().settings.secrets.missing:
        fail("a simulation needs keys: set the secrets, or choose the simulated carrier", 1)
    with _throwaway(parts().settings) as story:
        lines = story.play(language)
    if as_json:
        click.echo(json.dumps([_plain(line, line.phone) for line in lines if line.phone], ensure_ascii=False, indent=1))
    else:
        _print(lines)


@contextmanager
def _throwaway(settings: Settings) -> Iterator[Story]:
    """A story in an application of its own, with this deployment's words and a database that is gone afterwards."""
    with TemporaryDirectory(prefix="prepline-") as folder:
        changed = {
            "database": settings.database.model_copy(update={"url": f"sqlite:///{Path(folder) / 'story.sqlite'}"}),
            "carrier": settings.carrier.model_copy(update={"kind": "simulator"}),
            "demo": settings.demo.model_copy(update={"enabled": False}),
        }
        same = {name: getattr(settings, name) for name in Settings.model_fields}
        clock = StandingClock(BEGINS)
        app = create_app(Settings.model_validate(same | changed), clock=clock)
        made: Parts = app.extensions["prepline"]
        phones = Simulator(made.settings, clock, made.db, app)
        try:
            schema.upgrade(made.db)
            yield Story(made, clock, phones)
        finally:
            made.db.close()


def _plain(line: Line, phone: str) -> dict[str, Any]:
    return {"at": iso(line.at), "phone": phone, "role": ROLES[phone], "direction": line.direction, "body": line.body}


def _print(lines: list[Line]) -> None:
    """As a conversation: patients on the left, nurses on the right, what they write themselves set off by its colour."""
    from rich.align import Align
    from rich.console import Console
    from rich.panel import Panel
    from rich.rule import Rule
    from rich.text import Text

    console = Console(width=None if sys.stdout.isatty() else PAGE)
    day = None
    for line in lines:
        local = line.at.astimezone(ZONE)
        if local.date() != day:
            day = local.date()
            console.print(Rule(f"[bold]{local:%A, %B} {local.day}[/bold]", style="dim"))
        clock = f"{local.hour % 12 or 12}:{local:%M %p}"
        if line.phone is None:
            console.print(Align.center(Text(f"{clock}  {line.body}", style="italic dim")))
            continue
        patient, writes = ROLES[line.phone] == "patient", line.direction == "in"
        colour = ("cyan" if patient else "magenta") if writes else "white"
        title = f"{line.phone} writes · {clock}" if writes else f"to {line.phone} · {clock}"
        bubble = Panel(Text(line.body), title=title, title_align="left", border_style=colour, width=min(BUBBLE, console.width))
        console.print(Align(bubble, "left" if patient else "right"))

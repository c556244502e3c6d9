"""The whole webhook against the bare one, the time to a page, and the memory of the server after all that."""

import json
import random
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import timedelta
from pathlib import Path

from bot import enrollments, oncall, places, schema
from bot.app import create_app
from bot.enrollments import NewEnrollment
from bot.models import PlaceRow
from bot.parts import Parts
from bot.settings import ROOT, load
from flows import conversation
from flows.effects import Place
from tests.bench import servers
from tests.bench.figures import Figure, at_least, at_most, middle, percentile
from tests.bench.load import Driven, Orders
from tests.support.standin_twilio import StandInTwilio

PATIENTS = 400  # nobody texts so much that she counts as a flood
IN_DANGER = 20
NURSE = "+13035550100"
ROUNDS = 3
REQUESTS = {8: 1200, 1: 400}  # connections: texts in each round
WARM_UP = 200


def measure(folder: Path) -> list[tuple[str, list[Figure]]]:
    """Serve both, and drive them in turns."""
    with StandInTwilio() as twilio:
        environ = servers.environment(folder, twilio, servers.free_port())
        app = create_app(load(environ))
        parts: Parts = app.extensions["prepline"]
        schema.upgrade(parts.db)
        took = _furnish(parts)
        parts.db.close()
        floor_port = servers.free_port()
        with servers.floor(environ, floor_port, folder), servers.prepline(environ) as process_id:
            time.sleep(3)  # both have loaded all they need
            ports = {"floor": floor_port, "prepline": int(environ["PREPLINE_WEB__PORT"])}
            compared = _compare(environ, ports)
            pages = _pages(twilio, environ)
            memory = _resident_megabytes(process_id)
    texts = WARM_UP + ROUNDS * sum(REQUESTS.values()) + IN_DANGER
    enrolling = Figure("enrolling a patient: facts, plan, commit; median", f"{middle(took):.3g} ms")
    around = [
        at_most(f"warning sign to page at the carrier, slowest of {IN_DANGER}", max(pages), 2, "s"),
        Figure("the same, median", f"{middle(pages):.2f} s"),
        at_most(f"memory of the server process after {texts:,} texts", memory, 150, "MB"),
        enrolling,
    ]
    return [*compared, ("Around it", around)]


def _number(n: int) -> str:
    return f"+1202555{n:04}"


def _furnish(parts: Parts) -> list[float]:
    """Patients without consent, so that only replies are sent; every second one was just asked something. Returns milliseconds each."""
    now = parts.clock.now()
    took = []
    with parts.db.write() as session:
        nurse = oncall.add_staff(session, "Ana", "nurse", NURSE, None, "bench", now)
        oncall.add_shift(session, nurse, "nurse", None, None, "bench", now)
    for n in range(PATIENTS + IN_DANGER):
        begun = time.perf_counter()
        with parts.db.write() as session:
            zone = parts.settings.clinic.timezone
            new = NewEnrollment(f"Patient {n}", _number(n), now + timedelta(days=8), zone, zone, "en", None)
            enrolled = enrollments.enroll(session, parts, new, "bench")
        took.append((time.perf_counter() - begun) * 1000)
        if n % 2:
            asked = conversation.asked(Place(), "ask_dye_allergy", "dye_allergy", parts.procedure, now)
            with parts.db.write() as session:
                session.get_one(PlaceRow, enrolled.id).place = places.saved(asked)
    return took


def _compare(environ: Mapping[str, str], ports: Mapping[str, int]) -> list[tuple[str, list[Figure]]]:
    seeds = iter(range(10_000))
    for port in ports.values():
        _drive(environ, port, 8, WARM_UP, next(seeds))
    sections = []
    for connections, requests in REQUESTS.items():
        driven: dict[str, list[Driven]] = {name: [] for name in ports}
        for _ in range(ROUNDS):
            for name, port in ports.items():
                driven[name].append(_drive(environ, port, connections, requests, next(seeds)))
        words = f"{connections} connections" if connections > 1 else "1 connection"
        sections.append((f"The whole webhook and the bare one, {words}", _ratios(driven["floor"], driven["prepline"])))
    return sections


def _drive(environ: Mapping[str, str], port: int, connections: int, requests: int, seed: int) -> Driven:
    url = environ["PREPLINE_TWILIO__PUBLIC_URL"] + "/twilio/sms"
    numbers = [_number(n) for n in range(PATIENTS)]
    account, token = environ["TWILIO_ACCOUNT_SID"], environ["TWILIO_AUTH_TOKEN"]
    orders = Orders(("127.0.0.1", port), url, account, token, numbers, connections, requests, seed)
    command = [sys.executable, "-m", "tests.bench.load"]
    done = subprocess.run(command, input=json.dumps(asdict(orders)), capture_output=True, text=True, cwd=ROOT, timeout=120, check=True)
    driven = Driven(**json.loads(done.stdout))
    if driven.failures:
        raise RuntimeError(f"{driven.failures} of {requests} texts were not answered with 200")
    return driven


def _ratios(floor: Sequence[Driven], prepline: Sequence[Driven]) -> list[Figure]:
    """Each round against the round beside it, and the middle of the rounds: the machine has others to serve too."""
    figures = []
    rates = {name: [len(one.milliseconds) / one.seconds for one in rounds] for name, rounds in (("bare", floor), ("whole", prepline))}
    slow = {name: [percentile(one.milliseconds, 0.99) for one in rounds] for name, rounds in (("bare", floor), ("whole", prepline))}
    for name, rounds in (("bare", floor), ("whole", prepline)):
        typical = middle([percentile(one.milliseconds, 0.5) for one in rounds])
        figures.append(Figure(f"{name}: requests/s, p50, p99", f"{middle(rates[name]):,.0f}/s {typical:.1f} {middle(slow[name]):.1f} ms"))
    rate = middle([whole / bare for bare, whole in zip(rates["bare"], rates["whole"], strict=True)])
    tail = middle([whole / bare for bare, whole in zip(slow["bare"], slow["whole"], strict=True)])
    return [*figures, at_least("requests/s of the whole to the bare", rate, 0.5, ""), at_most("p99 of the whole to the bare", tail, 2, "")]


def _pages(twilio: StandInTwilio, environ: Mapping[str, str]) -> list[float]:
    """Seconds from posting a warning sign to the nurse's text at the carrier, one after the other, at any moment of a tick."""
    twilio.public_url = environ["PREPLINE_TWILIO__PUBLIC_URL"]
    chance = random.Random(7)
    took = []
    for n in range(PATIENTS, PATIENTS + IN_DANGER):
        time.sleep(chance.random() * 0.5)
        before, begun = _paged(twilio), time.perf_counter()
        if twilio.text(_number(n), "the pain is terrible and my breast is very hot").status != 200:
            raise RuntimeError("a warning sign was not answered")
        while _paged(twilio) == before:
            if time.perf_counter() - begun > 30:
                raise RuntimeError("no page came")
            time.sleep(0.005)
        took.append(time.perf_counter() - begun)
    return took


def _paged(twilio: StandInTwilio) -> int:
    return sum(form["To"] == NURSE for form in list(twilio.posted))


def _resident_megabytes(arbiter: int) -> float:
    """Memory of the process that serves: gunicorn's one worker, the child of the process that was started."""
    listed = subprocess.run(["ps", "-A", "-o", "ppid=,rss="], capture_output=True, text=True, check=True).stdout
    children = [int(size) for parent, size in (line.split() for line in listed.splitlines()) if int(parent) == arbiter]
    return max(children) / 1024

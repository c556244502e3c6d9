"""What needs no database: reading a text, and one step of the conversation."""

import json
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime

from bot.settings import ROOT
from flows import conversation
from flows.effects import Place
from flows.procedure import Procedure, load
from flows.understanding import Awaiting, Context, Reading, Stage, read
from tests.bench.figures import Figure, at_most, middle, percentile
from tests.bench.texts import ALL

TIMES = 5  # the quickest of these counts: what else the machine does is not meant
NOW = datetime(2026, 11, 24, 15, 0, tzinfo=UTC)
START = "import time; t = time.perf_counter(); from flows.understanding import read; read('hello'); print(time.perf_counter() - t)"


def measure() -> list[Figure]:
    """Each text in each stage it may come in."""
    procedure = load("ductogram")
    stages = (Context("en", Stage.PREP, Awaiting.DYE_ALLERGY), Context("en", Stage.AFTERCARE, Awaiting.CHECK_IN))
    reading = [_quickest(lambda text=text, about=about: read(text, about)) for about in stages for text in ALL]
    readings = [read(text, stages[0]) for text in ALL]
    stepping = [_quickest(lambda meant=meant: _step(procedure, meant)) for meant in readings]
    starting = [float(_output_of_python(START)) for _ in range(3)]
    return [
        at_most(f"understanding a text, median of {len(ALL)}", middle(reading), 0.2, "ms"),
        Figure("the same, p99", f"{percentile(reading, 0.99):.3g} ms"),
        at_most("understanding: import and first text", middle(starting), 1, "s"),
        at_most("one conversation step, state in and out as JSON, median", middle(stepping), 0.15, "ms"),
        Figure("the same, p99", f"{percentile(stepping, 0.99):.3g} ms"),
    ]


def _step(procedure: Procedure, meant: Reading) -> str:
    place = conversation.from_json(json.loads(SAVED))
    return json.dumps(conversation.to_json(conversation.step(place, meant, procedure, NOW).place))


def _quickest(work: Callable[[], object]) -> float:
    """Milliseconds."""
    took = []
    for _ in range(TIMES):
        begun = time.perf_counter()
        work()
        took.append(time.perf_counter() - begun)
    return min(took) * 1000


def _output_of_python(code: str) -> str:
    return subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True).stdout


SAVED = json.dumps(conversation.to_json(conversation.asked(Place(), "ask_dye_allergy", "dye_allergy", load("ductogram"), NOW)))

"""How fast Prepline is, as ratios to what this machine can do: `make bench`, or `python -m tests.bench --help`."""

import argparse
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory

from bot.settings import ROOT
from tests.bench import pure, sending, webhook
from tests.bench.figures import print_report


def main() -> None:
    """Measure everything and print it in one table. Fails only where something could not be measured."""
    options = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    options.add_argument("--enrolled", type=int, default=100_000, help="how many are enrolled when a claim is measured for the second time")
    options.add_argument("--texts", type=int, default=2_000, help="how many texts are due in the same second")
    asked = options.parse_args()
    begun = time.monotonic()
    scratch = ROOT / ".bench"  # beside the project: what is measured is its disk, not memory
    scratch.mkdir(exist_ok=True)
    with TemporaryDirectory(dir=scratch) as name:
        folder = Path(name)
        _say("reading and stepping")
        sections = [("Without a database", pure.measure())]
        _say("the webhook")
        sections += webhook.measure(folder)
        _say("claiming")
        claims = sending.claiming(folder, (10_000, asked.enrolled))
        _say("the rush")
        rush_folder = folder / "rush"
        rush_folder.mkdir()
        sections.append(("Sending", [*claims, *sending.rush(rush_folder, asked.texts)]))
    _say(f"measured in {time.monotonic() - begun:.0f} s\n")
    print_report(sections)


def _say(what: str) -> None:
    print(f"… {what}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()

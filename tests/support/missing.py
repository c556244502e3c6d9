"""What this machine lacks for a test: on CI the test fails, elsewhere the last lines of the run name it."""

import os
import shutil
from typing import NoReturn

import pytest

MARK = "cannot run: "


def cannot_run(what: str, why: str, remedy: str, *, everywhere: bool = True) -> NoReturn:
    """End the test: `what` cannot be tried here because of `why`; `remedy` is the line that mends it.

    `everywhere`: CI has to be able to run it.
    """
    message = f"{MARK}{what}: {why} ({remedy})"
    if everywhere and os.environ.get("CI") == "true":
        pytest.fail(message, pytrace=False)
    pytest.skip(message)


def chromium() -> str:
    """Return the path of a Chromium: the one `CHROMIUM` names, else one on the PATH, else end the test."""
    found = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("google-chrome")
    if not found:
        cannot_run("the browser story", "no Chromium on this machine", "apt-get install chromium, or CHROMIUM=/path/to/chrome make test")
    return found


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Name once, at the end, each thing that could not be run."""
    reasons = {str(report.longrepr[2]) for report in terminalreporter.stats.get("skipped", ())}
    for reason in sorted(reason.partition(MARK)[2] for reason in reasons if MARK in reason):
        terminalreporter.write_line(f"NOT RUN HERE: {reason}", red=True)

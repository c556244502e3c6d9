"""Prepline as it really runs: processes of its own, which a test may kill."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self
from urllib.error import HTTPError
from urllib.request import urlopen

from tests.support.standin_twilio import StandInTwilio
from tests.support.world import KEYS

ROOT = Path(__file__).parents[2]
READY_SECONDS = 60.0  # a busy machine starts slowly
FAST = {"tick_seconds": 0.2, "heartbeat_seconds": 0.3, "owner_dead_after_seconds": 2, "retry_first_seconds": 0.5}
FAST_LOOKS = {"unknown_first_look_seconds": 1, "unknown_second_look_seconds": 2}


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def environment(database_url: str, twilio: StandInTwilio, instance: Path, port: int, **overrides: str) -> dict[str, str]:
    """What a process is told: short waits, the stand-in as its carrier, no proxy between them."""
    waits = {f"PREPLINE_SENDING__{name.upper()}": str(seconds) for name, seconds in (FAST | FAST_LOOKS).items()}
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(("PREPLINE_", "TWILIO_", "FLASK_"))}
    ours = {
        "PREPLINE_DATABASE__URL": database_url,
        "PREPLINE_SECRET_KEY": "a key for tests",
        "PREPLINE_DATA_KEYS": KEYS,
        "PREPLINE_INSTANCE": str(instance),
        "PREPLINE_CARRIER__KIND": "twilio",
        "PREPLINE_TWILIO__API_URL": twilio.url,
        "PREPLINE_TWILIO__PUBLIC_URL": f"http://127.0.0.1:{port}",
        "PREPLINE_TWILIO__FROM_NUMBER": twilio.number,
        "PREPLINE_TWILIO__TIMEOUT_SECONDS": "3",
        "PREPLINE_WEB__PORT": str(port),
        "TWILIO_ACCOUNT_SID": twilio.account_sid,
        "TWILIO_AUTH_TOKEN": twilio.auth_token,
        "NO_PROXY": "*",
    }
    return inherited | waits | ours | overrides


class Running:
    """A process and all that it started, as one group. Its standard error says `"ready"` when it works."""

    def __init__(self, arguments: Sequence[str], environ: dict[str, str], log: Path) -> None:
        self._log = log
        before = log.stat().st_size if log.exists() else 0
        with log.open("ab") as out:
            command = [sys.executable, "-m", *arguments]
            self.process = subprocess.Popen(command, cwd=ROOT, env=environ, stdout=out, stderr=out, start_new_session=True)
        self._said_from = before

    def wait_until_it_says(self, word: str) -> Self:
        """Raises AssertionError with all that it said when it ends or is silent for too long."""
        deadline = time.monotonic() + READY_SECONDS
        while word not in self.said():
            assert self.process.poll() is None, f"it ended: {self.said()}"
            assert time.monotonic() < deadline, f"it never said {word!r}: {self.said()}"
            time.sleep(0.05)
        return self

    def said(self) -> str:
        return self._log.read_bytes()[self._said_from :].decode()

    def kill(self) -> None:
        """Kill the whole group at once, as a power cut would."""
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()
        wait_until(5, lambda: not self.alive(), "all of it is gone")

    def terminate(self) -> int:
        """Ask it to end, and return its exit status."""
        self.process.terminate()
        return self.process.wait(READY_SECONDS)

    def workers(self) -> list[int]:
        """The ids of the processes that it started and that run."""
        return [number for number in self._group() if number != self.process.pid]

    def alive(self) -> bool:
        """Whether anything of the group still runs."""
        return bool(self._group())

    def _group(self) -> list[int]:
        listed = subprocess.run(["ps", "-e", "-o", "pid=,pgid=,stat="], capture_output=True, text=True, check=True).stdout
        rows = [line.split() for line in listed.splitlines()]
        return [int(number) for number, group, state in rows if group == str(self.process.pid) and not state.startswith("Z")]

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        if self.alive():
            self.kill()


def health(port: int) -> tuple[int, list[str]]:
    """The status of the health page and its reasons; 0 when nobody answers."""
    try:
        with urlopen(f"http://127.0.0.1:{port}/healthz", timeout=5) as answer:
            return answer.status, json.load(answer)["reasons"]
    except HTTPError as answer:
        return answer.code, json.load(answer)["reasons"]
    except OSError:
        return 0, []


def wait_until(seconds: float, happened: Callable[[], object], what: str) -> float:
    """Wait in real time until `happened()`; return the seconds it took. Raises AssertionError with `what`."""
    start = time.monotonic()
    while not happened():
        assert time.monotonic() - start < seconds, f"not within {seconds} s: {what}"
        time.sleep(0.05)
    return time.monotonic() - start

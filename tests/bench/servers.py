"""Starts the floor and Prepline, served the same way, on files of their own."""

import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from bot.settings import ROOT
from tests.support.standin_twilio import StandInTwilio
from tests.support.world import KEYS

PATIENCE_SECONDS = 30


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def environment(folder: Path, twilio: StandInTwilio, port: int) -> dict[str, str]:
    """The shipped settings with a database in `folder`, and the stand-in as carrier."""
    return {
        "PREPLINE_DATABASE__URL": f"sqlite:///{folder / 'prepline.sqlite'}",
        "PREPLINE_SECRET_KEY": "a key for measuring",
        "PREPLINE_DATA_KEYS": KEYS,
        "PREPLINE_INSTANCE": str(folder),
        "PREPLINE_CARRIER__KIND": "twilio",
        "PREPLINE_TWILIO__API_URL": twilio.url,
        "PREPLINE_TWILIO__PUBLIC_URL": f"http://127.0.0.1:{port}",
        "PREPLINE_TWILIO__FROM_NUMBER": twilio.number,
        "PREPLINE_WEB__PORT": str(port),
        "TWILIO_ACCOUNT_SID": twilio.account_sid,
        "TWILIO_AUTH_TOKEN": twilio.auth_token,
    }


@contextmanager
def prepline(environ: Mapping[str, str]) -> Iterator[int]:
    """`flask serve`; yields its process id."""
    with _running([sys.executable, "-m", "flask", "serve"], environ, int(environ["PREPLINE_WEB__PORT"])) as process_id:
        yield process_id


@contextmanager
def worker(environ: Mapping[str, str]) -> Iterator[int]:
    """`flask worker`: ticks alone."""
    with _running([sys.executable, "-m", "flask", "worker"], environ, None) as process_id:
        yield process_id


@contextmanager
def floor(environ: Mapping[str, str], port: int, folder: Path) -> Iterator[int]:
    """The bare view under the same gunicorn; it checks signatures for the same address as Prepline."""
    options = ["--bind", f"127.0.0.1:{port}", "--workers", "1", "--worker-class", "gthread", "--threads", "8", "--log-level", "warning"]
    command = [sys.executable, "-m", "gunicorn", *options, "tests.bench.floor:app"]
    with _running(command, {**environ, "FLOOR_DATABASE": str(folder / "floor.sqlite")}, port) as process_id:
        yield process_id


@contextmanager
def _running(command: list[str], environ: Mapping[str, str], port: int | None) -> Iterator[int]:
    with tempfile.TemporaryFile("w+") as said:
        yield from _until_done(subprocess.Popen(command, cwd=ROOT, env={**os.environ, **environ}, stderr=said), port, said)


def _until_done(process: subprocess.Popen[bytes], port: int | None, said: IO[str]) -> Iterator[int]:
    try:
        if port is not None:
            _wait_for(process, port)
        yield process.pid
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(PATIENCE_SECONDS)
    if process.returncode not in (0, -signal.SIGTERM):
        said.seek(0)
        raise RuntimeError(f"{process.args} ended with {process.returncode}: {said.read()[-2000:]}")


def _wait_for(process: subprocess.Popen[bytes], port: int) -> None:
    until = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < until and process.poll() is None:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.1)
    raise RuntimeError(f"nothing listens on port {port}")

"""Runs the ticks: beside the web server in one process (`flask serve`) or alone (`flask worker`)."""

import ctypes
import gc
import signal
import sys
import threading
import time
from collections.abc import Callable
from datetime import UTC
from typing import Any, Final

import click
from apscheduler.schedulers.background import BackgroundScheduler
from flask import Flask
from gunicorn.app.base import BaseApplication
from sqlalchemy.exc import SQLAlchemyError

from bot import demo, readiness, schema
from bot.cli.common import Command, fail, on_database
from bot.logs import log
from bot.parts import Parts, parts
from flows import lint
from flows.procedure import BadContent
from flows.understanding.read import prepare
from flows.understanding.word_files import BadWords
from scheduler import ticks
from scheduler.simulate import simulate

SLOWER: Final = {"take_over": 2, "look_up": 5, "release_held": 5, "notice_silence": 5, "finish_journeys": 60}  # times the tick's length

PR_SET_PDEATHSIG: Final = 1  # <sys/prctl.h>


def start_ticks(parts: Parts) -> BackgroundScheduler:
    """Tick in memory and in UTC. A tick that is late runs once; a slow one is not run beside itself."""
    scheduler = BackgroundScheduler(timezone=UTC, job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": None})
    for name in ticks.TICKS:
        seconds = parts.settings.sending.tick_seconds * SLOWER.get(name, 1)
        if name == "beat":
            seconds = parts.settings.sending.heartbeat_seconds
        scheduler.add_job(ticks.run, "interval", (parts, name), seconds=seconds, id=name)
    ticks.run(parts, "beat")  # before anything is held, so that nobody thinks its owner dead
    scheduler.start()
    return scheduler


def stop_ticks(scheduler: BackgroundScheduler, parts: Parts) -> None:
    """Let calls to the carrier end, then give up what this process holds."""
    parts.process.ending.set()
    scheduler.shutdown(wait=True)
    try:
        parts.process.stop(parts.db, parts.clock.now())
    except SQLAlchemyError as mistake:
        log.error("could not say goodbye", error=type(mistake).__name__)


def beat_while_serving(app: Flask) -> None:
    """A web process without ticks still gives its sign of life, from its first request on."""
    begun = threading.Lock()

    @app.before_request
    def begin() -> None:
        if begun.acquire(blocking=False):
            ticks.run(app.extensions["prepline"], "beat")
            threading.Thread(target=_beat_for_ever, args=(app.extensions["prepline"],), daemon=True).start()


def _beat_for_ever(parts: Parts) -> None:
    while True:
        ticks.run(parts, "beat")
        time.sleep(parts.settings.sending.heartbeat_seconds)


class Server(BaseApplication):  # type: ignore[misc]  # gunicorn has no types
    """gunicorn with one worker process: web and ticks together."""

    def __init__(self, app: Flask) -> None:
        """`app` is served as it is."""
        self._app = app
        super().__init__()

    def load_config(self) -> None:
        """One process, because SQLite wants one; as many threads as the settings say."""
        web = self._app.extensions["prepline"].settings.web
        options: dict[str, Any] = {
            "bind": f"{web.host}:{web.port}",
            "workers": 1,
            "worker_class": "gthread",
            "threads": web.threads,
            "post_worker_init": self._begin,
            "worker_exit": self._end,
            "control_socket_disable": True,
            "loglevel": "warning",
        }
        for name, value in options.items():
            self.cfg.set(name, value)

    def load(self) -> Flask:
        """What is served."""
        return self._app

    def _begin(self, _: Any) -> None:
        _die_with_parent()
        made = self._app.extensions["prepline"]
        ticks.run(made, "beat")
        self._scheduler = start_ticks(made)
        log.info("ready", listening=f"http://{made.settings.web.host}:{made.settings.web.port}")

    def _end(self, _: Any, __: Any) -> None:
        stop_ticks(self._scheduler, self._app.extensions["prepline"])


def _die_with_parent() -> None:
    """Linux ends this process with the one that started it; elsewhere gunicorn notices within a second that it is alone."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


def refuse_unless_ready(parts: Parts) -> None:
    """End a live start that lacks anything it must have, with one line for each."""
    for item in (lacking := readiness.what_refuses_start(parts)):
        click.echo(f"Error: {item.name}: {item.detail}", err=True)
    if lacking:
        fail("not ready for real patients; see `flask doctor`", 1)
    for warning in lint.measure(parts.procedure, parts.wording.values):
        click.echo(f"warning: {warning}", err=True)
    try:
        schema.require_current(parts.db)
    except schema.OldDatabase as mistake:
        fail(str(mistake), 1)
    except SQLAlchemyError as mistake:
        fail(f"the database can't be used ({type(mistake).__name__})", 1)


def load_readers() -> None:
    """Load what reads texts before the first one comes, and spare the garbage collector its hundred thousand objects.

    Ends the program where the files of words or texts can't be read.
    """
    try:
        prepare()
    except (BadWords, BadContent) as mistakes:
        fail(str(mistakes), 2)
    gc.collect()
    gc.freeze()


@click.command(cls=Command)
@on_database
def serve() -> None:
    """Web and ticks in one process."""
    refuse_unless_ready(parts())
    load_readers()
    if parts().settings.demo.enabled and parts().settings.simulated:
        demo.furnish(parts())
    app = _app()
    parts().db.close()  # connections do not survive the fork of the worker
    Server(app).run()


def _app() -> Flask:
    from flask import current_app

    return current_app._get_current_object()  # type: ignore[attr-defined,no-any-return]


@click.command(cls=Command)
@on_database
def worker() -> None:
    """Ticks alone; any number of these beside any number of web processes, on PostgreSQL."""
    refuse_unless_ready(parts())
    scheduler = start_ticks(parts())
    stopped = threading.Event()
    stop: Callable[..., None] = lambda *_: stopped.set()  # noqa: E731
    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    log.info("ready")
    stopped.wait()
    stop_ticks(scheduler, parts())


def register(app: Flask) -> None:
    """Add the commands that tick."""
    for command in (serve, worker, simulate):
        app.cli.add_command(command)

"""Joins the parts: settings, clock, database, content and carrier, and the pages that stand on them."""

from flask import Flask

from bot import cli, errors, health, logs, phones_page, privacy, webhook
from bot.carrier import choose
from bot.clock import Clock, DemoClock, SystemClock
from bot.database import Database
from bot.parts import Parts
from bot.process import ThisProcess
from bot.settings import ROOT, BadSetting, Settings
from bot.settings import load as load_settings
from bot.wording import Wording
from flows.procedure import load as load_content


def create_app(settings: Settings | None = None, *, clock: Clock | None = None) -> Flask:
    """The application. Nothing is opened yet: the database is met with the first request or command.

    Raises BadSetting and BadContent.
    """
    settings = settings or load_settings()
    logs.set_up()
    if not settings.secrets.missing:
        privacy.unlock(settings.secrets.data_keys)
    try:
        db = Database(settings.database_url, busy_seconds=settings.database.busy_seconds)
    except OSError as mistake:
        raise BadSetting(f"setting database.url: its folder can't be made ({mistake.strerror})") from mistake
    clock = clock or (DemoClock(db) if settings.demo.enabled else SystemClock())
    procedure = load_content(settings.content.procedure)
    app = Flask("prepline", root_path=str(ROOT / "bot"))
    app.secret_key = settings.secrets.secret_key
    app.config["MAX_CONTENT_LENGTH"] = settings.limits.body_kilobytes * 1024
    carrier = choose(settings, clock, db, app)
    app.extensions["prepline"] = Parts(settings, clock, db, procedure, Wording(procedure, settings), carrier, ThisProcess("web"))
    errors.register(app)
    app.register_blueprint(webhook.bp)
    app.register_blueprint(health.bp)
    if settings.simulated or settings.demo.enabled:
        app.register_blueprint(phones_page.bp)
    cli.register(app)
    return app

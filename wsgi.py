"""Joins the three parts. `flask …` and `gunicorn wsgi:app` find the application here."""

import os
import sys

from bot.app import create_app
from bot.settings import BadSetting
from flows.procedure import BadContent
from scheduler import run

try:
    app = create_app()
except (BadSetting, BadContent) as mistake:
    print(f"Error: {mistake}", file=sys.stderr)
    sys.exit(2)

run.register(app)
if os.environ.get("FLASK_RUN_FROM_CLI") != "true":  # a web server of its own: no command that could mend anything
    with app.app_context():
        run.refuse_unless_ready(app.extensions["prepline"])
    run.load_readers()
    run.beat_while_serving(app)

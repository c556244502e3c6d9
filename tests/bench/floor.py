"""The least that a webhook can be: a bare Flask view that checks the signature and commits one row. What Prepline is measured against.

gunicorn serves it as `flask serve` serves Prepline: one process, eight threads, SQLite with synchronous=FULL and one lock around the write.
"""

import os
import sqlite3
import threading

from flask import Flask, Response, abort, request
from twilio.request_validator import RequestValidator

app = Flask(__name__)
validator = RequestValidator(os.environ["TWILIO_AUTH_TOKEN"])
url = os.environ["PREPLINE_TWILIO__PUBLIC_URL"] + "/twilio/sms"
database = os.environ["FLOOR_DATABASE"]
turn = threading.Lock()
mine = threading.local()


def connection() -> sqlite3.Connection:
    """This thread's own connection."""
    if not hasattr(mine, "connection"):
        mine.connection = sqlite3.connect(database, isolation_level=None)
        mine.connection.execute("PRAGMA journal_mode = WAL")
        mine.connection.execute("PRAGMA synchronous = FULL")
        mine.connection.execute("CREATE TABLE IF NOT EXISTS text (id INTEGER PRIMARY KEY, sid TEXT UNIQUE, number TEXT, body TEXT)")
    return mine.connection


@app.post("/twilio/sms")
def inbound_text() -> Response:
    """Check, write, commit, answer."""
    form = request.form
    if not validator.validate(url, form, request.headers.get("X-Twilio-Signature", "")):
        abort(403)
    with turn:
        db = connection()
        db.execute("BEGIN IMMEDIATE")
        db.execute("INSERT INTO text (sid, number, body) VALUES (?, ?, ?)", (form["MessageSid"], form["From"], form["Body"]))
        db.execute("COMMIT")
    return Response('<?xml version="1.0" encoding="UTF-8"?><Response/>', mimetype="text/xml")

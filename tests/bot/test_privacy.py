"""A canary: what only a patient could have said or be called is nowhere in clear outside the program's own pages."""

import io
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
import structlog
from sqlalchemy import select, text

import bot.errors
import bot.sending
import scheduler.ticks
from bot import enrollments, escalations, oncall, outbox, people
from bot.models import Base, OutgoingMessage, Patient, Phone
from bot.privacy import CannotDecrypt, KeyRing, Private
from scheduler import ticks
from tests.support.clock import HandClock
from tests.support.standin_twilio import StandInTwilio
from tests.support.world import KEYS, World, settings_for

on_sqlite = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
NAME, SURNAME, NUMBER, WORDS = "Zebulonia", "Quuxworth", "+12025550177", "my xylophone aunt says the bandage smells of zinc"
CONSENT, NOTE, EMAIL = "signed at the aquarium desk", "her husband Ottokar answered", "nightingale@example.org"
CANARIES = (NAME, SURNAME, NUMBER[1:], NUMBER[2:], "xylophone", "aquarium", "Ottokar", "nightingale", "zinc")
TEST_AT = datetime(2026, 11, 20, 14, 0)  # noqa: DTZ001 -- on the patient's clock
NEWER = "2:" + "QkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkI="


def live_through(world: World) -> list[str]:
    """A story with everything in it that touches patient data; returns what outsiders were answered."""
    with world.parts.db.write() as session:
        ana = oncall.add_staff(session, f"Ana {SURNAME}", "nurse", "+12025550121", EMAIL, "test", world.clock.now())
        oncall.add_shift(session, ana, "nurse", None, None, "test", world.clock.now())
    her = world.phone(NUMBER, "her")
    enrollment = world.enroll(TEST_AT, number=NUMBER, name=f"{NAME} {SURNAME}", consent=CONSENT)
    world.settle()
    for words in (WORDS, f"I am {NAME} and {WORDS}, and I have a fever of 102", "what about zinc?", "wrong number"):
        her.texts(words)
    world.settle()
    with world.parts.db.write() as session:
        escalations.resolve(session, world.cases()[0].code, ana, "reached", NOTE, world.clock.now())
    world.change(enrollments.cancel, enrollment)
    client = world.app.test_client()
    pages = [client.get(path) for path in ("/healthz", "/metrics", f"/{NAME}", f"/twilio/sms?Body={WORDS}")]
    pages.append(client.post("/twilio/sms", data={"From": NUMBER, "Body": WORDS}))
    return [page.get_data(as_text=True) for page in pages]


def in_clear(haystack: str) -> list[str]:
    return [canary for canary in CANARIES if canary.casefold() in haystack.casefold()]


@on_sqlite
def test_no_canary_sings(world: World, tmp_path: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    logged = io.StringIO()
    for module in (bot.errors, bot.sending, scheduler.ticks):
        monkeypatch.setattr(module, "log", structlog.wrap_logger(structlog.WriteLogger(logged)))
    answers = live_through(world)
    failing = outbox.put

    def put(*_: Any) -> Any:
        raise RuntimeError(f"could not write {WORDS} to {NUMBER} of {NAME}")

    with monkeypatch.context() as broken:  # an exception whose message holds patient data
        broken.setattr(outbox, "put", put)
        broken.setitem(ticks.TICKS, "climb", put)
        ticks.run(world.parts, "climb")
        assert world.twilio.text(NUMBER, WORDS).status == 500
    assert outbox.put is failing
    out, err = capfd.readouterr()
    log = logged.getvalue()
    assert '"event": "request failed"' in log
    assert '"event": "tick failed"' in log
    assert '"error": "RuntimeError"' in log
    assert in_clear(log + out + err) == []
    assert in_clear("\n".join(answers)) == []
    nurse_texts = "\n".join(world.twilio.messages_to("+12025550121"))
    assert "URGENT" in nurse_texts
    assert in_clear(nurse_texts) == []
    urls = "\n".join(
        [*(form.get("StatusCallback", "") for form in world.twilio.posted), *(url for url, _, _ in world.twilio.webhooks.answers)]
    )
    assert "/twilio/status/" in urls
    assert in_clear(urls) == []
    files = b"".join(file.read_bytes() for file in sorted(tmp_path.glob("prepline.sqlite*")))
    assert len(list(tmp_path.glob("prepline.sqlite*"))) == 3  # with its WAL
    assert in_clear(files.decode("latin-1")) == []
    assert b"SQLite format 3" in files


def test_the_database_itself_shows_none_of_it(world: World) -> None:
    live_through(world)
    private = {str(column) for table in Base.metadata.tables.values() for column in table.columns if isinstance(column.type, Private)}
    assert private >= {"patient.name", "phone.number", "phone.consent", "inbound_text.body", "inbound_text.why", "outgoing_message.body"}
    assert private >= {"staff.name", "staff.email", "escalation.note", "place.place"}
    with world.parts.db.read() as session:
        for name in Base.metadata.tables:
            rows = session.execute(text(f"SELECT * FROM {name}")).all()
            clear = [bytes(v).decode("latin-1") if isinstance(v, bytes | memoryview) else str(v) for row in rows for v in row]
            assert in_clear("\n".join(clear)) == [], name


def test_a_value_moved_to_another_column_cannot_be_read(world: World) -> None:
    world.enroll(TEST_AT, number=NUMBER, name=NAME)
    with world.parts.db.write() as session:
        session.execute(text("UPDATE patient SET name = (SELECT number FROM phone LIMIT 1)"))
    with world.parts.db.read() as session, pytest.raises(CannotDecrypt, match=r"patient\.name"):
        session.scalars(select(Patient)).all()


def test_a_changed_value_cannot_be_read() -> None:
    ring = KeyRing({1: b"A" * 32})
    sealed = ring.encrypt(NAME, "patient.name")
    assert ring.decrypt(sealed, "patient.name") == NAME
    assert ring.encrypt(NAME, "patient.name") != sealed
    for position in range(len(sealed)):
        changed = bytearray(sealed)
        changed[position] ^= 1
        with pytest.raises(CannotDecrypt):
            ring.decrypt(bytes(changed), "patient.name")
    for cut in (b"", sealed[:1], sealed[:12], sealed[:-1]):
        with pytest.raises(CannotDecrypt):
            ring.decrypt(cut, "patient.name")
    assert NAME not in repr(ring)


def test_a_new_key_writes_the_old_one_still_reads_and_phones_are_found(
    database_url: str, standin: StandInTwilio, clock: HandClock, tmp_path: Path
) -> None:
    old = World(settings_for(database_url, standin, tmp_path), standin, clock)
    old.enroll(TEST_AT, number=NUMBER, name=NAME)
    old.close()
    world = World(settings_for(database_url, standin, tmp_path, PREPLINE_DATA_KEYS=f"{KEYS},{NEWER}"), standin, clock)
    with world.parts.db.write() as session:
        sender = people.find_sender(session.connection(), NUMBER, clock.now())
        assert sender.enrollment is not None
        assert session.scalars(select(Patient.name)).all() == [NAME]
    world.phone(NUMBER).texts("hello").hears("Oak Imaging")
    with world.parts.db.read() as session:
        keys = {bytes(body)[0] for body in session.scalars(text("SELECT body FROM inbound_text"))}
        assert keys == {2}
        assert any("Oak Imaging" in body for body in session.scalars(select(OutgoingMessage.body)))
        assert session.scalars(select(Phone.number)).all() == [NUMBER]
    world.close()


def test_the_hash_of_a_phone_needs_the_key() -> None:
    first, other = KeyRing({1: b"A" * 32}), KeyRing({1: b"B" * 32})
    assert first.phone_hash(NUMBER) == KeyRing({1: b"A" * 32, 2: b"B" * 32}).phone_hash(NUMBER)
    assert first.phone_hash(NUMBER) != other.phone_hash(NUMBER)

"""`flask simulate`: the whole journey, as a person and as a machine reads it."""

import json
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from bot.app import create_app
from scheduler import run
from tests.support.world import settings_for


@pytest.fixture
def app(tmp_path: Path) -> Flask:
    """A deployment whose own database must stay untouched."""
    made = create_app(settings_for(f"sqlite:///{tmp_path}/own/prepline.sqlite", None, tmp_path))
    run.register(made)
    return made


def played(app: Flask, *options: str) -> list[dict[str, Any]]:
    result = app.test_cli_runner().invoke(args=["simulate", "--json", *options])
    assert result.exit_code == 0, result.output
    texts: list[dict[str, Any]] = json.loads(result.stdout)
    return texts


def position(texts: list[dict[str, Any]], phone: str, direction: str, words: str) -> int:
    """Where a text with these words stands in the story. Raises AssertionError when nobody says them."""
    for number, text in enumerate(texts):
        if (text["phone"], text["direction"]) == (phone, direction) and words.casefold() in text["body"].casefold():
            return number
    raise AssertionError(f"{phone} has no text {direction} with {words!r}")


def test_the_story_has_every_turn_in_order(app: Flask) -> None:
    texts = played(app)
    turns = [
        ("Maria", "out", "Automated texts"), ("Maria", "out", "Checklist 1 of 3"), ("Maria", "out", "Your checklist is done"),
        ("Maria", "out", "You said yes to your test"), ("Maria", "in", "can I eat"), ("Maria", "out", "You can eat and drink as usual"),
        ("Maria", "out", "Your test is today"), ("Maria", "out", "Leave the bandage"), ("Maria", "in", "fever"),
        ("Maria", "out", "nurse line now"), ("Ana", "out", "URGENT"), ("Ana", "out", "STILL OPEN"), ("Ben", "out", "URGENT"),
        ("Ben", "in", "ACK"), ("Ben", "out", "is yours"), ("Ben", "in", "REACHED"), ("Ben", "out", "is closed"),
        ("Maria", "out", "These texts are now done"),
    ]  # fmt: skip
    found = [position(texts, *turn) for turn in turns]
    assert found == sorted(found)
    moments = [datetime.fromisoformat(text["at"]) for text in texts]
    assert moments == sorted(moments)
    assert moments[0].utcoffset() == timedelta(0)


def test_an_opt_out_in_spanish_holds(app: Flask) -> None:
    rosa = [text for text in played(app) if text["phone"] == "Rosa"]
    assert [text["direction"] for text in rosa] == ["out", "in", "out"]
    assert "Ya no recibirá" in rosa[-1]["body"]


def test_the_first_patient_may_read_spanish(app: Flask) -> None:
    texts = played(app, "--language", "es")
    assert position(texts, "Maria", "out", "Lista 1 de 3") < position(texts, "Maria", "in", "fiebre") < position(texts, "Ben", "in", "DONE")
    assert not any("Reply" in text["body"] for text in texts if text["role"] == "patient")


def test_people_read_it_as_a_conversation_and_nothing_is_left_behind(app: Flask, tmp_path: Path) -> None:
    result = app.test_cli_runner().invoke(args=["simulate"])
    assert result.exit_code == 0
    assert "Maria writes" in result.stdout
    assert "Ana does not answer" in result.stdout
    nurse = next(line for line in result.stdout.splitlines() if "to Ana" in line)
    assert nurse.startswith(" " * 20), "a nurse's texts stand on the right"
    assert not list((tmp_path / "own").glob("*.sqlite")), "the deployment's own database was opened"

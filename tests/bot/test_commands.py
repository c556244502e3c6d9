"""`flask …`: the shapes that `--json` promises, one line and nothing changed for bad input, nothing changed for what is said twice."""

import json
import os
import sqlite3
import subprocess
import sys
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import click
import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import select, text

from bot.app import create_app
from bot.migrations import HEAD
from bot.models import AuditEvent, Base
from bot.settings import ROOT
from scheduler import run
from tests.support.clock import HandClock
from tests.support.commands import CONSENT, ENROLL, invoke, refusal, shell, told, unchanged
from tests.support.phones import Phone
from tests.support.standin_twilio import StandInTwilio
from tests.support.world import MARIA, World, settings_for

on_sqlite = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


def utc(moment: str) -> datetime:
    parsed = datetime.fromisoformat(moment)
    assert parsed.utcoffset() == timedelta()
    return parsed


# The promised shapes


def test_a_journey_by_commands_in_the_promised_shapes(world: World, maria: Phone) -> None:
    assert told(world, "staff", "add", "--name", "Ana", "--role", "nurse", "--phone", "+12025550121") == {"staff": "1"}
    assert "shift" in told(world, "on-call", "add", "--staff", "1", "--rung", "nurse")
    enrolled = told(world, *ENROLL, *CONSENT)
    assert enrolled == {"enrollment": "1", "planned": 12, "phone_her": False, "muted": None}
    planned = told(world, "upcoming", "1")
    assert {"step", "due_at", "due_local", "state", "body"} <= set(planned[0])
    assert len({row["step"] for row in planned}) == 12
    assert {row["state"] for row in planned} == {"pending"}
    for row in planned:
        assert utc(row["due_at"]) == datetime.fromisoformat(row["due_local"])
        assert 9 <= datetime.fromisoformat(row["due_local"]).hour < 20
    maria.hears("Fri Nov 20")
    world.forward(minutes=1)
    maria.texts("my breast is hot and I have chills").hears("1-877-230-6877")
    [case] = told(world, "escalations")
    assert (case["enrollment"], case["urgency"], case["state"], case["outcome"]) == ("1", "urgent", "open", None)
    assert (case["acknowledged_at"], case["acknowledged_by"]) == (None, None)
    assert {"heat", "chills"} <= set(case["kinds"])
    assert all(set(hop) == {"at", "what", "who"} and utc(hop["at"]) for hop in case["history"])
    told(world, "acknowledge", case["code"].lower(), "--by", "1")
    [case] = told(world, "escalations")
    assert (case["state"], case["acknowledged_by"], utc(case["acknowledged_at"])) == ("acknowledged", "1", world.clock.now())
    told(world, "resolve", case["code"], "--by", "1", "--outcome", "advised", "--note", "seen at the clinic")
    [case] = told(world, "escalations")
    assert (case["state"], case["outcome"], case["history"][-1]["who"]) == ("closed", "advised", "staff:1")
    lines = told(world, "transcript", "1")
    assert {"at", "direction", "body", "state", "step"} <= set(lines[0])
    assert [line["direction"] for line in lines][:2] == ["out", "in"]
    assert lines[1]["body"] == "my breast is hot and I have chills"
    assert (lines[1]["urgency"], set(lines[1]["why"])) == ("urgent", {"breast is hot", "chills"})  # why the case was opened
    assert "breast is hot; chills" in invoke(world, "transcript", "1").stdout
    assert sorted(lines, key=lambda line: utc(line["at"])) == lines
    assert [row["name"] for row in told(world, "staff", "list")] == ["Ana"]
    assert [row["rung"] for row in told(world, "on-call", "list")] == ["nurse"]


@on_sqlite
def test_tasks_have_ids_and_are_finished_once(world: World, maria: Phone) -> None:
    told(world, *ENROLL)
    [task] = told(world, "tasks")
    assert {name: task[name] for name in ("id", "kind", "enrollment", "state")} == {
        "id": "1",
        "kind": "no_consent",
        "enrollment": "1",
        "state": "open",
    }
    assert utc(task["opened_at"]) < utc(task["due_at"])
    told(world, "finish-task", "1", "--by", "Sam")
    assert [task["state"] for task in told(world, "tasks")] == ["done"]
    unchanged(world, "finish-task", "1", "--by", "somebody else")
    world.twilio.text("+12025550177", "I can't breathe")
    assert (told(world, "tasks")[0]["kind"], told(world, "tasks")[0]["enrollment"]) == ("stranger_sign", None)


@on_sqlite
def test_people_get_sentences_and_tables(world: World) -> None:
    said = invoke(world, *ENROLL, *CONSENT)
    assert said.stdout == "Enrollment 1 enrolled: 12 texts are planned.\n"
    for listing in (("upcoming", "1"), ("transcript", "1"), ("escalations",), ("tasks",), ("staff", "list"), ("on-call", "list")):
        result = invoke(world, *listing)
        assert result.exit_code == 0
        assert result.stdout


# Bad input


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        (("--phone", "12"), "phone number"),
        (("--phone", "call me"), "phone number"),
        (("--phone", ""), "phone number"),
        (("--timezone", "Mars/Base"), "Mars/Base"),
        (("--site-timezone", "America"), "America"),
        (("--timezone", "../UTC"), "UTC"),
        (("--procedure-at", "2026-11-02T11:59"), "past"),
        (("--procedure-at", "2026-03-08T02:30"), "does not exist"),
        (("--procedure-at", "2027-03-14T02:30"), "does not exist"),
        (("--procedure-at", "2026-11-20"), "2026-12-01T09:30"),
        (("--procedure-at", "20261120T14"), "2026-12-01T09:30"),
        (("--procedure-at", "tomorrow"), "tomorrow"),
        (("--procedure-at", "2026-02-30T10:00"), "2026-02-30"),
        (("--procedure-at", "0001-01-01T00:00"), ""),
        (("--procedure-at", "0001-01-01T00:00+14:00"), ""),
        (("--procedure-at", "9999-12-31T23:59"), ""),
        (("--procedure-at", "2036-11-20T14:00"), "year"),
        (("--name", ""), "name"),
        (("--name", "  "), "name"),
        (("--language", "fr"), "language"),
        (("--nonsense", "1"), "nonsense"),
    ],
    ids=str,
)
@on_sqlite
def test_a_bad_enrollment_is_refused(world: World, arguments: tuple[str, ...], why: str) -> None:
    assert why in refusal(world, *ENROLL, *CONSENT, *arguments)


def test_a_second_enrollment_on_a_phone_names_the_first(world: World) -> None:
    told(world, *ENROLL, *CONSENT)
    assert "enrollment 1" in refusal(world, *ENROLL, "--phone", "(202) 555-0111")
    told(world, "cancel", "1")
    assert told(world, *ENROLL)["enrollment"] == "2"


@pytest.mark.parametrize(
    "arguments",
    [
        ("reschedule", "9", "--procedure-at", "2026-11-25T10:00"),
        ("cancel", "9"),
        ("cancel", "0"),
        ("cancel", "99999999999999999999"),
        ("cancel", "seven"),
        ("done", "9"),
        ("not-done", "9"),
        ("opt-out", "9", "--by", "Sam"),
        ("resume", "9", "--consent", "yes"),
        ("resume", "1", "--consent", " "),
        ("upcoming", "9"),
        ("upcoming", "2147483647"),
        ("transcript", "9"),
        ("finish-task", "9", "--by", "Sam"),
        ("reschedule", "1", "--procedure-at", "2026-11-01T10:00"),
        ("reschedule", "1", "--procedure-at", "2027-03-14T02:30"),
        ("reschedule", "1"),
        ("enroll",),
        ("acknowledge", "ZZZZ", "--by", "1"),
        ("acknowledge", "CODE", "--by", "9"),
        ("acknowledge", "CODE", "--by", "Ana"),
        ("acknowledge", "CODE"),
        ("resolve", "CODE", "--by", "9", "--outcome", "reached"),
        ("resolve", "CODE", "--by", "1", "--outcome", "shrug"),
        ("resolve", "CODE", "--by", "1"),
        ("resolve", "ZZZZ", "--by", "1", "--outcome", "reached"),
        ("staff", "add", "--name", "Ben", "--role", "boss"),
        ("staff", "add", "--name", " ", "--role", "nurse"),
        ("staff", "add", "--name", "Ben", "--role", "nurse", "--phone", "5"),
        ("staff", "add", "--name", "Ben", "--role", "nurse", "--phone", "+12025550121"),
        ("staff", "disable", "9"),
        ("staff", "nonsense"),
        ("on-call", "add", "--staff", "9", "--rung", "nurse"),
        ("on-call", "add", "--staff", "1", "--rung", "cook"),
        ("on-call", "add", "--staff", "1", "--rung", "nurse", "--from", "2026-11-03T10:00", "--until", "2026-11-03T09:00"),
        ("on-call", "remove", "9"),
        ("approve", "--language", "en", "--by", " ", "--as", "clinician"),
        ("approve", "--language", "fr", "--by", "Dr. Gray", "--as", "clinician"),
        ("understand", "--jsonl", "no-such-file"),
    ],
    ids=" ".join,
)
@on_sqlite
def test_what_does_not_exist_or_makes_no_sense_is_refused(world: World, maria: Phone, arguments: tuple[str, ...]) -> None:
    world.nurse("ana", "nurse")
    told(world, *ENROLL, *CONSENT)
    world.twilio.text(MARIA, "I have a fever of 102")
    code = world.cases()[0].code
    refusal(world, *(code if argument == "CODE" else argument for argument in arguments))


@on_sqlite
def test_an_enrollment_that_is_over_is_not_changed(world: World) -> None:
    told(world, *ENROLL, *CONSENT)
    told(world, "cancel", "1")
    for arguments in (("reschedule", "1", "--procedure-at", "2026-11-25T10:00"), ("done", "1"), ("not-done", "1")):
        assert "canceled" in refusal(world, *arguments)


@pytest.mark.parametrize(
    "line",
    ["", "nonsense", "[]", "{}", '{"id": 1}', '{"id": 1, "text": "x", "stage": "later"}', '{"id": 1, "text": "x", "media": -1}'],
)
@on_sqlite
def test_a_bad_line_is_named_and_no_other_is_lost(world: World, tmp_path: Path, line: str) -> None:
    lines = tmp_path / "lines.jsonl"
    lines.write_text(f'{{"id": "a", "text": "I have a fever of 102"}}\n{line}\n{{"id": 3, "text": "hello", "stage": "prep"}}\n')
    result = invoke(world, "understand", "--jsonl", str(lines))
    read = [json.loads(row) for row in result.stdout.splitlines()]
    assert [(row["id"], row["urgency"]) for row in read] == [("a", "urgent"), (3, "none")]
    assert set(read[0]) == {"id", "urgency", "kinds", "intent", "faq_topic", "why"}
    assert result.exit_code == (2 if line else 0)
    assert result.stderr.startswith("line 2: ") == bool(line)


# Said twice


def test_what_is_said_twice_changes_nothing(world: World, maria: Phone) -> None:
    world.nurse("ana", "nurse")
    world.nurse("ben", "backup")
    told(world, *ENROLL, *CONSENT)
    world.settle()
    told(world, "opt-out", "1", "--by", "Sam")
    unchanged(world, "opt-out", "1", "--by", "Sam")
    told(world, "done", "1")
    unchanged(world, "done", "1")
    maria.texts("I have a fever of 102")
    code = world.cases()[0].code
    told(world, "acknowledge", code, "--by", "1")
    unchanged(world, "acknowledge", code, "--by", "1")
    assert told(world, "acknowledge", code, "--by", "2") == {"code": code, "acknowledged_by": "1", "first": False}
    told(world, "resolve", code, "--by", "2", "--outcome", "reached")
    unchanged(world, "resolve", code, "--by", "2", "--outcome", "no_contact")
    unchanged(world, "acknowledge", code, "--by", "1")
    told(world, "cancel", "1")
    unchanged(world, "cancel", "1")
    told(world, "on-call", "remove", "1")
    unchanged(world, "on-call", "remove", "1")
    told(world, "staff", "disable", "2")
    unchanged(world, "staff", "disable", "2")
    told(world, "approve", "--language", "en", "--by", "Dr. Gray", "--as", "clinician")
    assert told(world, "approve", "--language", "en", "--by", "Dr. Gray", "--as", "clinician")["approved"] == 0


@on_sqlite
def test_a_case_nobody_acknowledged_can_be_resolved(world: World, maria: Phone) -> None:
    world.nurse("ana")
    told(world, *ENROLL, *CONSENT)
    maria.texts("I have a fever of 102")
    told(world, "resolve", world.cases()[0].code, "--by", "1", "--outcome", "no_action_needed")
    assert [(case["state"], case["acknowledged_by"]) for case in told(world, "escalations")] == [("closed", None)]


@on_sqlite
def test_an_act_of_staff_is_audited_without_a_name(world: World) -> None:
    told(world, *ENROLL, *CONSENT, "--by", "staff:3")
    with world.parts.db.read() as session:
        [event] = session.scalars(select(AuditEvent))
    assert (event.actor, event.what, event.subject, event.details) == ("staff:3", "enrolled", "enrollment:1", {"consent": "recorded"})


# The database


def test_a_missing_sqlite_file_is_made_by_any_command(tmp_path: Path) -> None:
    assert shell("tasks", "--json", folder=tmp_path).stdout == "[]\n"
    with sqlite3.connect(tmp_path / "own" / "prepline.sqlite") as file:
        assert file.execute("SELECT version_num FROM alembic_version").fetchall() == [(HEAD,)]
    file.close()
    enrolled = shell(*ENROLL[:-1], "2027-11-20T14:00", "--json", folder=tmp_path)
    assert (enrolled.returncode, enrolled.stderr, json.loads(enrolled.stdout)["enrollment"]) == (0, "", "1")


def test_a_sqlite_file_without_tables_is_brought_up_to_date(tmp_path: Path) -> None:
    file = tmp_path / "old.sqlite"
    file.touch()
    for command in (("doctor",), ("tasks", "--json")):
        ran = shell(*command, folder=tmp_path, PREPLINE_DATABASE__URL=f"sqlite:///{file}")
        assert "up to date" in ran.stdout or ran.stdout == "[]\n"
        assert ran.stderr == ""


def test_the_migrations_make_what_the_models_say(world: World) -> None:
    with world.parts.db.read() as session:
        assert compare_metadata(MigrationContext.configure(session.connection()), Base.metadata) == []
        assert session.execute(text("SELECT version_num FROM alembic_version")).scalar() == HEAD


def test_an_older_postgres_database_is_refused_with_the_line_that_helps(postgres_server: Any, tmp_path: Path) -> None:
    url = postgres_server.fresh_database()
    refused = shell("tasks", folder=tmp_path, PREPLINE_DATABASE__URL=url)
    assert (refused.returncode, refused.stdout) == (1, "")
    assert "run `flask upgrade-database`" in refused.stderr
    assert refused.stderr.count("\n") == 1
    server = subprocess.run(
        [sys.executable, "-c", "import wsgi"],
        cwd=ROOT,
        env={k: v for k, v in os.environ.items() if k != "FLASK_RUN_FROM_CLI"}
        | {"PREPLINE_DATABASE__URL": url, "PREPLINE_INSTANCE": str(tmp_path)},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert (server.returncode, server.stderr) == (1, refused.stderr)
    assert json.loads(shell("upgrade-database", "--json", folder=tmp_path, PREPLINE_DATABASE__URL=url).stdout)["version"] == HEAD
    assert shell("tasks", "--json", folder=tmp_path, PREPLINE_DATABASE__URL=url).stdout == "[]\n"
    postgres_server.drop(url)


@pytest.mark.parametrize("url", ["postgresql://u:a-password@127.0.0.1:1/d", "sqlite:////dev/null/x.sqlite"])
def test_a_database_out_of_reach_is_one_line(url: str, tmp_path: Path) -> None:
    for command in (("tasks",), ("upgrade-database",), ("serve",), ENROLL):
        failed = shell(*command, folder=tmp_path, PREPLINE_DATABASE__URL=url)
        assert (failed.returncode, failed.stdout) in ((1, ""), (2, ""))
        assert failed.stderr.startswith("Error: ")
        assert failed.stderr.count("\n") == 1
        assert "a-password" not in failed.stderr


def test_a_value_whose_key_is_gone_is_one_line(database_url: str, standin: StandInTwilio, clock: HandClock, tmp_path: Path) -> None:
    world = World(settings_for(database_url, standin, tmp_path), standin, clock)
    told(world, *ENROLL, *CONSENT)
    world.close()
    other = "2:" + "QkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkI="
    world = World(settings_for(database_url, standin, tmp_path, PREPLINE_DATA_KEYS=other), standin, clock)
    result = invoke(world, "upcoming", "1")
    world.close()
    assert result.exit_code == 1
    assert result.stderr.startswith("Error: ")
    assert result.stderr.count("\n") == 1
    assert "PREPLINE_DATA_KEYS" in result.stderr


# Help


def test_every_command_explains_itself(tmp_path: Path, clock: HandClock) -> None:
    app = create_app(settings_for(f"sqlite:///{tmp_path}/x.sqlite", None, tmp_path), clock=clock)
    run.register(app)
    promised = (
        "serve worker enroll reschedule cancel done not-done opt-out resume upcoming transcript escalations tasks finish-task "
        "acknowledge resolve staff on-call simulate understand check-flows doctor approve upgrade-database"
    )
    assert set(promised.split()) <= set(app.cli.commands)
    for name in promised.split():
        command = app.cli.commands[name]
        paths = [(name, inner) for inner in command.commands] if isinstance(command, click.Group) else []
        for path in [(name,), *paths]:
            result = app.test_cli_runner().invoke(args=[*path, "--help"])
            assert result.exit_code == 0
            assert f"Usage: prepline {' '.join(path)} [" in result.output
            assert len(result.output.splitlines()) > 3
    app.extensions["prepline"].db.close()

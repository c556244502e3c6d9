"""Settings: a wrong one stops the start in one line that names it; the environment overrides; what a live deployment must have."""

import json
import os
import stat
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result

from bot import approvals, readiness
from bot.app import create_app
from bot.settings import ROOT, BadSetting, Settings, load
from scheduler import run
from tests.support.clock import HandClock
from tests.support.commands import shell
from tests.support.world import KEYS

LOCAL = {"PREPLINE_SECRET_KEY": "x", "PREPLINE_DATA_KEYS": KEYS, "TWILIO_ACCOUNT_SID": "AC1", "TWILIO_AUTH_TOKEN": "t"}
LIVE = LOCAL | {
    "PREPLINE_CARRIER__KIND": "twilio",
    "PREPLINE_TWILIO__PUBLIC_URL": "https://texts.example.org",
    "PREPLINE_TWILIO__FROM_NUMBER": "+14125550199",
    "PREPLINE_NURSE_LINE__CONFIRMED_BY": "Dr. Gray",
    "PREPLINE_NURSE_LINE__CONFIRMED_ON": "2026-11-01",
}
WRONG = [
    ("CLINIC__NAME", ""),
    ("CLINIC__NAME", "x" * 41),
    ("CLINIC__TIMEZONE", "Mars/Base"),
    ("CLINIC__TIMEZONE", "../etc/passwd"),
    ("CLINIC__TIMEZONE", ""),
    ("CLINIC__LANGUAGE", "fr"),
    ("NURSE_LINE__NAME", ""),
    ("NURSE_LINE__PHONE", "call us"),
    ("NURSE_LINE__TOLL_FREE", "123"),
    ("NURSE_LINE__CONFIRMED_ON", "last week"),
    ("CONTENT__PROCEDURE", "../secret"),
    ("CONTENT__PROCEDURE", "appendectomy"),
    ("DATABASE__URL", "mysql://host/name"),
    ("DATABASE__URL", "sqlite://"),
    ("DATABASE__URL", "postgresql://user@host:port/name"),
    ("DATABASE__URL", "not a url"),
    ("DATABASE__BUSY_SECONDS", "0"),
    ("CARRIER__KIND", "pigeon"),
    ("TWILIO__API_URL", "ftp://host"),
    ("TWILIO__API_URL", "http://[broken"),
    ("TWILIO__PUBLIC_URL", "http://texts.example.org"),
    ("TWILIO__PUBLIC_URL", "texts.example.org"),
    ("TWILIO__PUBLIC_URL", "https://host:99999"),
    ("TWILIO__FROM_NUMBER", "five"),
    ("TWILIO__MESSAGING_SERVICE_SID", "MG12"),
    ("TWILIO__TIMEOUT_SECONDS", "-1"),
    ("SENDING__TICK_SECONDS", "soon"),
    ("SENDING__TICK_SECONDS", "nan"),
    ("SENDING__BATCH", "0"),
    ("SENDING__BATCH", "1.5"),
    ("SENDING__RETRY_LONGEST_SECONDS", "inf"),
    ("SENDING__RETRY_LONGEST_SECONDS", "1e300"),
    ("ESCALATION__EMERGENCY__LADDER", "[]"),
    ("ESCALATION__EMERGENCY__LADDER", '[{after_minutes = 1, rung = "nurse"}]'),
    ("ESCALATION__EMERGENCY__LADDER", '[{after_minutes = 0, rung = "nurse"}, {after_minutes = 5, rung = "cook"}]'),
    ("ESCALATION__URGENT__REOPEN_MINUTES", "0"),
    ("LIMITS__STRANGER_REPLIES_AN_HOUR", "-1"),
    ("LIMITS__BODY_KILOBYTES", "0"),
    ("TICKS__LATE_AFTER_SECONDS", "true story"),
    ("WEB__HOST", ""),
    ("WEB__PORT", "0"),
    ("WEB__PORT", "70000"),
    ("WEB__PORT", "eighty"),
    ("DEMO__ENABLED", "perhaps"),
    ("NO_SUCH_SECTION__KEY", "1"),
    ("CLINIC__NO_SUCH_KEY", "1"),
    ("SECRETS__SECRET_KEY", "x"),
]


@pytest.mark.parametrize(("name", "value"), WRONG, ids=[f"{name}={value[:20]}" for name, value in WRONG])
def test_a_wrong_setting_is_named_in_one_line(name: str, value: str) -> None:
    with pytest.raises(BadSetting) as mistake:
        load(LOCAL | {f"PREPLINE_{name}": value})
    line = str(mistake.value)
    assert "\n" not in line
    path = name.lower().split("__")
    assert line.startswith(f"setting {path[0]}") or f"setting {'.'.join(path)}" in line
    assert path[-1] in line or path[0] == "no_such_section" or "secrets" in line


@pytest.mark.parametrize("keys", ["1", "1:short", f"0:{KEYS[2:]}", f"256:{KEYS[2:]}", f"{KEYS},{KEYS}", f"²:{KEYS[2:]}", "1:" + "!" * 44])
def test_wrong_data_keys_are_named_and_not_repeated(keys: str) -> None:
    with pytest.raises(BadSetting, match=r"^PREPLINE_DATA_KEYS: ") as mistake:
        load(LOCAL | {"PREPLINE_DATA_KEYS": keys})
    assert KEYS[2:] not in str(mistake.value)


def test_a_heartbeat_slower_than_death_is_refused() -> None:
    with pytest.raises(BadSetting, match="owner_dead_after_seconds must be longer"):
        load(LOCAL | {"PREPLINE_SENDING__HEARTBEAT_SECONDS": "5"})


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        (None, "no such settings file"),
        ("[clinic\n", "settings.toml: "),
        (b"\xff\xfe", "settings.toml: "),
        ("carrier = 3", "setting "),
        ("", "setting clinic"),
        ("[secrets]\nsecret_key = 'x'", "setting secrets"),
    ],
)
def test_a_wrong_settings_file_is_named(text: str | bytes | None, complaint: str, tmp_path: Path) -> None:
    file = tmp_path / "settings.toml"
    if text is not None:
        file.write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(BadSetting) as mistake:
        load(LOCAL | {"PREPLINE_CONFIG": str(file)})
    assert complaint in str(mistake.value)
    assert "\n" not in str(mistake.value)
    with pytest.raises(BadSetting, match="can't be read"):
        load(LOCAL | {"PREPLINE_CONFIG": str(tmp_path)})


def test_another_file_and_the_environment_over_it(tmp_path: Path) -> None:
    file = tmp_path / "settings.toml"
    file.write_text((ROOT / "config.toml").read_text().replace("Oak Imaging", "Elm Imaging").replace("port = 8000", "port = 8100"))
    named = LOCAL | {"PREPLINE_CONFIG": str(file)}
    settings = load(named | {"PREPLINE_SENDING__BATCH": "7", "PREPLINE_DEMO__ENABLED": "true", "PREPLINE_NURSE_LINE__NAME": "123"})
    assert (settings.clinic.name, settings.sending.batch, settings.demo.enabled) == ("Elm Imaging", 7, True)
    assert settings.nurse_line.name == "123"
    ports = [load(named | more).web.port for more in ({}, {"PORT": "8200"}, {"PORT": "8200", "PREPLINE_WEB__PORT": "8300"}, {"PORT": ""})]
    assert ports == [8100, 8200, 8300, 8100]


def test_local_secrets_are_made_once_for_their_owner_alone(tmp_path: Path) -> None:
    folder = tmp_path / "instance"
    first, second = (load({"PREPLINE_INSTANCE": str(folder)}).secrets for _ in range(2))
    assert first == second
    assert (len(first.data_keys[1]), first.missing) == (32, ())
    assert stat.S_IMODE((folder / "secrets.toml").stat().st_mode) == 0o600
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert [file.name for file in folder.iterdir()] == ["secrets.toml"]
    assert "x" * 10 not in repr(load({"PREPLINE_INSTANCE": str(folder), "PREPLINE_SECRET_KEY": "x" * 10}))


def test_of_processes_that_start_together_the_first_one_s_secrets_hold(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    link = os.link

    def overtaken(draft: Path, file: Path) -> None:
        if not file.exists():
            file.write_text(draft.read_text().replace("PREPLINE_SECRET_KEY = ", 'PREPLINE_SECRET_KEY = "the first" # '))
        link(draft, file)

    monkeypatch.setattr(os, "link", overtaken)
    assert load({"PREPLINE_INSTANCE": str(tmp_path)}).secrets.secret_key == "the first"
    assert [file.name for file in tmp_path.iterdir()] == ["secrets.toml"]


@pytest.mark.parametrize("text", ["not toml [", ""])
def test_local_secrets_that_cannot_be_used_stop_the_start(text: str, tmp_path: Path) -> None:
    (tmp_path / "secrets.toml").write_text(text)
    with pytest.raises(BadSetting, match="secrets of a local run"):
        load({"PREPLINE_INSTANCE": str(tmp_path)})
    with pytest.raises(BadSetting, match="secrets of a local run"):
        load({"PREPLINE_INSTANCE": str(tmp_path / "secrets.toml")})


def test_a_wrong_setting_stops_every_command_with_status_2(tmp_path: Path) -> None:
    for command in ("tasks", "serve"):
        ran = shell(command, folder=tmp_path, PREPLINE_CLINIC__TIMEZONE="Mars/Base")
        assert (ran.returncode, ran.stdout) == (2, "")
        assert ran.stderr == "Error: setting clinic.timezone: no time zone is called 'Mars/Base'; one is America/New_York\n"


# Live


def live(tmp_path: Path, **changes: str) -> Settings:
    return load(LIVE | {"PREPLINE_DATABASE__URL": f"sqlite:///{tmp_path}/live.sqlite"} | changes)


def command(settings: Settings, *arguments: str) -> Result:
    app = create_app(settings, clock=HandClock())
    run.register(app)
    result = app.test_cli_runner().invoke(args=arguments)
    app.extensions["prepline"].db.close()
    return result


def missing(settings: Settings) -> set[str]:
    result = command(settings, "doctor", "--json")
    lacking = {item["item"] for item in json.loads(result.stdout) if not item["ok"]}
    assert result.exit_code == bool(lacking)
    return lacking


def approve_everything(settings: Settings) -> None:
    for language, role in (("en", "clinician"), ("es", "clinician"), ("es", "translator")):
        approved = json.loads(command(settings, "approve", "--language", language, "--by", "Dr. Gray", "--as", role, "--json").stdout)
        assert approved["approved"] > 30


STAFFED = {"on call: nurse", "on call: backup", "on call: lead", "operator"}
UNAPPROVED = {"texts in en, clinician", "texts in es, clinician", "texts in es, translator"}


def test_doctor_names_all_that_is_missing_and_passes_when_it_is_there(tmp_path: Path) -> None:
    settings = live(tmp_path)
    assert missing(settings) == UNAPPROVED | STAFFED
    approve_everything(settings)
    assert missing(settings) == STAFFED
    for number, (role, rung) in enumerate([("nurse", "nurse"), ("nurse", "backup"), ("lead", "lead"), ("admin", None)], 1):
        added = command(settings, "staff", "add", "--name", "Ana", "--role", role, "--phone", f"+1202555012{number}", "--json")
        assert json.loads(added.stdout) == {"staff": str(number)}
        if rung:
            assert command(settings, "on-call", "add", "--staff", str(number), "--rung", rung).exit_code == 0
    assert missing(settings) == set()


@pytest.mark.parametrize(
    ("changes", "item"),
    [
        ({"PREPLINE_TWILIO__PUBLIC_URL": "http://127.0.0.1:8000"}, "public address"),
        ({"PREPLINE_NURSE_LINE__CONFIRMED_BY": ""}, "nurse line"),
        ({"PREPLINE_NURSE_LINE__CONFIRMED_BY": " "}, "nurse line"),
        ({"PREPLINE_NURSE_LINE__CONFIRMED_ON": ""}, "nurse line"),
        ({"TWILIO_AUTH_TOKEN": ""}, "secrets"),
        ({"PREPLINE_DATA_KEYS": ""}, "secrets"),
    ],
)
def test_a_live_start_without_this_is_refused(changes: dict[str, str], item: str, tmp_path: Path) -> None:
    approve_everything(live(tmp_path))
    settings = live(tmp_path, **changes)
    assert item in missing(settings)
    for name in ("serve", "worker"):
        refused = command(settings, name)
        assert refused.exit_code == 1
        assert "Error" in refused.stderr
        assert "Traceback" not in refused.stderr


def test_a_live_start_without_approvals_is_refused_by_gunicorn_too(tmp_path: Path) -> None:
    environ = {name: value for name, value in os.environ.items() if not name.startswith(("PREPLINE_", "TWILIO_", "FLASK_"))}
    environ |= LIVE | {"PREPLINE_DATABASE__URL": f"sqlite:///{tmp_path}/live.sqlite"}
    ran = subprocess.run([sys.executable, "-c", "import wsgi"], cwd=ROOT, env=environ, capture_output=True, text=True, timeout=60)
    assert ran.returncode == 1
    assert "Error: texts in es, translator: " in ran.stderr
    assert "Traceback" not in ran.stderr


def test_the_demo_is_refused_when_live() -> None:
    with pytest.raises(BadSetting, match=r"demo\.enabled"):
        load(LIVE | {"PREPLINE_DEMO__ENABLED": "true"})
    with pytest.raises(BadSetting, match="from_number"):
        load(LIVE | {"PREPLINE_TWILIO__FROM_NUMBER": ""})


def test_live_means_real_twilio() -> None:
    assert load(LIVE).live
    assert not load(LOCAL).live
    for loopback in ("http://127.0.0.1:4010", "http://localhost:4010", "http://[::1]:4010"):
        assert not load(LIVE | {"PREPLINE_TWILIO__API_URL": loopback}).live


def test_an_approval_counts_for_the_very_words_only(tmp_path: Path) -> None:
    settings = live(tmp_path)
    approve_everything(settings)
    app = create_app(settings, clock=HandClock())
    parts = app.extensions["prepline"]
    spanish = dict(parts.procedure.texts["es"])
    spanish["urgent"] = replace(spanish["urgent"], body=spanish["urgent"].body + ".")
    changed: Any = replace(parts.procedure, texts={**parts.procedure.texts, "es": spanish})
    with parts.db.read() as session:
        assert approvals.unapproved(session, parts.procedure) == {}
        assert approvals.unapproved(session, changed) == {("es", "clinician"): 1, ("es", "translator"): 1}
    refusals = [item.name for item in readiness.what_refuses_start(replace(parts, procedure=changed))]
    parts.db.close()
    assert refusals == ["texts in es, clinician", "texts in es, translator"]

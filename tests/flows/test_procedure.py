"""The ductogram as it is loaded: days and times in words, strict filling in, hashes for approvals."""

import shutil
from datetime import datetime, time, timedelta
from hashlib import sha256
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from flows.lint import check_folder
from flows.procedure import CONTENT, Anchor, BadContent, Late, Phase, Procedure, load
from flows.source import find_lines

NEW_YORK = ZoneInfo("America/New_York")


@pytest.fixture
def procedure() -> Procedure:
    return load("ductogram")


def test_a_step_is_read_with_its_durations(procedure: Procedure) -> None:
    step = next(step for step in procedure.steps if step.key == "aftercare")
    assert (step.phase, step.anchor, step.late) == (Phase.AFTERCARE, Anchor.DONE, Late.SOON)
    assert (step.after, step.not_after) == (timedelta(hours=3), timedelta(hours=72))
    assert (step.joined_text, step.joins, step.safety) == ("aftercare_day_1", "check_in_day_1", True)
    assert (procedure.send_from, procedure.prep_ends_before) == (time(9), timedelta(minutes=60))
    assert procedure.tasks["dye_allergy"].due_after == timedelta(hours=4)
    assert procedure.temperatures.urgent_from_fahrenheit == 100.4


@pytest.mark.parametrize(
    ("local", "language", "day", "clock"),
    [
        (datetime(2026, 9, 30, 12, 30, tzinfo=NEW_YORK), "en", "Wed Sep 30", "12:30 PM"),
        (datetime(2026, 12, 1, 9, 5, tzinfo=NEW_YORK), "en", "Tue Dec 1", "9:05 AM"),
        (datetime(2027, 1, 3, 0, 0, tzinfo=NEW_YORK), "en", "Sun Jan 3", "12:00 AM"),
        (datetime(2026, 9, 30, 13, 0, tzinfo=NEW_YORK), "es", "miércoles 30 de septiembre", "1:00 p. m."),
        (datetime(2026, 10, 3, 9, 30, tzinfo=NEW_YORK), "es", "sábado 3 de octubre", "9:30 a. m."),
    ],
)
def test_day_and_time_in_words(procedure: Procedure, local: datetime, language: str, day: str, clock: str) -> None:
    assert procedure.format_day(local, language) == day
    assert procedure.format_time(local, language) == clock


def test_a_text_is_filled_in_or_refused(procedure: Procedure) -> None:
    values = {"day": "Tue Dec 1", "time": "9:30 AM"}
    filled = "Thank you. You said yes to your test Tue Dec 1 at 9:30 AM. Until the test, do not squeeze the nipple."
    assert procedure.render("visit_confirmed", "en", values) == filled
    with pytest.raises(KeyError, match="time"):
        procedure.render("visit_confirmed", "en", {"day": "Tue Dec 1"})
    with pytest.raises(KeyError, match="nowhere"):
        procedure.render("nowhere", "en", values)
    assert procedure.render_staff("resolved", {"code": "K7Q2"}) == "K7Q2 is closed. Thank you."


def test_a_value_is_never_read_as_a_variable(procedure: Procedure) -> None:
    assert procedure.render("hello", "en", {"org": "$nurse", "nurse": "1"}).startswith("Hello from $nurse.")


def test_the_hash_is_that_of_the_body_alone(procedure: Procedure) -> None:
    text = procedure.text("emergency", "es")
    assert text.sha256 == sha256(text.body.encode("utf-8")).hexdigest()
    assert text.sha256 != procedure.text("emergency", "en").sha256


def test_the_shipped_content_is_loaded_once_and_a_folder_each_time(tmp_path: Path) -> None:
    folder = shutil.copytree(CONTENT / "ductogram", tmp_path / "ductogram")
    assert load("ductogram") is load("ductogram")
    staff = folder / "staff.toml"
    staff.write_text(staff.read_text().replace("Thank you.", "Thanks."))
    assert load("ductogram", folder).staff_texts["resolved"] == "$code is closed. Thanks."


def test_a_folder_that_is_not_there_is_told() -> None:
    with pytest.raises(BadContent, match=r"nothing/procedure\.toml:1: can't be read"):
        load("nothing")


def test_a_third_language_is_a_file_and_no_code(tmp_path: Path) -> None:
    folder = shutil.copytree(CONTENT / "ductogram", tmp_path / "ductogram")
    shutil.copy(folder / "en.toml", folder / "fr.toml")
    procedure = load("ductogram", folder)
    assert procedure.languages == ("en", "es", "fr")
    assert procedure.text("thanks", "fr").language == "fr"


def test_every_key_has_its_line() -> None:
    text = '# a\n[one.two]\nkey = "x"\nlist = [\n  "y",\n]\n\n[[steps]]\nkey = 1\n[[steps]]\nkey = 2\n'
    assert find_lines(text) == {
        ("one", "two"): 2,
        ("one", "two", "key"): 3,
        ("one", "two", "list"): 4,
        ("steps", "0"): 8,
        ("steps", "0", "key"): 9,
        ("steps", "1"): 10,
        ("steps", "1", "key"): 11,
    }


@pytest.mark.parametrize(
    ("file", "written", "told"),
    [
        ("procedure.toml", "steps = 3", "procedure.toml:1: steps should be"),
        ("procedure.toml", "steps = [1]", "procedure.toml:1: steps.0 should be a table"),
        ("procedure.toml", "a = 1", "procedure.toml:1: journey is missing"),
        ("facts.toml", "about = 1", "facts.toml:1: about should be a table"),
        ("facts.toml", "[about]\nducts = 1", "facts.toml:2: about.ducts should be a table"),
        ("en.toml", "[texts.hello]", "en.toml:1: texts.hello.body is missing"),
        ("en.toml", "texts = 5", "en.toml:1: texts should be a table"),
        ("en.toml", "", "en.toml:1: is empty"),
        ("staff.toml", "[texts]\npage = []", "staff.toml:2: texts.page should be a text"),
    ],
)
def test_a_file_of_any_shape_is_told_and_never_breaks_the_loading(tmp_path: Path, file: str, written: str, told: str) -> None:
    folder = shutil.copytree(CONTENT / "ductogram", tmp_path / "ductogram")
    (folder / file).write_text(written)
    with pytest.raises(BadContent) as raised:
        load("ductogram", folder)
    assert any(str(problem).startswith(f"{folder}/{told}") for problem in raised.value.problems), raised.value
    assert check_folder(folder)

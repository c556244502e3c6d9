"""`flask evaluate` and `flask train`: figures that count right, misses that are named, bad files that change nothing."""

import json

import pytest

from flows.understanding import second_reader
from tests.support.commands import invoke, refusal, told
from tests.support.world import World

on_sqlite = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
pytestmark = on_sqlite

ROWS = [
    {"id": "x-1", "text": "I can't breathe", "urgency": "emergency", "intent": "symptom_report"},
    {"id": "x-2", "text": "I can't breathe", "urgency": "none", "intent": "thanks", "intent_ok": ["symptom_report"]},
    {"id": "x-3", "text": "thank you so much", "urgency": "none", "intent": "thanks"},
    {"id": "x-4", "text": "how much does it cost?", "stage": "prep", "urgency": "none", "intent": "faq", "faq_topic": "cost"},
    {"id": "x-5", "text": "STOP", "urgency": "none", "intent": "opt_out"},
    {"id": "x-6", "text": "no me manden mas mensajes", "language": "es", "urgency": "none", "intent": "opt_out"},
]


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "rows.jsonl"
    path.write_text("\n".join(map(json.dumps, ROWS)), "utf-8")
    return str(path)


def test_figures_count_right(world: World, file: str):
    figures = told(world, "evaluate", file)
    assert figures["en"]["emergencies read as such"] == [1, 1]
    assert figures["en"]["false alarms"] == [1, 4]
    assert figures["en"]["intent"] == [5, 5]
    assert figures["en"]["topic of a question"] == [1, 1]
    assert figures["en"]["opt-outs heard"] == [1, 1]
    assert figures["es"]["of opt-outs heard, meant"] == [1, 1]


def test_misses_are_named_and_tables_printed(world: World, file: str):
    said = invoke(world, "evaluate", "--misses", "--by-file", file).stdout
    assert "false alarms: x-2 [none/thanks/None] read as [emergency/symptom_report/None]" in said
    assert said.count("x-2") == 2  # a false alarm, and its urgency is wrong
    assert "rows.jsonl: 6 texts" in said
    assert "  false alarms                     1 of     4   25.0 %" in said


def test_each_reader_and_the_hurried_thumb(world: World, file: str):
    for option in ("--rules-only", "--noise"):
        assert told(world, "evaluate", option, file)["en"]["emergencies read as such"] == [1, 1]


@pytest.mark.parametrize(
    "line", ["{", "[]", '{"id": "no text"}', '{"text": "hi", "stage": "nowhere"}', '{"text": "hi", "urgency": "none", "urgency_ok": 5}']
)
def test_a_bad_line_is_named(world: World, tmp_path, line: str):
    path = tmp_path / "bad.jsonl"
    path.write_text(json.dumps(ROWS[0]) + "\n" + line, "utf-8")
    assert "bad.jsonl, line 2: " in refusal(world, "evaluate", "--noise", str(path))


def test_a_file_that_is_no_text_is_refused(world: World, tmp_path):
    path = tmp_path / "latin.jsonl"
    path.write_bytes(json.dumps({"text": "niña"}, ensure_ascii=False).encode("latin-1"))
    assert "latin.jsonl is not UTF-8" in refusal(world, "evaluate", str(path))


def test_blank_lines_a_byte_order_mark_and_odd_line_ends_are_no_mistakes(world: World, tmp_path):
    path = tmp_path / "odd.jsonl"
    odd = {"text": "thank you\u2028so much", "urgency": "none"}
    path.write_text("\n\n".join((json.dumps(ROWS[0]), json.dumps(odd, ensure_ascii=False))) + "\r\n", "utf-8-sig")
    assert told(world, "evaluate", str(path))["en"]["urgency"] == [2, 2]


def test_the_misses_are_not_figures(world: World, file: str):
    assert "choose one" in refusal(world, "evaluate", "--json", "--misses", file)


def test_without_a_corpus_nothing_is_judged_or_learned(world: World, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert "no texts to judge" in refusal(world, "evaluate")
    assert "no texts to learn from" in refusal(world, "train")


def test_teaching_writes_the_weights(world: World, tmp_path, monkeypatch):
    weights = tmp_path / "weights.tsv"
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(second_reader, "FILE", weights)
    for folder in ("lessons", "cases"):
        (tmp_path / "tests" / "corpus" / folder).mkdir(parents=True)
    (tmp_path / "tests" / "corpus" / "lessons" / "few.jsonl").write_text("\n".join(map(json.dumps, ROWS * 3)), "utf-8")
    said = invoke(world, "train")
    assert said.exit_code == 0, said.output
    assert "urgency emergency: " in said.stdout
    learned = second_reader.parse(weights.read_text("utf-8").splitlines())
    assert learned.text() == weights.read_text("utf-8")
    assert "w:breathe" in learned.rows

"""The labelled texts of tests/corpus, folder by folder: overall rates, never one text alone (`flask evaluate --misses` names them)."""

import json
from datetime import UTC, datetime
from functools import lru_cache
from itertools import chain
from pathlib import Path

import pytest

from flows.effects import Place
from flows.evaluation import MEASURES, Case, is_harmless, noisy, read_all
from flows.hearing import hear
from flows.procedure import load
from flows.understanding import Awaiting, Intent, Urgency, read
from flows.understanding.read import read_by_rules

CORPUS = Path(__file__).parents[1] / "corpus"
FOLDERS = ("cases", "lessons", "held")
LANGUAGES = ("en", "es")
FIGURES = {measure.name: measure for measure in MEASURES}


@lru_cache
def rows(folder: str) -> list[dict]:
    return [json.loads(line) for file in sorted((CORPUS / folder).glob("*.jsonl")) for line in file.read_text("utf-8").splitlines()]


@lru_cache
def read_folder(folder: str, language: str) -> list[Case]:
    return read_all((row for row in rows(folder) if row.get("language", "en") == language), read)


def share(name: str, cases: list[Case]) -> float:
    counted, judged = FIGURES[name].of(cases)
    assert judged, f"no text to judge: {name}"
    return counted / judged


def test_the_corpus_is_as_large_as_promised_and_the_held_texts_stand_nowhere_else():
    texts = {folder: {(row["text"].casefold(), row.get("awaiting"), row.get("stage")) for row in rows(folder)} for folder in FOLDERS}
    assert not texts["held"] & (texts["lessons"] | texts["cases"])
    for language, least in (("en", 1200), ("es", 500)):
        assert sum(row.get("language", "en") == language for folder in FOLDERS for row in rows(folder)) >= least
    assert len({row["id"] for folder in FOLDERS for row in rows(folder)}) == sum(len(rows(folder)) for folder in FOLDERS)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(
    ("folder", "name", "least"),
    [
        ("cases", "emergencies read as such", 1.0),
        ("cases", "signs raised", 0.99),
        ("cases", "reviews seen by a person", 0.92),
        ("cases", "urgency", 0.97),
        ("cases", "intent", 0.98),
        ("cases", "topic of a question", 0.98),
        ("cases", "opt-outs heard", 1.0),
        ("cases", "of opt-outs heard, meant", 1.0),
        ("lessons", "emergencies read as such", 0.99),
        ("lessons", "signs raised", 0.99),
        ("lessons", "reviews seen by a person", 0.94),
        ("lessons", "intent", 0.94),
        ("lessons", "topic of a question", 0.98),
        ("lessons", "opt-outs heard", 0.97),
        ("lessons", "of opt-outs heard, meant", 0.99),
        ("held", "emergencies read as such", 0.95),
        ("held", "signs raised", 0.96),
        ("held", "intent", 0.9),
        ("held", "topic of a question", 0.86),
    ],
)
def test_at_least(folder, name, least, language):
    assert share(name, read_folder(folder, language)) >= least


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(("folder", "most"), [("cases", 0.01), ("lessons", 0.05), ("held", 0.06)])
def test_harmless_texts_are_seldom_raised(folder, most, language):
    assert share("false alarms", read_folder(folder, language)) <= most


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(("folder", "most"), [("cases", 0.02), ("lessons", 0.06), ("held", 0.06)])
def test_harmless_answers_about_danger_page_nobody(folder, most, language):
    """Where they arrive: a yes to "any problem?" pages a nurse there, whatever its words."""
    asked = (Awaiting.CHECK_IN, Awaiting.RED_FLAGS)
    harmless = [case for case in read_folder(folder, language) if case.row.get("awaiting") in asked and is_harmless(case)]
    assert len(harmless) > 10
    assert sum(heard(case) >= Urgency.URGENT for case in harmless) <= most * len(harmless)


def heard(case: Case) -> Urgency:
    place = Place("aftercare", case.row.get("language", "en"), case.row["awaiting"], asked="check_in_1")
    return hear(place, case.reading, load("ductogram"), datetime(2026, 12, 1, 15, tzinfo=UTC)).urgency


def test_a_wrong_label_is_a_miss():
    """That the figures above can fail: the same readings against labels that say something else."""
    turned = {"none": "urgent", "review": "none", "urgent": "none", "emergency": "none"}
    cases = [Case({**case.row, "urgency": turned[case.row["urgency"]]}, case.reading) for case in read_folder("held", "en")]
    assert share("signs raised", cases) < 0.2
    assert share("false alarms", cases) > 0.5


def test_what_else_the_cases_say():
    """Digits, corrections, kinds of sign, and what a text does not want: labels that only hand-written cases have."""
    misread = []
    for case in (case for language in LANGUAGES for case in read_folder("cases", language)):
        row, reading = case.row, case.reading
        said = {"number": reading.number, "corrects": reading.corrects}
        wrong = [key for key in said if key in row and row[key] != said[key]]
        if row.get("kinds") and not {*row["kinds"], *chain(*row.get("kinds_ok", []))} & {*reading.kinds}:
            wrong.append("kinds")
        if "not_intent" in row and reading.does(Intent(row["not_intent"])):
            wrong.append("not_intent")
        misread += [(row["id"], wrong, row["text"])] if wrong else []
    assert len(misread) <= 0.005 * len(rows("cases")), misread


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_hurried_thumb_hides_few_signs(language):
    chosen = [row for row in rows("held") if row.get("language", "en") == language]
    clean = share("signs raised", read_folder("held", language))
    hurried = share("signs raised", read_all(({**row, "text": noisy(row["text"], row["id"])} for row in chosen), read))
    assert hurried >= clean - 0.05


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_second_reader_earns_its_weight(language):
    """On texts that it has not learned from: at least half of what the rules miss, and no more false alarms."""
    alone = read_all((row for row in rows("held") if row.get("language", "en") == language), read_by_rules)
    both = read_folder("held", language)
    for name in ("signs raised", "emergencies read as such"):
        assert (1 - share(name, both)) <= 0.5 * (1 - share(name, alone))
    assert share("false alarms", both) <= share("false alarms", alone)
    assert share("intent", both) >= share("intent", alone) + 0.05

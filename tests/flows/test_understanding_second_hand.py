"""Texts that somebody wrote who had not seen the rules: overall rates, never single cases. See tests/corpus/README.md."""

import json
from functools import lru_cache
from pathlib import Path
from typing import Any

import pytest

from flows.understanding import Awaiting, Context, Intent, Reading, Stage, Urgency, read

CORPUS = Path(__file__).parents[1] / "corpus"
LANGUAGES = ("en", "es")
Row = dict[str, Any]


@lru_cache
def read_all(language: str) -> list[tuple[Row, Reading]]:
    rows = [json.loads(line) for line in (CORPUS / f"second_hand_{language}.jsonl").read_text("utf-8").splitlines()]
    return [
        (row, read(row["text"], Context(row["language"], Stage(row["stage"]), Awaiting(row["awaiting"]), row["media"]))) for row in rows
    ]


def share(right: list[bool]) -> float:
    assert right
    return sum(right) / len(right)


def accepted(row: Row, key: str) -> set[str]:
    return {row[key], *row.get(f"{key}_ok", ())}


@pytest.mark.parametrize("language", LANGUAGES)
def test_emergencies(language):
    assert share([got.urgency is Urgency.EMERGENCY for row, got in read_all(language) if row["urgency"] == "emergency"]) >= 0.98


@pytest.mark.parametrize("language", LANGUAGES)
def test_signs(language):
    signs = [got for row, got in read_all(language) if row["urgency"] in ("emergency", "urgent")]
    assert share([got.urgency >= Urgency.URGENT for got in signs]) >= 0.98


@pytest.mark.parametrize("language", LANGUAGES)
def test_harmless_texts_are_not_raised(language):
    assert share([got.urgency >= Urgency.URGENT for row, got in read_all(language) if row["urgency"] == "none"]) <= 0.02


@pytest.mark.parametrize("language", LANGUAGES)
def test_urgency(language):
    assert share([got.urgency.word in accepted(row, "urgency") for row, got in read_all(language)]) >= 0.97


@pytest.mark.parametrize("language", LANGUAGES)
def test_intents(language):
    assert share([got.intent in accepted(row, "intent") for row, got in read_all(language)]) >= 0.96


@pytest.mark.parametrize("language", LANGUAGES)
def test_topics(language):
    assert share([got.faq_topic in accepted(row, "faq_topic") for row, got in read_all(language) if row["faq_topic"]]) >= 0.9


@pytest.mark.parametrize("language", LANGUAGES)
def test_who_wants_no_more_texts_and_only_they(language):
    for row, got in read_all(language):
        if accepted(row, "intent") == {"opt_out"}:
            assert got.does(Intent.OPT_OUT), row["text"]
        elif "opt_out" not in accepted(row, "intent"):
            assert not got.does(Intent.OPT_OUT), row["text"]

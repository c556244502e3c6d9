"""The second reader: its sums are right, it names what moved it, it only raises, and it can be taught again."""

import json
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from math import isclose, sqrt
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flows.evaluation import context_of
from flows.understanding import Awaiting, Context, Intent, Stage, Urgency, read, second_opinion
from flows.understanding.evidence import evidence
from flows.understanding.read import look, read_by_rules
from flows.understanding.second_reader import FILE, SCALE, ZERO, Head, SecondReader, parse, second_reader
from flows.understanding.training import train
from flows.understanding.words import words

WEIGHTS = parse(FILE.read_text("utf-8").splitlines())
LESSONS = [
    json.loads(line)
    for file in sorted((Path(__file__).parents[1] / "corpus" / "lessons").glob("*.jsonl"))
    for line in file.read_text("utf-8").splitlines()[:6]
]
TEXTS = st.one_of(
    st.sampled_from([row["text"] for row in LESSONS]),
    st.lists(st.sampled_from(sorted(words().known)), min_size=1, max_size=25).map(" ".join),
)
CONTEXTS = st.builds(Context, stage=st.sampled_from(Stage), awaiting=st.sampled_from(Awaiting))


@given(TEXTS, CONTEXTS)
def test_a_score_is_the_sum_of_what_the_text_shows(text, context):
    view = look(text, context)
    shown = list(evidence(view, context))
    rows = [WEIGHTS.rows[piece] for piece in shown if piece in WEIGHTS.rows]
    opinion = second_reader().think(view, context)
    for lane, (head, unit, bias) in enumerate(zip(WEIGHTS.heads, WEIGHTS.units, WEIGHTS.biases, strict=True)):
        told = sum(row[lane] - ZERO for row in rows)
        assert isclose(opinion.of(*head), told * unit * SCALE / sqrt(len(shown)) + bias, abs_tol=1e-9)


@given(TEXTS, CONTEXTS)
def test_it_only_raises_what_the_rules_are_sure_of(text, context):
    sure = read_by_rules(text, context, unsure_too=False)
    both = read(text, context)
    assert both.urgency >= sure.urgency
    assert set(sure.kinds) <= set(both.kinds)
    if both.urgency > sure.urgency:
        assert any(cause.startswith(f"{both.urgency.word} (second reader): ") for cause in both.why)


def test_it_names_the_words_that_moved_it():
    text = "I keep having to sit because everything goes swimmy and grey"
    reading = read(text)
    assert reading.urgency >= Urgency.URGENT
    [cause] = [cause for cause in reading.why if cause.startswith(reading.urgency.word)]
    named = cause.partition(": ")[2].split(", ")
    assert named
    assert all(all(word in text.lower() for word in phrase.split()) for phrase in named)


def test_the_strongest_words_come_first():
    context = Context()
    view = look("well hello there my throat is closing", context)
    first = second_reader().causes(view, Head("urgency", "emergency"))[0]
    assert {"throat", "closing"} & set(first.split())


def test_the_file_says_what_was_read_from_it():
    assert WEIGHTS.text() == FILE.read_text("utf-8")


@pytest.mark.parametrize("awaiting", sorted(second_opinion.ASKED_AGAIN))
def test_a_word_that_the_rules_leave_open_is_asked_again(awaiting, monkeypatch):
    """A mere "clear" after "any problem?" must not become "no problem"."""
    context = Context(awaiting=awaiting)
    left_open = [word for word in sorted(words().known)[::11] if read_by_rules(word, context).intent is Intent.UNCLEAR]
    answers = {Intent.ANSWER_YES, Intent.ANSWER_NO}
    assert not [word for word in left_open if read(word, context).intent in answers]
    monkeypatch.setattr(second_opinion, "ASKED_AGAIN", frozenset())
    assert [word for word in left_open if read(word, context).intent in answers]


def test_the_same_lessons_teach_the_same():
    """To the bit, whatever the order in which a process keeps its sets."""
    lesson = "import json, sys; from flows.understanding.training import train; print(train(json.load(sys.stdin)).text())"
    told = json.dumps(LESSONS[:40])
    taught = [
        subprocess.run(
            [sys.executable, "-c", lesson],
            input=told,
            capture_output=True,
            text=True,
            check=True,
            env=os.environ | {"PYTHONHASHSEED": seed},
        ).stdout
        for seed in ("1", "2")
    ]
    assert taught[0] == taught[1] != ""


def test_threads_that_begin_together_think_the_same():
    view, context = look("well hello there my throat is closing", Context()), Context()
    expected = SecondReader(WEIGHTS).think(view, context).scores
    fresh = SecondReader(WEIGHTS)
    with ThreadPoolExecutor(8) as threads:
        assert all(opinion.scores == expected for opinion in threads.map(lambda _: fresh.think(view, context), range(64)))


def test_it_learns_what_it_is_taught():
    """A word that no word file knows: taught as an emergency, it is one; not taught, it is none."""
    around = [(before, after) for before in ("i", "she", "it") for after in ("", " now", " again")]
    taught = [{"text": f"{before} blorped{after}", "urgency": "emergency"} for before, after in around]
    harmless = [{"text": f"{before} wimmled{after}", "urgency": "none"} for before, after in around]
    reader = SecondReader(train(taught + harmless))
    for row, dangerous in ((taught[4], True), (harmless[4], False)):
        context = context_of(row)
        assert (reader.think(look(row["text"], context), context).of("urgency", "emergency") > 0) is dangerous

"""`read` takes anything: any characters, any length, and never long."""

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from flows.understanding import Awaiting, Context, Reading, Stage, read
from flows.understanding.words import words
from tests.support import strange_texts
from tests.support.strange_texts import LONGEST_SECONDS, read_strange

CONTEXTS = st.builds(
    Context,
    language=st.sampled_from(("en", "es")),
    stage=st.sampled_from(Stage),
    awaiting=st.sampled_from(Awaiting),
    media=st.integers(0, 3),
)


def quickest(text: str) -> float:
    """The least processor time of three readings: other work on the machine doesn't count."""
    times = []
    for _ in range(3):
        begun = time.process_time()
        read(text)
        times.append(time.process_time() - begun)
    return min(times)


@settings(max_examples=1000, deadline=None)
@given(st.text(max_size=600), CONTEXTS)
def test_any_characters(text, context):
    assert isinstance(read(text, context), Reading)


KNOWN = sorted(words().known)


@settings(max_examples=1000, deadline=None)
@given(st.lists(st.sampled_from([*KNOWN, ",", ".", "?", "but", "no", "1", "2", "101.3", "...", "\n"]), max_size=40), CONTEXTS)
def test_any_words_in_any_order(parts, context):
    reading = read(" ".join(parts), context)
    assert isinstance(reading, Reading)
    assert len(reading.why) <= 8
    assert reading == read(" ".join(parts), context)


@pytest.mark.parametrize(
    "text",
    [
        "pain " * 4000,
        "cant " * 4000,
        "a" * 20000,
        "no fever, " * 2000,
        "(" * 20000,
        "<a" * 10000,
        '"' * 20000,
        "." * 20000,
        "1" * 20000,
        "🤒" * 5000,
        "&amp;" * 5000,
        "reacted " * 3000,
        'liked "' * 3000,
        "stop texting me please " * 900,
        "'ll" * 8000,
        "\x00\ud800" * 4000,
        "no " * 7000,
        "ni fiebre ni " * 2000,
        "what if " * 3000,
        "i have a fever and " * 1500,
        "breast red hot swollen " * 1000,
        "x y " * 5000,
        "-/" * 9000,
        "@0" * 9000,
        "0a" * 9000,
        "my breast is hot and red and i cant breathe no fever but what if " * 300,
    ],
    ids=lambda text: ascii(text[:12]),
)
def test_no_text_takes_long(text):
    assert quickest(text) < LONGEST_SECONDS


@pytest.mark.parametrize("part", range(8))
def test_twenty_thousand_strange_texts(part):
    """`make soak` reads a million."""
    assert read_strange(part * 2500, 2500) == []


def test_a_text_that_is_slow_or_raises_is_told(monkeypatch):
    def broken(text, context):
        if "a" in text:
            raise KeyError
        begun = time.process_time()
        while time.process_time() < begun + 2 * LONGEST_SECONDS:
            pass
        return read(text, context)

    monkeypatch.setattr(strange_texts, "read", broken)
    wrong = read_strange(0, 8)
    assert len(wrong) == 8
    assert {line.split()[2] for line in wrong} == {"raised", "took"}

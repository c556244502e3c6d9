"""What a text costs, against the table of the alphabet and against another implementation."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from smsutil import split

from flows.segments import BASIC, EXTENSION, count

CHEAP = "".join(sorted(BASIC))
PAIRS = "".join(sorted(EXTENSION))


@pytest.mark.parametrize(
    ("text", "encoding", "units", "segments"),
    [
        ("", "GSM-7", 0, 1),
        ("a" * 160, "GSM-7", 160, 1),
        ("a" * 161, "GSM-7", 161, 2),
        ("a" * 306, "GSM-7", 306, 2),
        ("a" * 307, "GSM-7", 307, 3),
        ("í" * 70, "UCS-2", 70, 1),
        ("í" * 71, "UCS-2", 71, 2),
        ("í" * 134, "UCS-2", 134, 2),
        ("í" * 135, "UCS-2", 135, 3),
        ("éñ¿¡üÑà" * 22, "GSM-7", 154, 1),
        ("á" + "a" * 70, "UCS-2", 71, 2),
        ("€" * 80, "GSM-7", 160, 1),
        ("a" * 159 + "€", "GSM-7", 161, 2),
        ("a" * 152 + "€" + "a" * 152, "GSM-7", 306, 3),  # the escape pair does not fit into the first part: it moves whole
        ("a" * 153 + "€" + "a" * 151, "GSM-7", 306, 2),
        ("🙂" * 35, "UCS-2", 70, 1),
        ("🙂" * 36, "UCS-2", 72, 2),
        ("a" * 66 + "🙂" + "a" * 66, "UCS-2", 134, 3),  # nor is a surrogate pair split
        ("It’s time", "UCS-2", 9, 1),
        ("9:30\u202fAM", "UCS-2", 7, 1),
    ],
)
def test_price(text: str, encoding: str, units: int, segments: int) -> None:
    price = count(text)
    assert (price.encoding, price.units, price.segments) == (encoding, units, segments)


@given(st.text(st.sampled_from(CHEAP + PAIRS), max_size=700))
def test_cheap_letters_cost_what_another_implementation_says(text: str) -> None:
    assert count(text).segments == max(1, len(split(text).parts))
    assert count(text).encoding == "GSM-7"


@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=300), st.sampled_from("íá🙂’\u202f"))
def test_any_letters_cost_what_another_implementation_says(text: str, dear: str) -> None:
    assert count(text + dear).segments == len(split(text + dear).parts)
    assert count(text + dear).encoding == "UCS-2"

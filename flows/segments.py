"""What a text costs: the carrier bills by the segment, and how much fits into one depends on the letters used."""

from dataclasses import dataclass

# GSM 03.38: the basic alphabet in the order of its table, and the characters that take an escape before them.
BASIC = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
EXTENSION = frozenset("\f^{}\\[~]|€")


@dataclass(frozen=True, slots=True)
class Segments:
    """The price of one text. `units` are septets ("GSM-7") or UTF-16 code units ("UCS-2")."""

    encoding: str
    units: int
    segments: int


def count(text: str) -> Segments:
    """Count a text's segments: 160 septets or 70 code units in one, 153 or 67 in each of several; an empty text takes one.

    A character of two units (an escape and its letter, a surrogate pair) stands whole in one segment.
    """
    if BASIC.issuperset(text) or (BASIC | EXTENSION).issuperset(text):
        encoding, alone, joined = "GSM-7", 160, 153
        sizes = [2 if letter in EXTENSION else 1 for letter in text]
    else:
        encoding, alone, joined = "UCS-2", 70, 67
        sizes = [2 if ord(letter) > 0xFFFF else 1 for letter in text]
    units = sum(sizes)
    return Segments(encoding, units, 1 if units <= alone else _parts(sizes, joined))


def _parts(sizes: list[int], room: int) -> int:
    parts, filled = 1, 0
    for size in sizes:
        filled += size
        if filled > room:
            parts, filled = parts + 1, size
    return parts

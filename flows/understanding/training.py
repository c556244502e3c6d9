"""Teaching the second reader: texts with their labels → its weights. The same texts give the same weights, to the bit, on any machine.

Each question ("is it urgent?", "is it about the bandage?") gets a linear support vector machine of its own (squared hinge
loss), fitted by dual coordinate descent (Hsieh et al., ICML 2008): additions, multiplications, divisions and one square root, in one
order, so that no library and no processor makes a difference.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import reduce
from math import sqrt
from operator import add, mul
from zlib import crc32

from flows.evaluation import Row, context_of
from flows.understanding.evidence import evidence
from flows.understanding.read import look
from flows.understanding.reading import Intent, Kind, Topic, Urgency
from flows.understanding.second_reader import LIMIT, SCALE, ZERO, Head, Weights

PENALTY = 0.03  # of a mistake, against large weights ("C")
ROUNDS = 60  # through all texts, at most
SETTLED = 0.02  # largest step of a round at which it stops
FAINT = 6  # the largest weight of a piece that is left out
SEEN = 4  # texts in which a piece of evidence must stand

Vector = tuple[tuple[int, ...], tuple[float, ...]]  # places and what stands there


@dataclass(frozen=True, slots=True)
class Question:
    """A yes-or-no question that a label answers; None where the label is not given."""

    head: Head
    answer: Callable[[Row], bool | None]


def questions() -> list[Question]:
    """Everything that the second reader is asked."""
    asked = [Question(Head("urgency", level.word), _at_least(level)) for level in Urgency if level]
    asked += [Question(Head("kind", kind), _reports(kind)) for kind in Kind]
    asked += [Question(Head("intent", intent), _means(intent)) for intent in Intent]
    asked += [Question(Head("topic", topic), _is_about(topic)) for topic in Topic]
    return asked


def _at_least(level: Urgency) -> Callable[[Row], bool | None]:
    return lambda row: Urgency[str(row["urgency"]).upper()] >= level if "urgency" in row else None


def _reports(kind: Kind) -> Callable[[Row], bool | None]:
    return lambda row: kind in row["kinds"] if row.get("kinds") else None


def _means(intent: Intent) -> Callable[[Row], bool | None]:
    def answer(row: Row) -> bool | None:
        if "intent" in row:
            return bool(row["intent"] == intent)
        return False if row.get("not_intent") == intent else None

    return answer


def _is_about(topic: Topic) -> Callable[[Row], bool | None]:
    return lambda row: row["faq_topic"] == topic if row.get("faq_topic") else None


def train(rows: Iterable[Row], say: Callable[[str], None] = lambda _: None) -> Weights:
    """Fit every question to the rows that answer it. Rows without words teach nothing."""
    lessons: list[tuple[Row, Counter[str]]] = []
    for row in rows:
        context = context_of(row)
        view = look(str(row["text"]), context)
        if view is not None:
            lessons.append((row, Counter(evidence(view, context))))
    seen = Counter(piece for _, counts in lessons for piece in counts)
    pieces = sorted(piece for piece, texts in seen.items() if texts >= SEEN)
    number = {piece: at for at, piece in enumerate(pieces)}
    say(f"{len(lessons)} texts, {len(pieces)} pieces of evidence")
    vectors = [_vector(counts, number) for _, counts in lessons]
    asked = questions()
    work = [[question.answer(row) for row, _ in lessons] for question in asked]
    columns = []
    with ProcessPoolExecutor(initializer=_prepare, initargs=(vectors, len(pieces))) as processes:
        for question, answers, weights in zip(asked, work, processes.map(_answered, work), strict=True):
            say(f"{question.head.group} {question.head.name}: {answers.count(True)} yes, {answers.count(False)} no")
            columns.append(weights)
    biases = [weights.pop() for weights in columns]
    return _rounded([question.head for question in asked], pieces, columns, biases)


_shared: tuple[list[Vector], int] = ([], 0)


def _prepare(vectors: list[Vector], size: int) -> None:
    """What every process works on."""
    global _shared  # noqa: PLW0603 - handed over once, when a process starts
    _shared = vectors, size


def _answered(answers: list[bool | None]) -> list[float]:
    vectors, size = _shared
    told = [(vector, answer) for vector, answer in zip(vectors, answers, strict=True) if answer is not None]
    return fit([vector for vector, _ in told], [answer for _, answer in told], size)


def _vector(counts: Counter[str], number: dict[str, int]) -> Vector:
    """A text as numbers: how often each piece stands in it, the whole scaled to one length; the last number is always 1."""
    length = sqrt(sum(counts.values()))
    told = sorted((number[piece], SCALE * times / length) for piece, times in counts.items() if piece in number)
    told.append((len(number), 1.0))
    return tuple(place for place, _ in told), tuple(value for _, value in told)


def fit(vectors: Sequence[Vector], answers: Sequence[bool], size: int) -> list[float]:
    """Weights of one question, the last of them the bias: positive scores mean yes."""
    weights = [0.0] * (size + 1)
    weight = weights.__getitem__
    hardness = [0.0] * len(vectors)
    inner = 1 / (2 * PENALTY)
    diagonal = [_total(map(mul, values, values)) + inner for _, values in vectors]
    order = list(range(len(vectors)))
    for turn in range(ROUNDS):
        order.sort(key=lambda at: crc32(b"%d %d" % (turn, at)))
        largest = 0.0
        for at in order:
            places, values = vectors[at]
            sign = 1.0 if answers[at] else -1.0
            slope = sign * _total(map(mul, map(weight, places), values)) - 1.0 + hardness[at] * inner
            if hardness[at] == 0.0 and slope >= 0.0:
                continue
            before = hardness[at]
            hardness[at] = max(before - slope / diagonal[at], 0.0)
            step = (hardness[at] - before) * sign
            largest = max(largest, abs(slope))
            for place, value in zip(places, values, strict=True):
                weights[place] += step * value
        if largest < SETTLED:
            break
    return weights


def _total(numbers: Iterable[float]) -> float:
    """Add one after the other: sum() itself rounds differently from Python 3.12 on."""
    return reduce(add, numbers, 0.0)


def _rounded(heads: list[Head], pieces: list[str], columns: list[list[float]], biases: list[float]) -> Weights:
    """Weights as whole numbers up to LIMIT: the unit of a head is its largest weight / LIMIT. What says little on all heads is left out."""
    units = [max((abs(weight) for weight in column), default=0.0) / LIMIT or 1.0 for column in columns]
    rows = {}
    for at, piece in enumerate(pieces):
        row = bytes(ZERO + round(column[at] / unit) for column, unit in zip(columns, units, strict=True))
        if max(row) > ZERO + FAINT or min(row) < ZERO - FAINT:
            rows[piece] = row
    return Weights(tuple(heads), tuple(units), tuple(biases), rows)

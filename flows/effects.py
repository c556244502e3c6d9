"""What a turn of the conversation may ask for. Plain data; `bot/inbox.py` carries it out."""

from dataclasses import dataclass, field
from datetime import datetime

from flows.understanding.reading import Kind, Urgency


@dataclass(frozen=True, slots=True)
class Say:
    """Answer the patient with an approved text. `danger` answers go at any hour, opted out or not."""

    text: str
    danger: bool = False


@dataclass(frozen=True, slots=True)
class Escalate:
    """Open a case, or add to the open one, and page a nurse."""

    urgency: Urgency
    kinds: tuple[Kind, ...]
    why: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class AddTask:
    """Put a row on the worklist. `kind` is one of procedure.toml's `[tasks]`."""

    kind: str


@dataclass(frozen=True, slots=True)
class StopMessages:
    """Opt the phone out from this commit on. `reason`: `asked` or `wrong_number`."""

    reason: str = "asked"


@dataclass(frozen=True, slots=True)
class ResumeMessages:
    """Lift the opt-out of the phone."""


@dataclass(frozen=True, slots=True)
class SetLanguage:
    """Write to her in this language from now on."""

    language: str


@dataclass(frozen=True, slots=True)
class MarkDone:
    """She says the test is done: aftercare starts."""


@dataclass(frozen=True, slots=True)
class MarkNotDone:
    """She says the test was not done: no aftercare."""


@dataclass(frozen=True, slots=True)
class Replan:
    """An answer changed what is still to be sent (a check-in needs no repeat any more)."""


Effect = Say | Escalate | AddTask | StopMessages | ResumeMessages | SetLanguage | MarkDone | MarkNotDone | Replan


@dataclass(frozen=True, slots=True)
class Place:
    """Where one patient is in the conversation; saved between any two turns.

    `awaiting` is the open question, `asked` the key of the text that asked it and `asked_at` (aware UTC) when.
    `answers` maps an `Awaiting` word (and the text key of each answered check-in) to "1", "2" or "3".
    `last_answered` is what a change of mind is about. `unclear` counts texts in a row that were not understood,
    `leaks` how often she told of a leak on the pad. `opted_out` is the phone's, handed in with the place.
    """

    stage: str = "prep"
    language: str = "en"
    awaiting: str = "none"
    asked: str = ""
    asked_at: datetime | None = None
    answers: dict[str, str] = field(default_factory=dict)
    last_answered: str = ""
    unclear: int = 0
    leaks: int = 0
    opted_out: bool = False


@dataclass(frozen=True, slots=True)
class Step:
    """One turn: where she is now and what should happen, in order."""

    place: Place
    effects: tuple[Effect, ...] = ()

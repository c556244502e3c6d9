"""Approved texts with their blanks filled in: the clinic's name, the nurse line, the day and time of the test."""

from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from bot.settings import Settings
from flows import segments
from flows.procedure import Procedure


@dataclass(frozen=True, slots=True)
class Visit:
    """What the words about a test depend on. `procedure_at` is aware; day and time are printed where the test is."""

    procedure_at: datetime
    site_zone: str


class Wording:
    """Renders texts of one procedure with one clinic's values."""

    def __init__(self, procedure: Procedure, settings: Settings) -> None:
        """The values that never change are worked out once."""
        self._procedure = procedure
        line = settings.nurse_line
        self.values = {
            "org": settings.clinic.name,
            "nurse": printed(line.in_texts),
            "nurse_name": line.name,
            "nurse_phone": printed(line.phone or line.toll_free),
            "nurse_toll_free": printed(line.in_texts),
        }

    def text(self, key: str, language: str, visit: Visit | None = None) -> str:
        """The text as it is sent. Raises KeyError where it names a value that is not known here."""
        values = self.values
        if visit is not None:
            local = visit.procedure_at.astimezone(ZoneInfo(visit.site_zone))
            values = values | {
                "day": self._procedure.format_day(local, language),
                "time": self._procedure.format_time(local, language),
            }
        return self._procedure.render(key, language, values)

    def staff_text(self, key: str, **values: str) -> str:
        """A text for a nurse's phone: no patient's name, number or words."""
        return self._procedure.render_staff(key, values)


def printed(number: str) -> str:
    """A dialable number as people read it: `+18772306877` is 1-877-230-6877, +14237236877 is 423-723-6877 with its 1."""
    if number.startswith("+1") and len(number) == len("+18772306877"):
        return f"1-{number[2:5]}-{number[5:8]}-{number[8:]}"
    return number


def cost(body: str) -> int:
    """What the carrier bills for it, in segments."""
    return segments.count(body).segments

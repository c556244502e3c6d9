"""Pretend phones: a story texts with them and says what they hear.

    maria.texts("there is a lot of blood").hears("A nurse will call you")
    nurse_ana.hears("urgent", "K7Q2")
    nurse_ben.hears_nothing()

A phone knows the outside by three callables: one texts for it, one lists the bodies that have reached its number
(oldest first), and one lets everything happen that is due at this moment of the clock.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field


def nothing_to_settle() -> None:
    """For a phone whose messages arrive by themselves."""


@dataclass
class Phone:
    number: str
    send_text: Callable[[str, str], object]
    messages_to: Callable[[str], Sequence[str]]
    settle: Callable[[], object] = nothing_to_settle
    name: str = "the phone"
    _read: int = field(default=0, init=False)

    @property
    def heard(self) -> list[str]:
        """Every body that has reached this phone by now, oldest first."""
        self.settle()
        return list(self.messages_to(self.number))

    def texts(self, body: str) -> "Phone":
        self.send_text(self.number, body)
        return self

    def hears(self, *phrases: str) -> "Phone":
        """Find the first unread text that holds all `phrases` (in any case of letters) and read up to it.

        Unread texts before it count as read. Raises AssertionError with all that was unread.
        """
        heard = self.heard
        for position in range(self._read, len(heard)):
            if all(phrase.casefold() in heard[position].casefold() for phrase in phrases):
                self._read = position + 1
                return self
        raise AssertionError(f"{self.name} did not hear {' + '.join(map(repr, phrases))}; {self._unread(heard)}")

    def hears_nothing(self) -> "Phone":
        """Raises AssertionError if a text has come since the last one read."""
        heard = self.heard
        if len(heard) > self._read:
            raise AssertionError(f"{self.name} should have heard nothing; {self._unread(heard)}")
        return self

    def catches_up(self) -> "Phone":
        """Read everything that has come so far, whatever it says."""
        self._read = len(self.heard)
        return self

    def _unread(self, heard: Sequence[str]) -> str:
        unread = heard[self._read :]
        return "unread:\n" + "\n".join(f"  - {body}" for body in unread) if unread else "nothing was unread"

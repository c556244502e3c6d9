"""The texts the stand-in Twilio has taken, in and out: the oracle of what a patient or nurse was really sent."""

import operator
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from email.utils import format_datetime

import smsutil

from tests.support.twilio_rules import FINAL

API = "/2010-04-01"


@dataclass
class Text:
    """One message resource. Times are aware UTC; `form` is what was posted, or what we were told of an inbound text.

    `automatic` marks Twilio's own answers to STOP, START and HELP.
    """

    sid: str
    account_sid: str
    direction: str
    sender: str
    to: str
    body: str
    status: str
    created_at: datetime
    form: Mapping[str, str] = field(default_factory=dict)
    automatic: bool = False
    sent_at: datetime | None = None
    updated_at: datetime | None = None
    error_code: int | None = None

    @property
    def outbound(self) -> bool:
        return self.direction != "inbound"

    @property
    def segments(self) -> int:
        return len(smsutil.split(self.body).parts)

    def advance(self, status: str, error_code: int | None, now: datetime) -> None:
        """Take the next status. The carrier's last word stays: nothing follows a final status."""
        if self.status in FINAL:
            return
        self.status, self.updated_at = status, now
        if status in {"undelivered", "failed"}:
            self.error_code = error_code
        if status != "queued" and self.sent_at is None:
            self.sent_at = now

    def as_json(self) -> dict[str, object]:
        """Return the message resource as the REST API writes it."""
        uri = f"{API}/Accounts/{self.account_sid}/Messages/{self.sid}"
        return {
            "account_sid": self.account_sid,
            "api_version": "2010-04-01",
            "body": self.body,
            "date_created": format_datetime(self.created_at),
            "date_sent": format_datetime(self.sent_at) if self.sent_at else None,
            "date_updated": format_datetime(self.updated_at or self.created_at),
            "direction": self.direction,
            "error_code": self.error_code,
            "error_message": None,
            "from": self.sender,
            "messaging_service_sid": self.form.get("MessagingServiceSid"),
            "num_media": self.form.get("NumMedia", "0"),
            "num_segments": str(self.segments),
            "price": None,
            "price_unit": "USD",
            "sid": self.sid,
            "status": self.status,
            "subresource_uris": {"media": f"{uri}/Media.json"},
            "to": self.to,
            "uri": f"{uri}.json",
        }


class Ledger:
    """All texts, oldest first; safe to use from any thread."""

    def __init__(self) -> None:
        self._texts: dict[str, Text] = {}
        self._lock = threading.Lock()

    def add(self, text: Text) -> None:
        """Keep it. A sid that is known already is the same text and is not kept twice."""
        with self._lock:
            self._texts.setdefault(text.sid, text)

    def find(self, sid: str) -> Text | None:
        return self._texts.get(sid)

    def all(self) -> list[Text]:
        with self._lock:
            return list(self._texts.values())

    def outbound(self, to: str | None = None) -> list[Text]:
        return [text for text in self.all() if text.outbound and to in {None, text.to}]

    def inbound(self) -> list[Text]:
        return [text for text in self.all() if not text.outbound]

    def matching(self, query: Mapping[str, str]) -> list[Text]:
        """Return what a listing with these filters shows, newest first."""
        pairs = [text for text in reversed(self.all()) if query.get("To") in {None, text.to} and query.get("From") in {None, text.sender}]
        return sorted((text for text in pairs if _sent_in_time(text.sent_at, query)), key=lambda text: text.created_at, reverse=True)


def _sent_in_time(sent_at: datetime | None, query: Mapping[str, str]) -> bool:
    """Apply DateSent, DateSent< and DateSent>: by the UTC day, bounds included. A text not yet sent passes none of them."""
    bounds = [(holds, query[name][:10]) for name, holds in _COMPARISONS.items() if name in query]
    return not bounds or (sent_at is not None and all(holds(f"{sent_at:%Y-%m-%d}", day) for holds, day in bounds))


_COMPARISONS: dict[str, Callable[[str, str], bool]] = {"DateSent": operator.eq, "DateSent<": operator.le, "DateSent>": operator.ge}

"""Pretend phones: stands where Twilio would, with the same signed webhooks and delivery receipts, and no account anywhere."""

import secrets
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from xml.etree import ElementTree  # nosec B405 -- reads our own answer, not a stranger's

from flask import Flask
from sqlalchemy import select
from twilio.request_validator import RequestValidator

from bot import privacy
from bot.carrier import Found
from bot.clock import Clock
from bot.database import Database
from bot.models import SimulatedText
from bot.settings import Settings

NUMBER = "+12025550100"  # the clinic's, in a range kept for fiction


class Simulator:
    """A carrier whose phones are rows of a table; the phones page shows them."""

    def __init__(self, settings: Settings, clock: Clock, db: Database, app: Flask) -> None:
        """`app` receives the webhooks, inside this process."""
        self._settings = settings
        self._clock = clock
        self._db = db
        self._app = app
        self._validator = RequestValidator(settings.secrets.auth_tokens[0])

    def send(self, to: str, body: str, *, reference: str, valid_for: timedelta | None) -> str:
        """See Carrier. Every text arrives."""
        del valid_for
        carrier_id = self._show(to, body, "out")
        for status in ("sent", "delivered"):
            self._post(f"/twilio/status/{reference}", {"MessageSid": carrier_id, "MessageStatus": status, "To": to})
        return carrier_id

    def find(self, to: str, body: str, *, since: datetime) -> Sequence[Found]:
        """See Carrier. The pretend phones keep everything, so `since` is not needed."""
        del since
        with self._db.read() as session:
            rows = session.scalars(
                select(SimulatedText)
                .where(SimulatedText.phone_hash == privacy.ring().phone_hash(to), SimulatedText.direction == "out")
                .order_by(SimulatedText.id.desc())
            )
            return [Found(row.carrier_id, "delivered") for row in rows if row.body == body]

    def text(self, from_number: str, body: str, *, media: int = 0) -> list[str]:
        """Text from a pretend phone, through the signed webhook, and return the replies it hears at once."""
        carrier_id = self._show(from_number, body, "in")
        form = {
            "MessageSid": carrier_id,
            "AccountSid": self._settings.secrets.account_sid,
            "From": from_number,
            "To": NUMBER,
            "Body": body,
            "NumMedia": str(media),
        }
        answer = self._post("/twilio/sms", form)
        if not answer:
            return []
        heard = []
        for message in ElementTree.fromstring(answer).iter("Message"):  # nosec B314 -- likewise
            reply = message.text or ""
            sid = self._show(from_number, reply, "out")
            heard.append(reply)
            path = message.get("statusCallback", "").removeprefix(self._settings.twilio.public_url)
            self._post(path, {"MessageSid": sid, "MessageStatus": "delivered", "To": from_number})
        return heard

    def _show(self, number: str, body: str, direction: str) -> str:
        carrier_id = f"SM{secrets.token_hex(16)}"
        with self._db.write() as session:
            session.add(
                SimulatedText(
                    carrier_id=carrier_id,
                    phone_hash=privacy.ring().phone_hash(number),
                    direction=direction,
                    body=body,
                    at=self._clock.now(),
                )
            )
        return carrier_id

    def _post(self, path: str, form: Mapping[str, str]) -> bytes:
        signature = self._validator.compute_signature(self._settings.twilio.public_url + path, form)
        return bytes(self._app.test_client().post(path, data=form, headers={"X-Twilio-Signature": signature}).data)

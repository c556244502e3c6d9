"""The only door to Twilio, through its official client."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import requests
from twilio.base.exceptions import TwilioException, TwilioRestException
from twilio.http.http_client import TwilioHttpClient
from twilio.rest import Client

from bot.carrier import CannotLook, CarrierBusy, CarrierRefused, Found, OutcomeUnknown, Refusal
from bot.settings import Settings

# https://www.twilio.com/docs/api/errors: what an error code says about trying again. Every other 4xx is our mistake.
REFUSALS = {
    21610: Refusal.OPTED_OUT,
    21211: Refusal.BAD_NUMBER,
    21614: Refusal.BAD_NUMBER,
    21635: Refusal.BAD_NUMBER,
    30005: Refusal.BAD_NUMBER,
    30006: Refusal.BAD_NUMBER,
    21408: Refusal.CONFIGURATION,
    21606: Refusal.CONFIGURATION,
    21612: Refusal.CONFIGURATION,
    20003: Refusal.CONFIGURATION,
    30002: Refusal.CONFIGURATION,
    30034: Refusal.CONFIGURATION,
    30004: Refusal.BLOCKED,
    30007: Refusal.BLOCKED,
    21602: Refusal.OURS,
    21617: Refusal.OURS,
}
BUSY = {20429, 21611, 30001}
VALIDITY = (timedelta(seconds=6), timedelta(seconds=36000))  # what ValidityPeriod may be; more than 5 s is advised
RECENT = 200  # texts to one number that are looked through for one whose outcome is unknown


class TwilioCarrier:
    """Sends through Twilio's REST API."""

    def __init__(self, settings: Settings) -> None:
        """One client for all threads; its address is set before any of them can see it."""
        self._settings = settings.twilio
        secrets = settings.secrets
        http = TwilioHttpClient(timeout=settings.twilio.timeout_seconds, pool_connections=True)
        self._client = Client(secrets.account_sid, secrets.auth_tokens[0], http_client=http)
        self._client.api.base_url = settings.twilio.api_url

    def send(self, to: str, body: str, *, reference: str, valid_for: timedelta | None) -> str:
        """See Carrier."""
        options: dict[str, Any] = {"to": to, "body": body, "status_callback": f"{self._settings.public_url}/twilio/status/{reference}"}
        if self._settings.messaging_service_sid:
            options["messaging_service_sid"] = self._settings.messaging_service_sid
        else:
            options["from_"] = self._settings.from_number
        if valid_for is not None:
            options["validity_period"] = int(min(max(valid_for, VALIDITY[0]), VALIDITY[1]).total_seconds())
        try:
            return str(self._client.messages.create(**options).sid)
        except TwilioRestException as mistake:
            raise _meaning(mistake) from mistake
        except requests.ConnectTimeout as mistake:
            raise CarrierBusy from mistake
        except requests.ConnectionError as mistake:
            if _never_left(mistake):
                raise CarrierBusy from mistake
            raise OutcomeUnknown from mistake
        except (
            TwilioException,
            requests.RequestException,
            ValueError,
            TypeError,
            KeyError,
        ) as mistake:  # a broken answer may stand for a sent text
            raise OutcomeUnknown from mistake

    def find(self, to: str, body: str, *, since: datetime) -> Sequence[Found]:
        """See Carrier. Twilio filters by the day of sending only, so the moment and the words are compared here."""
        try:
            texts = self._client.messages.list(to=to, limit=RECENT, page_size=RECENT)
        except (TwilioException, requests.RequestException, ValueError, KeyError) as mistake:
            raise CannotLook from mistake
        return [
            Found(str(text.sid), str(text.status))
            for text in texts
            if text.body == body
            and str(text.direction).startswith("outbound")
            and (text.date_created is None or text.date_created >= since)
        ]


def _meaning(mistake: TwilioRestException) -> Exception:
    code = mistake.code or 0
    if mistake.status == requests.codes.too_many_requests or code in BUSY:
        return CarrierBusy()
    if mistake.status >= requests.codes.internal_server_error:
        return OutcomeUnknown()
    if mistake.status in (requests.codes.unauthorized, requests.codes.forbidden):
        return CarrierRefused(Refusal.CONFIGURATION, code or mistake.status)
    return CarrierRefused(REFUSALS.get(code, Refusal.OURS), code)


def _never_left(mistake: requests.ConnectionError) -> bool:
    """Whether not even a connection came about (refused, no such host): then nothing can have been sent."""
    reason = getattr(mistake.args[0] if mistake.args else None, "reason", None)
    return type(reason).__name__ in {"NewConnectionError", "NameResolutionError", "ConnectTimeoutError"}

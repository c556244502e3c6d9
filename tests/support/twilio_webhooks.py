"""How the stand-in Twilio calls our application: signed forms, retries, and receipts that come later."""

import heapq
import itertools
import threading
import time
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from urllib.parse import parse_qsl, urldefrag

import requests

from tests.support.twilio_rules import sign


@dataclass(frozen=True)
class Answer:
    """What the application said to a webhook; `status` is None when it could not be reached."""

    status: int | None
    body: str = ""
    content_type: str = ""


Post = Callable[[str, Mapping[str, str], Mapping[str, str]], Answer]


def post_over_http(url: str, form: Mapping[str, str], headers: Mapping[str, str]) -> Answer:
    """POST a form with Twilio's patience: 5 s to connect, 15 s to read."""
    with requests.Session() as session:
        session.trust_env = False  # a proxy of the machine must not stand between us and the application
        try:
            response = session.post(url, data=form, headers=headers, timeout=(5, 15), allow_redirects=False)
        except requests.RequestException:
            return Answer(None)
        return Answer(response.status_code, response.text, response.headers.get("Content-Type", ""))


class Webhooks:
    """Signed posts to the application, tried again as Twilio does.

    Without more said, a failed connection gets one retry; the URL's fragment `#rc=3&rp=all` asks for three, after
    answers of 400 and above too. The fragment is neither sent nor signed.
    """

    def __init__(self, auth_token: str, post: Post = post_over_http, retries: int = 1) -> None:
        self.auth_token = auth_token
        self.post = post
        self.retries = retries
        self.answers: list[tuple[str, Mapping[str, str], Answer]] = []

    def send(self, url: str, form: Mapping[str, str], auth_token: str | None = None) -> Answer:
        """Post `form` and return the last answer; another `auth_token` makes a forged signature."""
        address, fragment = urldefrag(url)
        wishes = dict(parse_qsl(fragment))
        headers = {
            "X-Twilio-Signature": sign(auth_token or self.auth_token, address, form),
            "I-Twilio-Idempotency-Token": str(uuid.uuid4()),
            "User-Agent": "TwilioProxy/1.1",
        }
        for _ in range(1 + int(wishes.get("rc", self.retries))):
            answer = self.post(address, form, headers)
            self.answers.append((address, form, answer))
            if answer.status is not None and (answer.status < 400 or wishes.get("rp") != "all"):
                break
        return answer


class Errands:
    """Things to do later: by a thread when their real time comes, or at once when the test says so."""

    def __init__(self, *, automatic: bool) -> None:
        self._due: list[tuple[float, int, Callable[[], object]]] = []
        self._numbers = itertools.count()
        self._changed = threading.Condition()
        self._running = 0
        self._stopped = False
        self._failures: list[Exception] = []
        self._thread = threading.Thread(target=self._work, name="stand-in Twilio's errands") if automatic else None
        if self._thread:
            self._thread.start()

    def add(self, delay_seconds: float, errand: Callable[[], object]) -> None:
        with self._changed:
            heapq.heappush(self._due, (time.monotonic() + delay_seconds, next(self._numbers), errand))
            self._changed.notify_all()

    def settle(self, timeout_seconds: float = 30.0) -> int:
        """See that all errands are done and return how many were done here. Without a thread, delays count for nothing.

        Raises TimeoutError, and whatever an errand raised.
        """
        done = 0
        if self._thread:
            with self._changed:
                if not self._changed.wait_for(lambda: not self._due and not self._running, timeout_seconds):
                    raise TimeoutError(f"{len(self._due)} errands are still to be done")
        else:
            while self._due:
                heapq.heappop(self._due)[2]()
                done += 1
        if self._failures:
            raise self._failures.pop(0)
        return done

    def stop(self) -> None:
        """Forget what is still to be done."""
        with self._changed:
            self._stopped = True
            self._due.clear()
            self._changed.notify_all()
        if self._thread:
            self._thread.join()

    def _next(self) -> Callable[[], object] | None:
        with self._changed:
            while not self._stopped:
                wait = self._due[0][0] - time.monotonic() if self._due else None
                if wait is not None and wait <= 0:
                    self._running += 1
                    return heapq.heappop(self._due)[2]
                self._changed.wait(wait)
        return None

    def _work(self) -> None:
        while errand := self._next():
            try:
                errand()
            except Exception as failure:  # noqa: BLE001 - kept for settle(), which raises it in the test's own thread
                self._failures.append(failure)
            with self._changed:
                self._running -= 1
                self._changed.notify_all()

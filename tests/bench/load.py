"""Drives a webhook in a closed loop from a process of its own: each connection sends its next text when it has the answer to the last.

    python -m tests.bench.load < orders.json      # prints what came of it, as JSON

All requests are built and signed before the clock starts. One thread waits for all connections: nobody waits for Python's lock here.
"""

import json
import random
import selectors
import socket
import sys
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from itertools import islice
from urllib.parse import urlencode, urlsplit

from tests.bench.texts import mix
from tests.support.twilio_rules import sign

SILENCE_SECONDS = 20  # as patient as Twilio, and a little more


@dataclass(frozen=True)
class Orders:
    """How to drive: `url` is signed, `address` is where it is served."""

    address: tuple[str, int]
    url: str
    account: str
    token: str
    numbers: list[str]
    connections: int
    requests: int
    seed: int


@dataclass(frozen=True)
class Driven:
    """What came of it: how long each answer took, and how many were not 200."""

    seconds: float
    milliseconds: list[float]
    failures: int


def forms(orders: Orders) -> Iterator[dict[str, str]]:
    """The nineteen fields that Twilio sends."""
    chance = random.Random(orders.seed)
    for body in mix(orders.seed):
        sid = f"SM{chance.getrandbits(128):032x}"
        places = {f"{end}{part}": "" for end in ("From", "To") for part in ("City", "State", "Zip")}
        yield places | {
            "AccountSid": orders.account,
            "ApiVersion": "2010-04-01",
            "Body": body,
            "From": chance.choice(orders.numbers),
            "FromCountry": "US",
            "MessageSid": sid,
            "NumMedia": "0",
            "NumSegments": "1",
            "SmsMessageSid": sid,
            "SmsSid": sid,
            "SmsStatus": "received",
            "To": "+14125550199",
            "ToCountry": "US",
        }


def request(orders: Orders, form: dict[str, str]) -> bytes:
    """The form as it goes over the wire."""
    body = urlencode(form)
    head = (
        f"POST {urlsplit(orders.url).path} HTTP/1.1",
        f"Host: {urlsplit(orders.url).netloc}",
        "User-Agent: TwilioProxy/1.1",
        f"X-Twilio-Signature: {sign(orders.token, orders.url, form)}",
        "Content-Type: application/x-www-form-urlencoded",
        f"Content-Length: {len(body)}",
    )
    return ("\r\n".join(head) + "\r\n\r\n" + body).encode()


class Connection:
    """One connection that is kept open."""

    def __init__(self, address: tuple[str, int]) -> None:
        self.socket = socket.create_connection(address, timeout=SILENCE_SECONDS)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._heard = b""
        self._sent_at = 0.0

    def send(self, wire: bytes) -> None:
        self._heard = b""
        self._sent_at = time.perf_counter()
        self.socket.sendall(wire)

    def hear(self) -> tuple[float, bool] | None:
        """Read on; the milliseconds since sending and whether it was a 200, once the answer is whole."""
        piece = self.socket.recv(65536)
        if not piece:
            raise ConnectionError("the server hung up")
        self._heard += piece
        head, end, body = self._heard.partition(b"\r\n\r\n")
        length = head.lower().partition(b"content-length:")[2].partition(b"\r")[0]
        if not end or len(body) < int(length):
            return None
        return (time.perf_counter() - self._sent_at) * 1000, head.startswith(b"HTTP/1.1 200")


def drive(orders: Orders) -> Driven:
    """Send them all, and time each."""
    waiting = iter([request(orders, form) for form in islice(forms(orders), orders.requests)])
    connections = [Connection(tuple(orders.address)) for _ in range(orders.connections)]
    times, failures = [], 0
    with selectors.DefaultSelector() as selector:
        begun = time.perf_counter()
        for connection in connections:
            selector.register(connection.socket, selectors.EVENT_READ, connection)
            connection.send(next(waiting))
        while len(times) < orders.requests:
            ready = selector.select(SILENCE_SECONDS)
            if not ready:
                raise TimeoutError("the server does not answer")
            for key, _ in ready:
                heard = key.data.hear()
                if heard is None:
                    continue
                times.append(heard[0])
                failures += not heard[1]
                if (wire := next(waiting, None)) is not None:
                    key.data.send(wire)
        seconds = time.perf_counter() - begun
    for connection in connections:
        connection.socket.close()
    return Driven(seconds, times, failures)


if __name__ == "__main__":
    print(json.dumps(asdict(drive(Orders(**json.load(sys.stdin))))))

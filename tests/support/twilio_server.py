"""The HTTP of the stand-in Twilio: one request in, one `Reply` out, in a single send."""

import base64
import json
import socket
import struct
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Literal
from urllib.parse import parse_qsl, urlsplit


@dataclass(frozen=True)
class Request:
    method: str
    path: str
    query: Mapping[str, str]
    form: Mapping[str, str]
    user: str
    password: str


@dataclass(frozen=True)
class Reply:
    """A JSON answer; or none at all: the connection is closed (`drop`) or reset. `wait_seconds` pass first."""

    status: int = 200
    payload: Mapping[str, Any] = field(default_factory=dict)
    how: Literal["json", "drop", "reset"] = "json"
    wait_seconds: float = 0.0


class Server(ThreadingHTTPServer):
    """Answers each request on its own thread by `answer`; `close` also ends the connections that are open."""

    daemon_threads = False
    request_queue_size = 128

    def __init__(self, answer: Callable[[Request], Reply], port: int = 0) -> None:
        super().__init__(("127.0.0.1", port), _Handler)
        self.answer = answer
        self.closing = threading.Event()
        self.connections: set[socket.socket] = set()
        self._thread = threading.Thread(target=self.serve_forever, args=(0.02,), name="stand-in Twilio")
        self._thread.start()

    def close(self) -> None:
        self.closing.set()
        self.shutdown()
        self._thread.join()
        for connection in list(self.connections):
            try:
                connection.shutdown(socket.SHUT_RDWR)
            except OSError:
                continue  # it was closed by the other side, or between the two lines
        self.server_close()


class _Handler(BaseHTTPRequestHandler):
    server: Server
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1  # head and body leave together

    def setup(self) -> None:
        super().setup()
        self.server.connections.add(self.connection)

    def finish(self) -> None:
        self.server.connections.discard(self.connection)
        super().finish()

    def do_GET(self) -> None:
        self._serve()

    def do_POST(self) -> None:
        self._serve()

    def log_message(self, format: str, *args: object) -> None:
        """Stay quiet: the ledger tells what happened."""

    def _serve(self) -> None:
        reply = self.server.answer(self._request())
        if reply.wait_seconds:
            self.server.closing.wait(reply.wait_seconds)
        if reply.how == "json":
            self._write(reply)
            return
        self.close_connection = True
        if reply.how == "reset":
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            socket.close(self.connection.detach())  # past the file objects, which would first end it politely

    def _request(self) -> Request:
        url = urlsplit(self.path)
        body = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode()
        user, _, password = _credentials(self.headers.get("Authorization", ""))
        query, form = (dict(parse_qsl(part, keep_blank_values=True)) for part in (url.query, body))
        return Request(self.command, url.path, query, form, user, password)

    def _write(self, reply: Reply) -> None:
        body = json.dumps(reply.payload).encode()
        self.send_response(reply.status)
        self.send_header("Content-Type", "application/json;charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


def _credentials(header: str) -> tuple[str, str, str]:
    scheme, _, encoded = header.partition(" ")
    return base64.b64decode(encoded).decode().partition(":") if scheme == "Basic" else ("", "", "")

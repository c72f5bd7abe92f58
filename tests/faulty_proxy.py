"""A small TCP proxy before a mock of AWS that answers wrongly when told to, as the net and AWS really do."""

from __future__ import annotations

import http.client
import re
import socket
import socketserver
import struct
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

Headers = dict[str, str]
Fault = Callable[["Exchange"], None]


@dataclass
class Exchange:
    """One request, the way back to whoever asked, and what the mock answers."""

    service: str
    region: str
    action: str
    request: bytes
    headers: Headers
    client: socket.socket
    upstream: tuple[str, int]
    closing: threading.Event

    def forwarded(self) -> tuple[int, Headers, bytes]:
        """The mock's own answer."""
        line, _, rest = self.request.partition(b"\r\n")
        method, path, _ = line.decode("latin-1").split(" ", 2)
        connection = http.client.HTTPConnection(*self.upstream, timeout=60)
        connection.request(method, path, body=rest.partition(b"\r\n\r\n")[2], headers=self.headers)
        answer = connection.getresponse()
        body = answer.read()
        connection.close()
        return answer.status, {"Content-Type": answer.headers.get("Content-Type", "text/xml")}, body

    def answer(self, status: int, headers: Headers, body: bytes, length: int | None = None) -> None:
        """Send an answer; `length` is what it says of itself, when that is not true."""
        lines = {**headers, "Content-Length": str(len(body) if length is None else length), "Connection": "close"}
        head = "".join(f"{name}: {value}\r\n" for name, value in lines.items())
        self.client.sendall(f"HTTP/1.1 {status} Answer\r\n{head}\r\n".encode("latin-1") + body)


@dataclass
class Proxy:
    """Where it listens, and what it does to which service, region and action (regular expressions)."""

    port: int
    faults: list[tuple[str, Fault]] = field(default_factory=list)
    seen: list[str] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def on(self, pattern: str, fault: Fault) -> None:
        """Answer `service/region/action` that match the pattern with a fault."""
        self.faults.append((pattern, fault))


@contextmanager
def proxy_before(host: str, port: int) -> Iterator[Proxy]:
    """Run a proxy before a server."""
    closing = threading.Event()

    class Handler(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            try:
                exchange = _exchange(self.request, (host, port), closing)
                name = f"{exchange.service}/{exchange.region}/{exchange.action}"
                proxy.seen.append(name)
                next((fault for pattern, fault in proxy.faults if re.search(pattern, name)), _pass)(exchange)
            except (OSError, EOFError):
                return

    class Server(socketserver.ThreadingTCPServer):
        allow_reuse_address = True
        daemon_threads = True

    with Server(("127.0.0.1", 0), Handler) as server:
        proxy = Proxy(server.server_address[1])
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        thread.start()
        try:
            yield proxy
        finally:
            closing.set()
            server.shutdown()
            thread.join()


def _exchange(client: socket.socket, upstream: tuple[str, int], closing: threading.Event) -> Exchange:
    request = b""
    while b"\r\n\r\n" not in request:
        request += _received(client)
    head = request.partition(b"\r\n\r\n")[0].decode("latin-1")
    headers = dict(line.split(": ", 1) for line in head.split("\r\n")[1:])
    length = int(headers.get("Content-Length", 0)) + len(head) + 4
    while len(request) < length:
        request += _received(client)
    scope = re.search(r"Credential=[^/]+/\d+/([^/]+)/([^/]+)/", headers.get("Authorization", ""))
    action = re.search(rb"Action=(\w+)", request) or re.search(rb"X-Amz-Target: \w+\.(\w+)", request)
    return Exchange(
        service=scope[2] if scope else "",
        region=scope[1] if scope else "",
        action=action[1].decode("ascii") if action else "",
        request=request,
        headers=headers,
        client=client,
        upstream=upstream,
        closing=closing,
    )


def _received(client: socket.socket) -> bytes:
    got = client.recv(65536)
    if not got:
        raise EOFError
    return got


def _pass(exchange: Exchange) -> None:
    exchange.answer(*exchange.forwarded())


def error(status: int, code: str, times: int = 10**9) -> Fault:
    """AWS's own error in the form of the service, so many times; then the mock's answer."""
    left = [times]

    def fault(exchange: Exchange) -> None:
        left[0] -= 1
        if left[0] < 0:
            return _pass(exchange)
        if exchange.service == "ec2":
            body = f"<Response><Errors><Error><Code>{code}</Code><Message>no</Message></Error></Errors></Response>"
            return exchange.answer(status, {"Content-Type": "text/xml"}, body.encode())
        body = f'{{"__type": "{code}", "message": "no"}}'
        return exchange.answer(status, {"Content-Type": "application/x-amz-json-1.1"}, body.encode())

    return fault


def broken_gateway(exchange: Exchange) -> None:
    """A 502 from something in between, in HTML."""
    exchange.answer(502, {"Content-Type": "text/html"}, b"<html><body><h1>Bad gateway")


def hang(exchange: Exchange) -> None:
    """Never answer."""
    exchange.closing.wait(60)


def reset(exchange: Exchange) -> None:
    """Drop the connection in the middle of the headers, with a reset."""
    exchange.client.sendall(b"HTTP/1.1 200 OK\r\nContent-")
    exchange.client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    exchange.client.close()


def cut(exchange: Exchange) -> None:
    """Half the answer with HTTP 200, and a length that fits: to the transport all is well."""
    status, headers, body = exchange.forwarded()
    exchange.answer(status, headers, body[: len(body) // 2])


def cut_short(exchange: Exchange) -> None:
    """Half the answer with HTTP 200 and the length of the whole one."""
    status, headers, body = exchange.forwarded()
    exchange.answer(status, headers, body[: len(body) // 2], length=len(body))


def empty(exchange: Exchange) -> None:
    """HTTP 200 and nothing in it."""
    exchange.answer(200, {"Content-Type": "text/xml"}, b"")


def answers(body: bytes) -> Fault:
    """HTTP 200 with these bytes."""
    return lambda exchange: exchange.answer(200, {"Content-Type": "application/x-amz-json-1.1"}, body)

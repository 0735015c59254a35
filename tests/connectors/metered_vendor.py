"""A small vendor that meters its callers as Shopify does, and a process that floods it."""

import json
import os
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from connectors.budget import Account, spend
from connectors.client import Client
from connectors.errors import RateLimited
from connectors.spec import Connector, Limits, Meter, Request, Response
from tests.sandboxes import transport

ASKED, TOOK = 2.0, 1.0  # points that a request must find there, and those that it takes in the end
SIZE, RESTORE = 20.0, 60.0
THREADS = 6


class Vendor(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.level, self.at, self.lock = SIZE, time.monotonic(), threading.Lock()
        self.answered: list[float] = []
        self.throttled = 0

    def change(self, points: float) -> bool:
        """Put points in, or take them out if there are enough."""
        with self.lock:
            now = time.monotonic()
            self.level = min(SIZE, self.level + (now - self.at) * RESTORE)
            self.at = now
            if self.level + points < 0:
                self.throttled += 1
                return False
            self.level = min(SIZE, self.level + points)
            return True

    def answer(self) -> tuple[int, dict[str, float]]:
        if not self.change(-ASKED):
            return 429, {"left": self.level, "size": SIZE, "restore": RESTORE, "took": 0.0}
        time.sleep(0.01)  # as long as its work takes
        self.change(ASKED - TOOK)
        self.answered.append(time.monotonic())
        return 200, {"left": self.level, "size": SIZE, "restore": RESTORE, "took": TOOK}


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1  # head and body in one piece

    def do_GET(self) -> None:
        assert isinstance(self.server, Vendor)
        status, said = self.server.answer()
        body = json.dumps(said).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:
        """Nobody reads it."""


def read_meter(request: Request, response: Response) -> Meter:
    said = response.json()
    return Meter(said["left"], said["size"], said["restore"], said["took"])


class NoLogin:
    needs_token = False

    def sign(self, request: Request, *_: Any) -> Request:
        return request


CONNECTOR = Connector(
    slug="metered",
    label="Metered",
    category="test",
    base_url=lambda settings: "",
    account=lambda settings: "",
    auth=(),
    limits=Limits(per_second=50.0, burst=20.0, concurrency=8),  # the vendor itself knows better
    meter=read_meter,
)


def open_client(port: int, account: Account, lane: int) -> Client:
    def hold(request: Request) -> Any:
        return spend(account, CONNECTOR.limits, cost=request.cost, lane=lane)

    return Client(
        connector=CONNECTOR,
        base_url=f"http://127.0.0.1:{port}",
        auth=NoLogin(),
        settings={},
        credentials={},
        transport=transport,
        renew=lambda client: {},
        spend=hold,
    )


def call_until(ends: float, port: int, account: Account, lane: int) -> None:
    client = open_client(port, account, lane)
    while time.monotonic() < ends:
        try:
            client.send(Request("GET", "/", cost=ASKED))
        except RateLimited:
            continue  # the vendor has counted it


def flood(port: int, name: str, lane: int, seconds: float) -> None:
    account, ends = Account("", "metered", name, ""), time.monotonic() + seconds
    with ThreadPoolExecutor(THREADS) as threads:
        calls = [threads.submit(call_until, ends, port, account, lane) for _ in range(THREADS)]
    for call in calls:
        call.result()


def hold_places(name: str, count: int, seconds: float) -> None:
    """Take places, and never give them back."""
    take = partial(
        spend, Account("", "metered", name, ""), Limits(0.0, 0.0, count), seconds=seconds
    )
    held = [take() for _ in range(count)]
    for one in held:
        one.__enter__()
    print("held", flush=True)  # noqa: T201  the test waits for it
    sys.stdin.read()


@contextmanager
def metered_vendor() -> Iterator[Vendor]:
    with Vendor() as vendor:
        threading.Thread(target=vendor.serve_forever, daemon=True).start()
        yield vendor
        vendor.shutdown()


if __name__ == "__main__":
    import django

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "ekyam.settings")
    django.setup()
    name, *words = sys.argv[1:]
    if name == "flood":
        flood(int(words[0]), words[1], int(words[2]), float(words[3]))
    else:
        hold_places(words[0], int(words[1]), float(words[2]))

"""Sends the sandboxes' webhooks: signed, retried, and broken on purpose when told to."""

import heapq
import itertools
import random
import threading
import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import requests

from connectors.sandbox.faults import strike
from connectors.sandbox.kit import Sandbox, Subscription
from connectors.sandbox.world import World

FAULTS = {"webhook_duplicate", "webhook_delay", "webhook_drop", "webhook_reorder"}


class Sender:
    """A queue of webhooks by due time, posted by a few threads; the vendor waits 5 s for a 2xx."""

    def __init__(self, threads: int = 8) -> None:
        self._due: list[tuple[float, int, Any]] = []
        self._count = itertools.count()
        self._wake = threading.Condition()
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="webhook")
        self._local = threading.local()
        self._held: dict[tuple[str, str], list[Any]] = {}
        self._rng = random.Random(7)
        threading.Thread(target=self._run, daemon=True, name="webhooks").start()

    def send(
        self, sandbox: Sandbox, world: World, topic: str, payload: Any, more: Mapping[str, Any]
    ) -> None:
        for subscription in sandbox.subscriptions(world, topic):
            body, headers = sandbox.webhook(world, subscription, payload, more)
            self._plan(sandbox, world, subscription, body, headers)

    def _plan(
        self, sandbox: Sandbox, world: World, to: Subscription, body: bytes, headers: dict[str, str]
    ) -> None:
        posted = (sandbox, world, to, body, headers, 0)
        struck = {f.kind: f for f in strike(world.faults, FAULTS, to.topic, self._rng)}
        if "webhook_drop" in struck:
            return
        delay = struck["webhook_delay"].seconds if "webhook_delay" in struck else 0.0
        held = self._held.setdefault((world.slug, world.account), [])
        if "webhook_reorder" in struck:
            held.append(posted)
            return
        self._put(delay, posted)
        if "webhook_duplicate" in struck:
            self._put(delay, posted)
        while held:
            self._put(delay + 0.05, held.pop(0))

    def _put(self, delay: float, posted: Any) -> None:
        with self._wake:
            heapq.heappush(self._due, (time.monotonic() + delay, next(self._count), posted))
            self._wake.notify()

    def _run(self) -> None:
        while True:
            with self._wake:
                while not self._due or self._due[0][0] > time.monotonic():
                    wait = self._due[0][0] - time.monotonic() if self._due else None
                    self._wake.wait(wait)
                posted = heapq.heappop(self._due)[2]
            self._pool.submit(self._post, posted)

    def _post(self, posted: Any) -> None:
        sandbox, world, to, body, headers, tries = posted
        session = getattr(self._local, "session", None) or requests.Session()
        self._local.session = session
        try:
            answer = session.post(
                to.address, data=body, headers=headers, timeout=5, allow_redirects=False
            )
            status = answer.status_code
        except requests.RequestException:
            status = 0
        if not 200 <= status < 300 and tries < len(sandbox.webhook_retry_seconds):
            delay = sandbox.webhook_retry_seconds[tries]
            self._put(delay, (sandbox, world, to, body, headers, tries + 1))

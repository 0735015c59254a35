"""A world: all that one simulated account holds, in SQLite so that it outlives the process."""

import json
import sqlite3
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

Document = dict[str, Any]


class Table:
    """Documents by id, in memory, written through to the store. Get, change, put back."""

    def __init__(self, world: "World", name: str) -> None:
        self._world, self._name = world, name
        self._rows: dict[str, Document] = {}
        self.changes = 0  # for what is remembered of it

    def load(self, key: str, text: str) -> None:
        self._rows[key] = json.loads(text)

    def put(self, key: Any, document: Document) -> Document:
        self._rows[str(key)] = document
        self.changes += 1
        self._world.write(self._name, str(key), document)
        return document

    def get(self, key: Any) -> Document | None:
        return self._rows.get(str(key))

    def delete(self, key: Any) -> None:
        self._rows.pop(str(key), None)
        self.changes += 1
        self._world.write(self._name, str(key), None)

    def keys(self) -> list[str]:
        return list(self._rows)

    def values(self) -> list[Document]:
        return list(self._rows.values())

    def where(self, **equal: Any) -> list[Document]:
        return [
            row for row in self._rows.values() if all(row.get(k) == v for k, v in equal.items())
        ]

    def __len__(self) -> int:
        return len(self._rows)

    def __iter__(self) -> Iterator[Document]:
        return iter(self.values())


class World:
    """One account of one vendor. `lock` is held while a request is answered."""

    def __init__(self, slug: str, account: str, path: Path | None) -> None:
        self.slug, self.account = slug, account
        self.lock = threading.RLock()
        self.faults: list[Any] = []
        self.calls: Counter[str] = Counter()  # by path, since the process began
        self._in_flight = 0
        self.outbox: Callable[..., None] | None = None  # set by the server: sends webhooks
        self._tables: dict[str, Table] = {}
        self._store = sqlite3.connect(
            path or ":memory:", check_same_thread=False, isolation_level=None
        )
        self._store.execute("PRAGMA journal_mode=WAL")
        self._store.execute("PRAGMA synchronous=OFF")
        self._store.execute(
            "CREATE TABLE IF NOT EXISTS document"
            " (tab TEXT, key TEXT, body TEXT, PRIMARY KEY (tab, key))"
        )
        for name, key, body in self._store.execute(
            "SELECT tab, key, body FROM document ORDER BY rowid"
        ):
            self.table(name).load(key, body)
        self.is_new = not self._tables

    def table(self, name: str) -> Table:
        if name not in self._tables:
            self._tables[name] = Table(self, name)
        return self._tables[name]

    def write(self, table: str, key: str, document: Document | None) -> None:
        with self.lock:
            if document is None:
                self._store.execute("DELETE FROM document WHERE tab=? AND key=?", (table, key))
            else:
                self._store.execute(
                    "INSERT INTO document VALUES (?, ?, ?)"
                    " ON CONFLICT (tab, key) DO UPDATE SET body = excluded.body",
                    (table, key, json.dumps(document)),
                )

    def next_id(self, name: str, start: int = 1) -> int:
        """A number that was never given before in this world."""
        with self.lock:
            counters = self.table("_counters")
            number = (counters.get(name) or {"last": start - 1})["last"] + 1
            counters.put(name, {"last": number})
            return int(number)

    def journal(self, what: str, key: str, **more: Any) -> None:
        """One line of history that nothing changes later: what was done to which record."""
        number = self.next_id("_journal")
        at = self.now().isoformat()
        self.table("_journal").put(number, {"at": at, "what": what, "key": str(key), **more})

    def history(self) -> list[Document]:
        return self.table("_journal").values()

    def setting(self, name: str, default: Any) -> Any:
        """A behaviour of the vendor that is a choice here, set by the control door."""
        found = self.table("_settings").get(name)
        return default if found is None else found["value"]

    def set(self, name: str, value: Any) -> None:
        self.table("_settings").put(name, {"value": value})

    @contextmanager
    def calling(self) -> Iterator[int]:
        """How many requests are in the house at once, this one among them."""
        with self.lock:
            self._in_flight += 1
            count = self._in_flight
        try:
            yield count
        finally:
            with self.lock:
                self._in_flight -= 1

    def now(self) -> datetime:
        return datetime.now(UTC)

    def clock(self) -> float:
        return time.time()

    def notify(self, topic: str, payload: Any, **more: Any) -> None:
        """Hand a webhook to the sender; what subscribes, and the signature, are the sandbox's."""
        if self.outbox is not None:
            self.outbox(self, topic, payload, **more)

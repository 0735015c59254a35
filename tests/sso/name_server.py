"""DNS over HTTPS on the loopback interface, in its JSON form."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from tests.sso.web_server import Answer, Asked, serving


@dataclass
class NameServer:
    """`records` holds the TXT records of each name as they are sent, quotes and all."""

    records: dict[str, list[str]] = field(default_factory=dict)
    url: str = ""
    status: int = 0
    body: str | None = None

    def answer(self, asked: Asked) -> Answer:
        assert asked.query["type"] == "TXT"
        found = self.records.get(asked.query["name"])
        said = {
            "Status": self.status or (0 if found else 3),
            "Answer": [
                {"name": asked.query["name"], "type": 16, "data": one} for one in found or ()
            ],
        }
        return Answer(
            json.dumps(said) if self.body is None else self.body, kind="application/dns-json"
        )


@contextmanager
def name_server() -> Iterator[NameServer]:
    server = NameServer()
    with serving(server.answer) as address:
        server.url = f"{address}/dns-query"
        yield server

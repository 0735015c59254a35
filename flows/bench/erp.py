"""An ERP that does nothing but answer after a set time: it speaks just enough of NetSuite.

python -m flows.bench.erp, on the port of SANDBOX_URL; ERP_DELAY_MS is how long it thinks.
GET /_seen tells, for each order, when its write arrived (seconds since the epoch).
"""

import asyncio
import json
import os
import re
import time
from dataclasses import dataclass, field
from urllib.parse import urlsplit

HEAD_ENDS = b"\r\n\r\n"
LENGTH = re.compile(rb"content-length: *(\d+)", re.I)
EXTERNAL_ID = re.compile(r"/record/v1/(?:salesOrder|customer)/eid:([^/?]+)", re.I)


@dataclass
class Erp:
    delay: float
    totals: dict[str, str] = field(default_factory=dict)
    ids: dict[str, str] = field(default_factory=dict)
    seen: dict[str, list[float]] = field(default_factory=dict)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                head = await reader.readuntil(HEAD_ENDS)
                at = time.time()
                found = LENGTH.search(head)
                body = await reader.readexactly(int(found[1])) if found else b""
                method, path, _ = head.split(b" ", 2)
                status, more, answer = self.answer(method.decode(), path.decode(), body, at)
                if not path.startswith(b"/_"):
                    await asyncio.sleep(self.delay)
                sent = f"HTTP/1.1 {status} OK\r\nContent-Length: {len(answer)}\r\n{more}\r\n"
                writer.write(sent.encode() + answer)
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()

    def answer(self, method: str, path: str, body: bytes, at: float) -> tuple[int, str, bytes]:
        kind = "Content-Type: application/json\r\n"
        if path == "/_seen":
            return 200, kind, json.dumps(self.seen).encode()
        if "/oauth2/" in path:
            token = {"access_token": "bench", "expires_in": "3600", "token_type": "bearer"}
            return 200, kind, json.dumps(token).encode()
        if "/suiteql" in path:
            rows = [{"id": "98", "itemid": "EKM", "isinactive": "F"}]
            return 200, kind, json.dumps({"items": rows, "hasMore": False}).encode()
        if method == "PUT" and (found := EXTERNAL_ID.search(path)):
            self.seen.setdefault(found[1], []).append(at)
            id_ = str(len(self.seen))
            self.totals[id_] = _total(json.loads(body))
            self.ids[found[1]] = id_
            place = path.split("/eid:")[0]
            return 204, f"Location: http://erp{place}/{id_}\r\n", b""
        named = path.split("?")[0].rsplit("/", 1)[-1]
        id_ = self.ids.get(named[4:], "") if named.startswith("eid:") else named
        if not id_:
            return 404, kind, b'{"o:errorDetails": [{"o:errorCode": "NONEXISTENT_ID"}]}'
        shown = {"id": id_, "tranId": f"SO-{id_}", "total": self.totals.get(id_, "0")}
        return 200, kind, json.dumps(shown).encode()


def _total(order: dict) -> str:  # type: ignore[type-arg]
    lines = order.get("item", {}).get("items", [])
    cents = sum(round(float(line["amount"]) * 100) for line in lines)
    return f"{(cents + round(float(order.get('shippingCost') or 0) * 100)) / 100:.2f}"


async def main() -> None:
    erp = Erp(delay=float(os.environ.get("ERP_DELAY_MS", "20")) / 1000)
    port = urlsplit(os.environ["SANDBOX_URL"]).port
    server = await asyncio.start_server(erp.serve, "127.0.0.1", port)
    async with server:
        await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main())

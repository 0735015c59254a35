"""The HTTP server of the sandboxes: /<slug>/<account>/<the vendor's own path>.

The control door is POST /<slug>/<account>/_control/<name> with a JSON object, and
GET /<slug>/<account>/_control/{ledger,history,connection,calls,faults}; it wants the sandbox token.
"""

import hmac
import importlib
import random
import threading
import time
import traceback
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from connectors.registry import all_connectors, folder_of
from connectors.sandbox.faults import Fault, strike
from connectors.sandbox.kit import Call, Refuse, Reply, Sandbox
from connectors.sandbox.webhooks import Sender
from connectors.sandbox.world import World

CALL_FAULTS = {"latency", "status", "cut_before", "cut_after", "token_expired"}


class Cut(Exception):
    """Close the connection without an answer."""


class Sandboxes:
    """All worlds of all sandboxes; a world comes into being when it is first asked for."""

    def __init__(self, folder: Path | None, token: str) -> None:
        self.folder, self.token = folder, token
        self.sandboxes = {
            slug: load_sandbox(slug) for slug in all_connectors() if has_sandbox(slug)
        }
        self._routes = {slug: box.routes() for slug, box in self.sandboxes.items()}
        self._worlds: dict[tuple[str, str], World] = {}
        self._lock = threading.Lock()
        # Each vendor posts from machines of its own: one's many keep no other's waiting.
        self._senders = {slug: Sender() for slug in self.sandboxes}
        self._rng = random.Random(11)

    def world(self, slug: str, account: str) -> World:
        with self._lock:
            found = self._worlds.get((slug, account))
            if found is None:
                found = self._worlds[slug, account] = self._open(slug, account)
            return found

    def _open(self, slug: str, account: str) -> World:
        sandbox = self.sandboxes[slug]
        path = None
        if self.folder is not None:
            self.folder.mkdir(parents=True, exist_ok=True)
            path = self.folder / f"{slug}-{account}.sqlite3"
        world = World(slug, account, path)
        if world.is_new:
            sandbox.seed(world)

        def outbox(world: World, topic: str, payload: Any, **more: Any) -> None:
            self._senders[world.slug].send(sandbox, world, topic, payload, more)

        world.outbox = outbox
        return world

    def answer(self, call: Call) -> Reply:
        parts = call.path.split("/", 3)
        if len(parts) < 4 or parts[1] not in self.sandboxes:
            return Reply(404, {"error": "No such sandbox."})
        world = self.world(parts[1], parts[2])
        path = "/" + parts[3]
        if path.startswith("/_control/"):
            return self._control(world, call, path.removeprefix("/_control/"))
        return self._vendor(world, call, path)

    def _vendor(self, world: World, call: Call, path: str) -> Reply:
        world.calls[path] += 1
        with world.calling() as in_flight:
            refused = self.sandboxes[world.slug].admit(world, call, path, in_flight)
            return refused or self._answer(world, call, path)

    def _answer(self, world: World, call: Call, path: str) -> Reply:
        struck = strike(world.faults, CALL_FAULTS, f"{call.method} {path}", self._rng)
        kinds = {fault.kind for fault in struck}
        latency = sum(fault.seconds for fault in struck if fault.kind == "latency")
        if latency:
            time.sleep(latency)
        if "cut_before" in kinds:
            raise Cut
        for fault in struck:
            if fault.kind == "status":
                return Reply(fault.status, fault.body, fault.headers)
        if "token_expired" in kinds:
            world.set("_expire_tokens", True)
        reply = self._dispatch(world, call, path)
        if "cut_after" in kinds:
            raise Cut
        return reply

    def _dispatch(self, world: World, call: Call, path: str) -> Reply:
        for method, pattern, handler in self._routes[world.slug]:
            if method == call.method and (match := pattern.match(path)):
                try:
                    with world.lock:
                        reply = handler(world, call, **match.groupdict())
                except Refuse as refusal:
                    return refusal.reply
                return reply if isinstance(reply, Reply) else Reply(200, reply)
        return Reply(404, {"errors": "Not Found", "message": "Not Found"})

    def _control(self, world: World, call: Call, name: str) -> Reply:
        if not hmac.compare_digest(call.headers.get("x-sandbox-token", ""), self.token):
            return Reply(401, {"error": "The sandbox token is missing or wrong."})
        sandbox = self.sandboxes[world.slug]
        with world.lock:
            if call.method == "GET":
                return Reply(200, self._look(sandbox, world, name))
            arguments = call.json() or {}
            if name == "break":
                world.faults.append(Fault(**arguments))
                return Reply(200, {"faults": len(world.faults)})
            if name == "mend":
                world.faults.clear()
                return Reply(200, {"faults": 0})
            if name == "set":
                for key, value in arguments.items():
                    world.set(key, value)
                return Reply(200, {})
            action = sandbox.controls().get(name)
            if action is None:
                return Reply(
                    404, {"error": f"No control {name}.", "has": sorted(sandbox.controls())}
                )
            try:
                return Reply(200, action(world, arguments))
            except Refuse as refusal:
                return refusal.reply

    def _look(self, sandbox: Sandbox, world: World, name: str) -> Any:
        looks: dict[str, Callable[[], Any]] = {
            "ledger": lambda: sandbox.ledger(world),
            "history": world.history,
            "calls": lambda: dict(world.calls),
            "connection": lambda: sandbox.connection(world),
            "faults": lambda: [fault.__dict__ for fault in world.faults],
        }
        return looks[name]() if name in looks else {"error": "No such view.", "has": sorted(looks)}


def has_sandbox(slug: str) -> bool:
    return (folder_of(slug) / "sandbox.py").exists()


def load_sandbox(slug: str) -> Sandbox:
    module = importlib.import_module(f"connectors.catalog.{slug}.sandbox")
    found: Sandbox = module.SANDBOX
    return found


class _Door(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1  # one packet an answer
    server: "_Server"

    def _serve(self) -> None:
        try:
            reply = self.server.sandboxes.answer(self._call())
        except Cut:
            self.close_connection = True
            self.connection.close()
            return
        except Exception:
            traceback.print_exc()
            reply = Reply(500, {"error": "The sandbox itself failed."})
        content = reply.content()
        self.send_response(reply.status)
        for name, value in reply.headers.items():
            self.send_header(name, value)
        if content:
            self.send_header("Content-Type", reply.content_type)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)
        self.wfile.flush()

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = _serve

    def _call(self) -> Call:
        headers = {name.lower(): value for name, value in self.headers.items()}
        parts = urlsplit(self.path)
        return Call(
            method=self.command,
            url=f"http://{headers.get('host', '')}{self.path}",
            path=parts.path,
            query=dict(parse_qsl(parts.query, keep_blank_values=True)),
            headers=headers,
            body=self.rfile.read(int(headers.get("content-length") or 0)),
        )

    def log_message(self, format: str, *args: Any) -> None:
        return


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 256
    sandboxes: Sandboxes


def start_server(*, port: int = 0, folder: Path | None = None, token: str = "") -> _Server:
    """Serve on loopback in threads of this process; `server_port` tells the port."""
    server = _Server(("127.0.0.1", port), _Door)
    server.sandboxes = Sandboxes(folder, token)
    threading.Thread(target=server.serve_forever, daemon=True, name="sandboxes").start()
    return server

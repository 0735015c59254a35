"""A door that takes webhooks and keeps them for a test to look at."""

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from queue import Queue
from typing import Any

Posted = tuple[dict[str, str], bytes]


class WebhookReceiver:
    """Headers (lower case) and body of each POST, in the order of arrival."""

    def __init__(self) -> None:
        self._posted: Queue[Posted] = Queue()
        posted = self._posted

        class Door(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers.get("content-length") or 0))
                posted.put(({k.lower(): v for k, v in self.headers.items()}, body))
                self.send_response(200)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, format: str, *args: Any) -> None:
                return

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Door)
        self.address = f"http://127.0.0.1:{self._server.server_port}/hook"

    def take(self) -> Posted:
        """The next one; fails when none comes within five seconds."""
        return self._posted.get(timeout=5)

    def __enter__(self) -> "WebhookReceiver":
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *error: object) -> None:
        self._server.shutdown()
        self._server.server_close()

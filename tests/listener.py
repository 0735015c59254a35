"""A server of raw bytes on the loopback interface, for what no well-behaved server would do."""

import socketserver
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from socket import socket

Talk = Callable[[socket], None]
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


class Listener(socketserver.ThreadingTCPServer):
    daemon_threads = True
    block_on_close = False

    def __init__(self, talk: Talk, context: ssl.SSLContext | None) -> None:
        self.talk, self.context = talk, context
        self.connections = 0
        self.heads: list[bytes] = []
        super().__init__(("127.0.0.1", 0), _Conversation)
        self.port = int(self.server_address[1])
        self.url = f"http{'s' if context else ''}://localhost:{self.port}/"


class _Conversation(socketserver.BaseRequestHandler):
    server: Listener
    request: socket

    def handle(self) -> None:
        self.server.connections += 1
        try:
            if self.server.context:
                self.request = self.server.context.wrap_socket(self.request, server_side=True)
            while head := self._read_head():
                self.server.heads.append(head)
                self.server.talk(self.request)
        except OSError:
            return
        finally:
            self.request.close()

    def _read_head(self) -> bytes:
        head = b""
        while not head.endswith(b"\r\n\r\n"):
            byte = self.request.recv(1)
            if not byte:
                return b""
            head += byte
        return head


@contextmanager
def listening(talk: Talk, context: ssl.SSLContext | None = None) -> Iterator[Listener]:
    """Answer every request head by `talk(socket)`."""
    with Listener(talk, context) as listener:
        thread = threading.Thread(target=listener.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield listener
        finally:
            listener.shutdown()
            thread.join()


def answering(*parts: bytes) -> Talk:
    return lambda connection: connection.sendall(b"".join(parts))

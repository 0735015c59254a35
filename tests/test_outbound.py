"""The door to the outside, over real sockets."""

import gzip
import socket
import time
from collections.abc import Iterator
from ipaddress import ip_address
from pathlib import Path

import pytest

from ekyam import outbound
from ekyam.networks import is_refused
from ekyam.outbound import Refused, TooLarge, Unreachable, allowance, send
from tests.certificates import make_server_context
from tests.listener import OK, answering, listening


@pytest.fixture(autouse=True)
def _no_connection_left() -> Iterator[None]:
    outbound.forget_connections()
    yield
    outbound.forget_connections()


def test_it_sends_a_request_and_keeps_the_connection() -> None:
    with listening(answering(OK)) as server:
        for _ in range(3):
            answer = send("GET", server.url, headers={"X-One": "1"}, allow=allowance(server.url))
            assert (answer.status, answer.body) == (200, b"ok")
            assert answer.headers["content-length"] == "2"
        assert server.connections == 1
        assert b"x-one: 1" in server.heads[0]


def test_it_takes_less_than_a_millisecond_of_cpu() -> None:
    with listening(answering(OK)) as server:
        allow = allowance(server.url)
        rounds = []
        for _ in range(8):
            started = time.thread_time()
            for _ in range(50):
                send("GET", server.url, allow=allow)
            rounds.append((time.thread_time() - started) / 50)
        # The best round: a busy machine slows the others down.
        assert min(rounds) < 0.001


def test_it_says_in_words_what_went_wrong_and_repeats_no_password() -> None:
    with listening(hang_up) as server:
        with pytest.raises(Unreachable, match=r"^It hung up before it had answered\.$"):
            send("GET", server.url, allow=allowance(server.url))
        gone = server.url
    with pytest.raises(Unreachable, match=r"^It refuses connections: nothing listens there\.$"):
        send("GET", gone, allow=allowance(gone))
    with pytest.raises(Refused) as caught:
        send("GET", "https://somebody:secret@example.com:99999/")
    assert "secret" not in str(caught.value) and caught.value.__cause__ is None


def test_it_follows_no_redirect() -> None:
    redirect = b"HTTP/1.1 302 Found\r\nLocation: http://example.com/\r\nContent-Length: 0\r\n\r\n"
    with listening(answering(redirect)) as server:
        assert send("GET", server.url, allow=allowance(server.url)).status == 302


@pytest.mark.parametrize(
    "host",
    [
        "localhost",
        "127.0.0.1",
        "0x7f000001",
        "2130706433",
        "127.1",
        "①②⑦.0.0.1",
        "[::1]",
        "[::ffff:127.0.0.1]",
        "[::127.0.0.1]",
        "[64:ff9b::7f00:1]",
        "0.0.0.0",
        "10.0.0.1",
        "169.254.169.254",
        "168.63.129.16",
    ],
)
def test_it_refuses_addresses_that_are_not_public(host: str) -> None:
    with listening(answering(OK)) as server:
        with pytest.raises((Refused, Unreachable)) as caught:
            send("GET", f"http://{host}:{server.port}/", deadline_seconds=5)
        assert not caught.value.sent
        assert server.connections == 0


def test_it_opens_private_addresses_to_the_exact_pair_only() -> None:
    with listening(answering(OK)) as server:
        assert send("GET", server.url, allow=allowance(server.url)).status == 200
        with pytest.raises(Refused):
            send("GET", server.url)
        with pytest.raises(Refused):
            send("GET", server.url, allow=frozenset({("localhost", server.port + 1)}))
        with pytest.raises(Refused):
            send("GET", f"http://127.0.0.1:{server.port}/", allow=allowance(server.url))


@pytest.mark.parametrize(
    "url",
    [
        "",
        "ftp://example.com/",
        "file:///etc/passwd",
        "//example.com",
        "http://",
        "http://a:b@c.com",
    ],
)
def test_it_refuses_urls_that_are_unfit(url: str) -> None:
    with pytest.raises(Refused):
        send("GET", url)


def test_it_refuses_a_header_with_a_line_break() -> None:
    with listening(answering(OK)) as server, pytest.raises(Refused):
        send("GET", server.url, headers={"x": "a\r\nb: c"}, allow=allowance(server.url))


def test_it_knows_that_nothing_was_sent_when_nobody_listens() -> None:
    with socket.create_server(("127.0.0.1", 0)) as unused:
        url = f"http://127.0.0.1:{unused.getsockname()[1]}/"
    for target in (url, "http://nobody.invalid/"):
        with pytest.raises(Unreachable) as caught:
            send("POST", target, body=b"x", deadline_seconds=5, allow=allowance(target))
        assert not caught.value.sent
    assert str(caught.value) == "No address is found for this name."


def hang(connection: socket.socket) -> None:
    connection.recv(1024)


def hang_up(connection: socket.socket) -> None:
    connection.close()


def break_off(connection: socket.socket) -> None:
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\nonly this")
    connection.shutdown(socket.SHUT_RDWR)


@pytest.mark.parametrize("talk", [hang, hang_up, break_off, answering(b"nonsense\r\n\r\n")])
def test_it_knows_that_the_request_may_have_arrived(talk: object) -> None:
    with listening(talk) as server, pytest.raises(Unreachable) as caught:  # type: ignore[arg-type]
        send("POST", server.url, deadline_seconds=0.3, allow=allowance(server.url))
    assert caught.value.sent


def drip_head(connection: socket.socket) -> None:
    connection.sendall(b"HTTP/1.1 200 OK\r\nX-Long: ")
    for _ in range(100):
        connection.sendall(b"a")
        time.sleep(0.05)


def drip_body(connection: socket.socket) -> None:
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n")
    for _ in range(100):
        connection.sendall(b"a")
        time.sleep(0.05)


@pytest.mark.parametrize("drip", [drip_head, drip_body])
def test_it_holds_the_deadline_against_a_dripping_server(drip: object) -> None:
    with listening(drip) as server:  # type: ignore[arg-type]
        started = time.monotonic()
        with pytest.raises(Unreachable) as caught:
            send("GET", server.url, deadline_seconds=0.4, allow=allowance(server.url))
        assert time.monotonic() - started < 1.5
        assert caught.value.sent


def test_it_takes_no_more_than_it_was_told_to() -> None:
    large = b"a" * 100_000
    head = b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n"
    with listening(answering(head, large)) as server:
        allow = allowance(server.url)
        assert send("GET", server.url, allow=allow, max_response_bytes=100_000).body == large
        with pytest.raises(TooLarge) as caught:
            send("GET", server.url, allow=allow, max_response_bytes=99_999)
        assert caught.value.sent


def test_it_counts_what_a_compressed_response_becomes() -> None:
    packed = gzip.compress(b"a" * 50_000_000)
    head = f"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: {len(packed)}\r\n\r\n"
    with listening(answering(head.encode(), packed)) as server, pytest.raises(TooLarge):
        send("GET", server.url, allow=allowance(server.url), max_response_bytes=1_000_000)


def test_it_checks_certificates_by_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    context, trusted = make_server_context(tmp_path, "localhost")
    with listening(answering(OK), context) as server:
        allow = allowance(server.url)
        with pytest.raises(Unreachable, match="CERTIFICATE_VERIFY_FAILED") as caught:
            send("GET", server.url, allow=allow)
        assert not caught.value.sent
        monkeypatch.setenv("SSL_CERT_FILE", str(trusted))
        outbound.forget_connections()
        for _ in range(2):
            assert send("GET", server.url, allow=allow).body == b"ok"
        assert server.connections == 2
        by_number = f"https://127.0.0.1:{server.port}/"
        with pytest.raises(Unreachable, match="mismatch"):
            send("GET", by_number, allow=allowance(by_number))


@pytest.mark.parametrize(
    ("address", "refused"),
    [
        ("8.8.8.8", False),
        ("100.63.255.255", False),
        ("2606:4700:4700::1111", False),
        ("100.64.0.1", True),
        ("172.31.255.255", True),
        ("192.0.0.192", True),
        ("192.88.99.1", True),
        ("224.0.0.1", True),
        ("255.255.255.255", True),
        ("::", True),
        ("::ffff:8.8.8.8", True),
        ("64:ff9b::808:808", True),
        ("2001::1", True),
        ("2002:7f00:1::", True),
        ("fd00:ec2::254", True),
        ("fe80::1%eth0", True),
        ("ff02::1", True),
    ],
)
def test_it_knows_the_public_internet(address: str, refused: bool) -> None:
    assert is_refused(ip_address(address)) is refused

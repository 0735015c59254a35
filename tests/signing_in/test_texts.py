"""Codes by text message: their five minutes, their five tries, and how often they are sent."""

import base64
import json
from datetime import timedelta
from socket import socket
from urllib.parse import parse_qs

import pytest
from django.db import connection

from ekyam.outbound import allowance
from ekyam.people import limits, sms
from ekyam.people.models import PhoneFactor
from ekyam.people.models.sent import TooSoon
from ekyam.people.numbers import NotMobile, read_number
from ekyam.people.operations import begin_phone
from ekyam.people.prove import prove_by_code
from ekyam.people.send import NotSent, text_code
from ekyam.people.sms.twilio import Twilio
from ekyam.people.ways import Way, count_recovery_codes
from ekyam.tenants.models import User
from tests.listener import listening
from tests.signing_in.conftest import HERE, NOW, NUMBER, add_phone, texted
from tests.world import World

NONE = timedelta()


@pytest.fixture
def user(world: World) -> User:
    return world.here.viewer


@pytest.fixture
def phone(user: User) -> PhoneFactor:
    return add_phone(user)


def send(phone: PhoneFactor, later: timedelta = NONE) -> str:
    text_code(phone, address=HERE, now=NOW + later)
    return texted()


def prove(user: User, code: str, later: timedelta = NONE) -> bool:
    return bool(prove_by_code(user, Way.SMS, code, address=HERE, now=NOW + later))


def wrong(code: str) -> str:
    return f"{(int(code) + 1) % 10**6:06d}"


def test_it_takes_a_code_once(user: User, phone: PhoneFactor) -> None:
    code = send(phone)
    assert prove(user, f" {code[:3]} {code[3:]} ")
    assert not prove(user, code)


@pytest.mark.parametrize(("seconds", "is_good"), [(299, True), (300, False), (3600, False)])
def test_it_is_good_for_five_minutes(
    user: User, phone: PhoneFactor, seconds: int, is_good: bool
) -> None:
    assert prove(user, send(phone), timedelta(seconds=seconds)) is is_good


@pytest.mark.parametrize(("wrong_ones", "is_good"), [(4, True), (5, False)])
def test_it_is_void_after_five_tries(
    user: User, phone: PhoneFactor, wrong_ones: int, is_good: bool
) -> None:
    code = send(phone)
    for _ in range(wrong_ones):
        assert not prove(user, wrong(code))
    assert prove(user, code) is is_good


def test_it_voids_the_code_before(user: User, phone: PhoneFactor) -> None:
    first, later = send(phone), timedelta(seconds=30)
    second = send(phone, later)
    assert first == second or not prove(user, first, later)
    assert prove(user, second, later)


def test_it_sends_one_in_thirty_seconds_and_five_in_an_hour(phone: PhoneFactor) -> None:
    send(phone)
    with pytest.raises(TooSoon) as caught:
        send(phone, timedelta(seconds=29))
    assert caught.value.at == NOW + timedelta(seconds=30)
    for number in range(1, 5):
        send(phone, timedelta(seconds=30 * number))
    with pytest.raises(TooSoon) as caught:
        send(phone, timedelta(minutes=59))
    assert caught.value.at == NOW + timedelta(hours=1)
    send(phone, timedelta(hours=1))


def test_it_sends_no_more_to_whoever_begins_anew(user: User) -> None:
    send(begin_phone(user, NUMBER))
    with pytest.raises(TooSoon):
        send(begin_phone(user, NUMBER), timedelta(seconds=1))


def test_it_sends_ten_an_hour_to_one_number_whoever_asks(world: World) -> None:
    for round_ in range(5):
        for user in (world.here.viewer, world.here.owner):
            send(begin_phone(user, NUMBER), timedelta(seconds=40 * round_))
    with pytest.raises(limits.TooMany):
        send(begin_phone(world.there.owner, NUMBER), timedelta(seconds=300))


def test_it_keeps_no_code_and_says_none_in_the_row(phone: PhoneFactor) -> None:
    code = send(phone)
    with connection.cursor() as cursor:
        cursor.execute("SELECT p::text FROM people_phonefactor p")
        assert all(code not in row[0].replace(NUMBER, "") for row in cursor.fetchall())


def test_it_never_comes_alone(user: User, phone: PhoneFactor) -> None:
    assert count_recovery_codes(user) == 10


@pytest.mark.parametrize(
    "typed", ["", "12", "+91 12", "hello", "+1 800 555 0199", "+44 20 7946 0958"]
)
def test_it_refuses_what_is_no_mobile_number(typed: str) -> None:
    with pytest.raises(NotMobile):
        read_number(typed)


def test_it_reads_numbers_as_people_write_them() -> None:
    assert read_number("+91 98765-43210") == NUMBER


def test_it_tells_the_person_when_no_gateway_is_there(phone: PhoneFactor, settings: object) -> None:
    settings.SMS_GATEWAY = ""  # type: ignore[attr-defined]
    assert not sms.is_offered()
    with pytest.raises(NotSent, match="another way"):
        send(phone)


def twilio_answering(status: str, body: bytes, seen: list[bytes], server_url: str = "") -> object:
    def talk(connection: socket) -> None:
        seen.append(connection.recv(4096))
        head = f"HTTP/1.1 {status}\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n"
        connection.sendall(head.encode() + body)

    return talk


def test_it_sends_by_twilio() -> None:
    seen: list[bytes] = []
    with listening(twilio_answering("201 Created", b'{"sid": "SM1"}', seen)) as server:  # type: ignore[arg-type]
        gateway = Twilio(
            url=server.url.rstrip("/"),
            account="AC1",
            token="a token",
            sender="+12025550100",
            allow=allowance(server.url),
        )
        gateway.send(NUMBER, "123456 is your code")
        head = server.heads[0].decode().lower()
    assert head.startswith("post /2010-04-01/accounts/ac1/messages.json ")
    assert base64.b64encode(b"AC1:a token").decode().lower() in head
    sent = parse_qs(seen[0].decode())
    assert sent == {"To": [NUMBER], "From": ["+12025550100"], "Body": ["123456 is your code"]}


@pytest.mark.parametrize(
    ("status", "body", "words"),
    [
        ("400 Bad Request", json.dumps({"code": 21211, "message": "bad 123456"}).encode(), "21211"),
        ("401 Unauthorized", b"<html>", "unknown"),
        ("200 OK", b"{}", "unknown"),
        ("500 Oops", b'{"code": "x"}', "unknown"),
    ],
)
def test_it_says_what_twilio_refuses_without_the_code(status: str, body: bytes, words: str) -> None:
    with listening(twilio_answering(status, body, [])) as server:  # type: ignore[arg-type]
        gateway = Twilio(
            url=server.url.rstrip("/"),
            account="AC1",
            token="a token",
            sender="MG1",
            allow=allowance(server.url),
        )
        with pytest.raises(sms.GatewayRefused, match=words) as caught:
            gateway.send(NUMBER, "123456 is your code")
    assert "123456" not in str(caught.value) and "a token" not in repr(gateway)

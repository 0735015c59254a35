"""How an application asks for a token, as tests do it."""

import base64
from typing import Any

from django.test import Client

from ekyam.keys.authenticate import seat_of
from ekyam.keys.models import ApplicationSecret
from ekyam.keys.operations import Made

Till = Made[ApplicationSecret]
GRANT = {"grant_type": "client_credentials"}


def basic(client_id: str, secret: str) -> str:
    return "Basic " + base64.b64encode(f"{client_id}:{secret}".encode()).decode()


def ask(address: str, header: str = "", **said: str) -> Any:
    headers = {"Authorization": header} if header else None
    return Client(REMOTE_ADDR=address).post("/oauth/token", {**GRANT, **said}, headers=headers)


def ask_as(till: Till, address: str, **said: str) -> Any:
    return ask(address, basic(till.row.application.public_id, till.secret), **said)


def token_of(till: Till, address: str, **said: str) -> str:
    answer = ask_as(till, address, **said)
    assert answer.status_code == 200, answer.content
    return str(answer.json()["access_token"])


def seat_by(token: str, address: str) -> Any:
    return seat_of(f"Bearer {token}", address)

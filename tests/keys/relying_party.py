"""A small application that people sign in to with Ekyam: over HTTP, by what Ekyam publishes.

It knows its issuer, its client_id and its secret, and finds all else by discovery; it keeps state,
nonce and verifier, exchanges the code by a request of its own, and believes an id_token only by the
published keys.
"""

import base64
import hashlib
import json
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from html import escape
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import jwt
import requests

TIMEOUT_SECONDS = 10


@dataclass
class Party:
    name: str
    issuer: str = ""
    client_id: str = ""
    secret: str = ""
    address: str = ""
    started: dict[str, dict[str, str]] = field(default_factory=dict)
    signed_in: list[dict[str, Any]] = field(default_factory=list)

    @property
    def back(self) -> str:
        return f"{self.address}/signed-in"

    def discover(self) -> dict[str, Any]:
        where = f"{self.issuer}/.well-known/openid-configuration"
        found: dict[str, Any] = requests.get(where, timeout=TIMEOUT_SECONDS).json()
        assert found["issuer"] == self.issuer
        return found

    def begin(self) -> str:
        """The address that a person is sent to."""
        state, nonce, verifier = (secrets.token_urlsafe(32) for _ in range(3))
        self.started[state] = {"nonce": nonce, "verifier": verifier}
        challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest())
        asked = {
            "response_type": "code",
            "client_id": self.client_id,
            "redirect_uri": self.back,
            "scope": "openid profile email",
            "state": state,
            "nonce": nonce,
            "code_challenge": challenge.decode().rstrip("="),
            "code_challenge_method": "S256",
        }
        return f"{self.discover()['authorization_endpoint']}?{urlencode(asked)}"

    def finish(self, query: str) -> dict[str, Any]:
        """Who has come back, by the id_token; raises for anything that is not as it should be."""
        said = {name: values[0] for name, values in parse_qs(query).items()}
        if "error" in said:
            raise PermissionError(said["error"])
        began = self.started.pop(said["state"])
        given = self.exchange(said["code"], began["verifier"])
        claims = self.believe(given["id_token"])
        assert claims["nonce"] == began["nonce"]
        told = self.ask_who(given["access_token"])
        assert told["sub"] == claims["sub"]
        self.signed_in.append(claims)
        return claims

    def exchange(self, code: str, verifier: str) -> dict[str, Any]:
        said = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": self.back,
            "code_verifier": verifier,
        }
        proof = (self.client_id, self.secret)
        where = self.discover()["token_endpoint"]
        answer = requests.post(where, said, auth=proof, timeout=TIMEOUT_SECONDS)
        assert answer.status_code == 200, answer.text
        given: dict[str, Any] = answer.json()
        return given

    def believe(self, id_token: str) -> dict[str, Any]:
        keys = jwt.PyJWKClient(self.discover()["jwks_uri"])
        key = keys.get_signing_key_from_jwt(id_token)
        claims: dict[str, Any] = jwt.decode(
            id_token, key, ["RS256"], audience=self.client_id, issuer=self.issuer
        )
        return claims

    def ask_who(self, access_token: str) -> dict[str, Any]:
        where = self.discover()["userinfo_endpoint"]
        header = {"Authorization": f"Bearer {access_token}"}
        answer = requests.get(where, headers=header, timeout=TIMEOUT_SECONDS)
        assert answer.status_code == 200, answer.text
        told: dict[str, Any] = answer.json()
        return told


@contextmanager
def relying_party(name: str) -> Iterator[Party]:
    """Served at a port of its own; its issuer and its secret are filled in by the test."""
    party = Party(name)

    class Answers(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            parts = urlsplit(self.path)
            if parts.path == "/":
                self.send_response(302)
                self.send_header("Location", party.begin())
                self.send_header("Content-Length", "0")
                self.end_headers()
            elif parts.path == "/signed-in":
                self.say(*_greet(party, parts.query))
            else:
                self.say(204, "")

        def say(self, status: int, text: str) -> None:
            body = f"<!doctype html><title>{party.name}</title><h1>{escape(text)}</h1>".encode()
            self.send_response(status)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            if status != 204:
                self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            if status != 204:
                self.wfile.write(body)

        def log_message(self, format: str, *args: Any) -> None:
            """Not into the tests' output."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Answers) as server:
        party.address = f"http://127.0.0.1:{server.server_address[1]}"
        thread = Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield party
        finally:
            server.shutdown()
            thread.join(timeout=TIMEOUT_SECONDS)


def _greet(party: Party, query: str) -> tuple[int, str]:
    try:
        claims = party.finish(query)
    except PermissionError as error:
        return 200, f"Not signed in: {error}"
    except Exception as error:  # shown, so that the test that looks at the page fails by it
        return 500, json.dumps([type(error).__name__, str(error)])
    return 200, f"{party.name}: hello {claims['name']}, {claims['role']} of {claims['company']}"

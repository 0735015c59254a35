"""A client of a sandbox over a real socket, without any of Ekyam around it."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import requests

from connectors.client import Client, request_token
from connectors.errors import Unreachable
from connectors.registry import get_connector
from connectors.sandbox.server import start_server
from connectors.spec import Context, Response

TOKEN = "sandbox-token-of-the-tests"
_session = requests.Session()


@contextmanager
def sandbox_server() -> Iterator[int]:
    """All sandboxes, while it is entered; yields the port."""
    server = start_server(token=TOKEN)
    try:
        yield server.server_port
    finally:
        server.shutdown()
        server.server_close()


def transport(
    method: str, url: str, headers: Mapping[str, str], body: bytes, deadline: float
) -> Response:
    try:
        answer = _session.request(
            method, url, headers=dict(headers), data=body, timeout=deadline, allow_redirects=False
        )
    except requests.ConnectionError as error:
        raise Unreachable("The connection was cut.", sent=True) from error
    lower = {name.lower(): value for name, value in answer.headers.items()}
    return Response(answer.status_code, lower, answer.content)


def ask(port: int, slug: str, account: str, name: str, arguments: Any = None) -> Any:
    """The control door: GET a view, or POST an action when there are arguments."""
    url = f"http://127.0.0.1:{port}/{slug}/{account}/_control/{name}"
    headers = {"X-Sandbox-Token": TOKEN}
    if arguments is None:
        answer = _session.get(url, headers=headers, timeout=10)
    else:
        answer = _session.post(url, headers=headers, json=arguments, timeout=10)
    assert answer.status_code == 200, answer.text
    return answer.json()


def sandbox_client(port: int, slug: str, account: str, **settings: Any) -> Client:
    """Connected with what the world itself says that one needs."""
    connector = get_connector(slug)
    needed = ask(port, slug, account, "connection")
    base_url = f"http://127.0.0.1:{port}/{slug}/{account}"
    client = Client(
        connector=connector,
        base_url=base_url,
        auth=connector.auth_method(needed["auth"]),
        settings={**needed["settings"], "base_url": base_url, **settings},
        credentials=needed["credentials"],
        transport=transport,
        renew=_renew,
    )
    return client


def _renew(client: Client) -> Mapping[str, str]:
    request = client.auth.request(client.credentials, client.settings, client.now())
    return {**client.credentials, **request_token(client, request)}


def context_of(client: Client, **more: Any) -> Context:
    return Context(settings=client.settings, now=client.now(), **more)

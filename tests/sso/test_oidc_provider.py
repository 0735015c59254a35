"""Against an OpenID provider by another hand: npm's oidc-provider, run by node.

Where there is no node, or the packages cannot be had, the tests say so; the provider of the tests'
own (openid_server.py) is asked the same everywhere.
"""

import json
import re
import selectors
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urljoin

import pytest
import requests
from django.test import Client

from ekyam.children import free_port
from ekyam.sso.models import GroupRole, IdentityProvider
from ekyam.tenants.scope import tenant_scope
from tests.sso.conftest import Visitor, is_plain_refusal, is_signed_in, make_provider, role_of, told
from tests.sso.openid_server import CLIENT_ID, CLIENT_SECRET
from tests.world import World

SOURCE = Path(__file__).parent / "oidc_provider"
PEOPLE = {"00u1": {"email": "asha@juniper.example", "name": "Asha Rao", "groups": ["Ops"]}}
OLDEST_NODE = 20


def has_node() -> bool:
    if not shutil.which("node") or not shutil.which("npm"):
        return False
    said = subprocess.run(["node", "--version"], capture_output=True, text=True, timeout=20)
    found = re.match(r"v(\d+)", said.stdout)
    return found is not None and int(found[1]) >= OLDEST_NODE


STARTS, STARTED_WITHIN_SECONDS = 3, 30.0

pytestmark = pytest.mark.skipif(
    not has_node(), reason=f"needs node {OLDEST_NODE} or newer, and npm"
)


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The packages of the lock file, in a folder that goes with the tests."""
    folder = tmp_path_factory.mktemp("oidc_provider")
    for name in ("package.json", "package-lock.json", "server.mjs"):
        shutil.copy(SOURCE / name, folder)
    command = ["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--fetch-retries=1"]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=120)
    if done.returncode:
        pytest.skip(f"npm cannot install oidc-provider: {done.stderr.strip()[-300:]}")
    return folder


@dataclass(frozen=True)
class Running:
    """A provider row, and the server that it speaks of."""

    row: IdentityProvider
    port: int


@pytest.fixture
def running(installed: Path, world: World, settings: Any) -> Iterator[Running]:
    port = free_port()
    issuer = f"http://127.0.0.1:{port}"
    settings.SSO_PRIVATE_URLS = [issuer]
    values = {"kind": "oidc", "issuer": issuer, "client_id": CLIENT_ID, "default_role": ""}
    row = make_provider(world.here.tenant, "juniper.example", **values)
    client = {
        "client_id": CLIENT_ID,
        "client_secret": CLIENT_SECRET,
        "redirect_uris": [row.address("sso_return")],
    }
    said = json.dumps({"issuer": issuer, "port": port, "client": client, "people": PEOPLE})
    process = _start(installed, said)
    try:
        yield Running(row, port)
    finally:
        process.kill()
        process.communicate()


def _start(installed: Path, said: str) -> "subprocess.Popen[str]":
    """Node was seen to start and never to say a word: then another one is started."""
    for _ in range(STARTS):
        process = subprocess.Popen(
            ["node", "server.mjs", said], cwd=installed, stdout=subprocess.PIPE, text=True
        )
        assert process.stdout
        with selectors.DefaultSelector() as waiting:
            waiting.register(process.stdout, selectors.EVENT_READ)
            has_spoken = waiting.select(STARTED_WITHIN_SECONDS)
        if has_spoken and "ready" in process.stdout.readline():
            return process
        process.kill()
        process.communicate()
    raise AssertionError("node did not start")


@pytest.fixture
def visitor(running: Running) -> Visitor:
    return Visitor(Client(), running.row)


def sign_in_there(address: str, login: str) -> str:
    """Fill in the provider's own pages, as a browser would; return the address that leads back."""
    browser = requests.Session()
    answer = browser.get(address, timeout=5)
    for prompt in ({"prompt": "login", "login": login, "password": "x"}, {"prompt": "consent"}):
        action = re.search(r'<form[^>]* action="([^"]+)"', answer.text)
        assert action, answer.text
        answer = browser.post(
            urljoin(answer.url, action[1]), data=prompt, timeout=5, allow_redirects=False
        )
        while answer.is_redirect and answer.headers["location"].find("/sso/") < 0:
            onward = urljoin(answer.url, answer.headers["location"])
            answer = browser.get(onward, timeout=5, allow_redirects=False)
        if answer.is_redirect:
            return str(answer.headers["location"])
    raise AssertionError(f"it leads nowhere: {answer.url}\n{answer.text}")


def test_it_signs_in_with_the_role_of_a_group(visitor: Visitor, world: World) -> None:
    with tenant_scope(world.here.tenant):
        GroupRole.objects.create(
            tenant=world.here.tenant, provider=visitor.provider, group="Ops", role="operator"
        )
    answer = visitor.come_back(sign_in_there(visitor.leave(), "00u1"))
    assert answer.status_code == 302
    assert is_signed_in(visitor.client)
    assert role_of(world.here.tenant, "asha@juniper.example") == "operator"


def test_it_refuses_whoever_has_no_role(visitor: Visitor, world: World) -> None:
    answer = visitor.come_back(sign_in_there(visitor.leave(), "00u1"))
    assert answer.status_code == 403
    assert "none of your groups there has a role here" in answer.content.decode()
    assert not is_signed_in(visitor.client)


def test_it_takes_its_answer_once(visitor: Visitor, world: World) -> None:
    back = sign_in_there(visitor.leave(), "00u1")
    visitor.come_back(back)
    assert is_plain_refusal(visitor.come_back(back))


def test_it_is_refused_with_another_secret(visitor: Visitor, world: World) -> None:
    with tenant_scope(world.here.tenant):
        row = IdentityProvider.objects.get()
        row.seal("client_secret", "another")
        row.save()
    answer = visitor.come_back(sign_in_there(visitor.leave(), "00u1"))
    assert is_plain_refusal(answer)
    (entry,) = told(world.here.tenant, "person.sign_in_refused")
    assert "invalid_client" in entry.after["reason"]

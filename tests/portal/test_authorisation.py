"""Consent at the vendors' sandboxes, there and back; and new credentials by a form."""

import html
import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest
import requests
from django.test import Client

from connectors.checks import check_connection
from connectors.credentials import open_credentials, seal_credentials
from connectors.models import Connection
from ekyam.tenants.models import Role
from ekyam.tenants.scope import tenant_scope
from tests.portal.conftest import Side, sign_in
from tests.sandboxes import ask, sandbox_server
from tests.world import add_member

NAMED = {"shopify": "shop", "whiplash": "account"}


@pytest.fixture
def sandbox(settings: Any) -> Iterator[int]:
    with sandbox_server() as found:
        settings.SANDBOX_URL = f"http://127.0.0.1:{found}"
        yield found


def refuse(side: Side, port: int, slug: str) -> Connection:
    """Set it up as the sandbox says, without a token, and refused."""
    row = side.shop.connections[slug]
    needed = ask(port, slug, row.account, "connection")
    ours = {name: needed["credentials"][name] for name in ("client_id", "client_secret")}
    with tenant_scope(side.company.tenant):
        row.auth, row.settings = "oauth", {**needed["settings"], NAMED[slug]: row.account}
        row.state, row.state_reason = "needs_reauthorization", "The token was revoked."
        seal_credentials(row, ours)
        row.save()
    return row


def fresh(side: Side, row: Connection) -> Connection:
    with tenant_scope(side.company.tenant):
        return Connection.objects.get(pk=row.pk)


def go_on(client: Client, row: Connection) -> str:
    """Press the button, go to the vendor, and return the address that it sends one back to."""
    page = client.post(f"/connections/{row.public_id}/authorize/").content.decode()
    found = re.search(r'url=([^"]+)"', page)
    assert found
    answer = requests.get(html.unescape(found[1]), allow_redirects=False, timeout=10)
    assert answer.status_code == 302
    parts = urlsplit(answer.headers["Location"])
    return f"{parts.path}?{parts.query}"


@pytest.mark.parametrize("slug", NAMED)
def test_it_goes_there_and_back(owner: Client, here: Side, sandbox: int, slug: str) -> None:
    row = refuse(here, sandbox, slug)
    assert "Authorise again" in owner.get(f"/connections/{row.public_id}/").content.decode()
    answer = owner.get(go_on(owner, row), follow=True)
    assert "is authorised" in answer.content.decode()
    row = fresh(here, row)
    assert row.state == "active"
    assert {"access_token", "refresh_token", "client_secret"} <= open_credentials(row).keys()
    assert check_connection(row)[0]["ok"]


def test_it_takes_an_answer_once(owner: Client, here: Side, sandbox: int) -> None:
    row = refuse(here, sandbox, "shopify")
    back = go_on(owner, row)
    owner.get(back)
    tokens = open_credentials(fresh(here, row))
    text = owner.get(back, follow=True).content.decode()
    assert "This consent was not asked for, or is too old" in text
    assert open_credentials(fresh(here, row)) == tokens


def test_it_takes_no_answer_that_another_person_asked_for(
    owner: Client, here: Side, there: Side, sandbox: int
) -> None:
    row = refuse(here, sandbox, "shopify")
    back = go_on(owner, row)
    colleague = sign_in(add_member(here.company.tenant, Role.ADMIN))
    for foreign in (colleague, sign_in(there.company.owner)):
        text = foreign.get(back, follow=True).content.decode()
        assert "This consent was not asked for" in text
    assert fresh(here, row).state == "needs_reauthorization"
    assert "is authorised" in owner.get(back, follow=True).content.decode()


def test_it_takes_no_answer_that_the_vendor_did_not_sign(
    owner: Client, here: Side, sandbox: int
) -> None:
    row = refuse(here, sandbox, "shopify")
    back = go_on(owner, row).replace("code=", "code=0")
    assert "not signed by Shopify" in owner.get(back, follow=True).content.decode()
    assert fresh(here, row).state == "needs_reauthorization"

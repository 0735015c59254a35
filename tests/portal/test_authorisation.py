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


def typed() -> dict[str, str]:
    secrets = ("consumer_key", "consumer_secret", "token_id", "token_secret")
    return {"realm": "1234567_SB1", **{name: f"not-a-{name}" for name in secrets}}


@pytest.fixture
def erp(here: Side) -> Connection:
    row = here.shop.connections["netsuite"]
    with tenant_scope(here.company.tenant):
        row.auth = next(m.name for m in row.spec.auth if "token_secret" in str(m.fields))
        row.state = "needs_reauthorization"
        seal_credentials(row, {"realm": "1234567", "token_secret": "an-older-secret"})
        row.save()
    return row


def test_it_keeps_new_credentials_and_shows_no_secret(
    owner: Client, here: Side, erp: Connection
) -> None:
    address = f"/connections/{erp.public_id}/credentials/"
    assert address in owner.get(f"/connections/{erp.public_id}/").content.decode()
    form = owner.get(address).content.decode()
    assert "an-older-secret" not in form and 'value="1234567"' in form
    assert form.count('type="password"') == 4
    assert owner.post(address, typed()).status_code == 302
    row = fresh(here, erp)
    assert row.state == "active" and open_credentials(row) == typed()


def test_it_says_what_is_missing_and_gives_no_secret_back(
    owner: Client, here: Side, erp: Connection
) -> None:
    form = {**typed(), "realm": "not an account", "token_id": ""}
    answer = owner.post(f"/connections/{erp.public_id}/credentials/", form)
    text = answer.content.decode()
    assert answer.status_code == 200 and "This field is required" in text
    assert "does not look as it should" in text and "not-a-token_secret" not in text
    assert fresh(here, erp).state == "needs_reauthorization"


def test_it_puts_the_lines_of_a_key_back(owner: Client, here: Side, erp: Connection) -> None:
    with tenant_scope(here.company.tenant):
        erp.auth = next(m.name for m in erp.spec.auth if "private_key" in str(m.fields))
        erp.save()
    key = "-----BEGIN PRIVATE KEY-----" + "A" * 100 + "-----END PRIVATE KEY-----"
    form = {"client_id": "x", "certificate_id": "y", "private_key": key}
    assert owner.post(f"/connections/{erp.public_id}/credentials/", form).status_code == 302
    lines = open_credentials(fresh(here, erp))["private_key"].splitlines()
    assert [len(line) for line in lines[1:-1]] == [64, 36]


def test_it_asks_for_no_credentials_where_there_is_consent(owner: Client, here: Side) -> None:
    row = here.shop.connections["shopify"]
    assert owner.get(f"/connections/{row.public_id}/credentials/").status_code == 404


def lose_address(side: Side, slug: str, account: str) -> Connection:
    """A real system whose settings do not say where it is."""
    row = side.shop.connections[slug]
    with tenant_scope(side.company.tenant):
        row.environment, row.account, row.settings = "live", account, {"per_second": "2"}
        row.auth = "oauth" if slug == "shopify" else row.auth
        row.save()
    return row


def test_it_says_that_the_address_is_missing_and_takes_it(
    owner: Client, viewer: Client, here: Side, erp: Connection
) -> None:
    lose_address(here, "netsuite", "1234567-sb1")
    page, form = f"/connections/{erp.public_id}/", f"/connections/{erp.public_id}/credentials/"
    text = owner.get(page).content.decode()
    assert "The address is missing." in text and "Account id" in text
    assert "Enter the address" in text and form in text
    seen = viewer.get(page).content.decode()
    assert "The address is missing." in seen and "Enter the address" not in seen
    said = owner.post(f"{page}check/", follow=True).content.decode()
    assert "The address is missing: enter it" in said
    other = owner.post(form, {**typed(), "s_account_id": "7654321"}).content.decode()
    assert "This is the account 7654321" in other and "an-older-secret" not in other
    assert fresh(here, erp).settings == {"per_second": "2"}
    assert "The address is missing." in owner.get(page).content.decode()
    assert owner.post(form, {**typed(), "s_account_id": "1234567_SB1"}).status_code == 302
    row = fresh(here, erp)
    assert row.settings["account_id"] == "1234567_SB1" and row.settings["per_second"] == "2"
    assert open_credentials(row) == typed()
    assert "The address is missing." not in owner.get(page).content.decode()


def test_an_address_is_entered_where_a_person_consents_as_well(owner: Client, here: Side) -> None:
    row = lose_address(here, "shopify", "juniper")
    form = f"/connections/{row.public_id}/credentials/"
    assert form in owner.get(f"/connections/{row.public_id}/").content.decode()
    again = owner.post(f"/connections/{row.public_id}/authorize/", follow=True)
    assert "Nothing was authorised. The address is missing" in again.content.decode()
    assert owner.post(form, {"s_shop": "juniper"}).status_code == 302
    assert fresh(here, row).settings["shop"] == "juniper"
    assert owner.get(form).status_code == 404


def test_a_mapping_is_read_where_the_address_is_missing(owner: Client, here: Side) -> None:
    lose_address(here, "shopify", "juniper")
    flow = here.shop.flow("Orders")
    for page in ("", "mapping/", "mapping/list/", "rules/"):
        assert owner.get(f"/flows/{flow.public_id}/{page}").status_code == 200

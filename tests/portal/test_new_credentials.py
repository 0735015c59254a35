"""New credentials by a form: tried at the vendor first, and none in place of good ones blind."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.test import Client

from connectors.credentials import open_credentials, seal_credentials
from connectors.models import Connection
from ekyam import outbound
from ekyam.audit.models import AuditEntry
from ekyam.tenants.scope import tenant_scope
from tests.portal.conftest import Side
from tests.portal.test_authorisation import fresh
from tests.sandboxes import TOKEN, ask, sandbox_server

SECRETS = ("consumer_key", "consumer_secret", "token_id", "token_secret")


@pytest.fixture
def sandbox(settings: Any) -> Iterator[int]:
    with sandbox_server() as found:
        settings.SANDBOX_URL, settings.SANDBOX_TOKEN = f"http://127.0.0.1:{found}", TOKEN
        yield found


@pytest.fixture
def good(here: Side, sandbox: int) -> dict[str, str]:
    """What the simulated ERP takes."""
    row = here.shop.connections["netsuite"]
    given: dict[str, str] = ask(sandbox, "netsuite", row.account, "connection_tba", {})[
        "credentials"
    ]
    return given


@pytest.fixture
def erp(here: Side) -> Connection:
    """Healthy, for all that is known."""
    row = here.shop.connections["netsuite"]
    with tenant_scope(here.company.tenant):
        row.auth = "tba"
        seal_credentials(row, {"realm": "1234567", "token_secret": "an-older-secret"})
        row.save()
    return row


def typed() -> dict[str, str]:
    return {"realm": "1234567_SB1", **{name: f"not-a-{name}" for name in SECRETS}}


def send(client: Client, row: Connection, form: dict[str, str]) -> tuple[int, str]:
    answer = client.post(f"/connections/{row.public_id}/credentials/", form)
    return answer.status_code, answer.content.decode()


def was_of(client: Client, row: Connection) -> dict[str, str]:
    """What the form remembers of those that are in use."""
    page = client.get(f"/connections/{row.public_id}/credentials/")
    return {"was": page.context["was"]}


def test_what_the_vendor_refuses_takes_no_place(
    owner: Client, here: Side, erp: Connection, good: dict[str, str]
) -> None:
    for insist in ({}, {"insist": "1"}):
        status, text = send(owner, erp, {**typed(), **insist})
        assert status == 200 and "NetSuite refuses what you entered:" in text
        assert "The old ones stay in use." in text and "Keep them all the same" not in text
        assert 'value="1234567_SB1"' in text and "not-a-" not in text
    row = fresh(here, erp)
    assert row.state == "active" and open_credentials(row)["token_secret"] == "an-older-secret"
    with tenant_scope(here.company.tenant):
        assert not AuditEntry.objects.filter(action="connection.credentials_changed").exists()


def test_what_passes_is_kept_and_opens_the_connection(
    owner: Client, here: Side, erp: Connection, good: dict[str, str]
) -> None:
    with tenant_scope(here.company.tenant):
        Connection.objects.filter(pk=erp.pk).update(state="needs_reauthorization")
    address = f"/connections/{erp.public_id}/"
    assert f"{address}credentials/" in owner.get(address).content.decode()
    form = owner.get(f"{address}credentials/").content.decode()
    assert "an-older-secret" not in form and 'value="1234567"' in form
    assert form.count('type="password"') == 4
    said = owner.post(f"{address}credentials/", good, follow=True).content.decode()
    assert "NetSuite lets Ekyam in with what you entered" in said
    row = fresh(here, erp)
    assert row.state == "active" and open_credentials(row) == good
    assert row.checked_at and {part["kind"] for part in row.check_report} >= {"credentials"}


def test_a_paused_connection_stays_paused_with_them(
    owner: Client, here: Side, erp: Connection, good: dict[str, str]
) -> None:
    owner.post(f"/connections/{erp.public_id}/pause/")
    assert send(owner, erp, good)[0] == 302
    row = fresh(here, erp)
    assert row.state == "paused" and open_credentials(row) == good


def test_where_nobody_answers_a_person_decides(owner: Client, here: Side, erp: Connection) -> None:
    """Nobody listens at port 9."""
    status, text = send(owner, erp, typed())
    assert status == 200 and "could not be tried at NetSuite" in text
    assert "The old ones stay in use." in text and "Keep them all the same" in text
    assert 'value="1234567_SB1"' in text and "not-a-" not in text
    assert open_credentials(fresh(here, erp))["token_secret"] == "an-older-secret"
    page = owner.post(
        f"/connections/{erp.public_id}/credentials/", {**typed(), "insist": "1"}, follow=True
    )
    assert "«Check now» tries it" in page.content.decode()
    row = fresh(here, erp)
    assert open_credentials(row) == typed() and row.checked_at is None


def test_a_permission_that_is_missing_is_told_first(
    owner: Client, here: Side, erp: Connection, sandbox: int, good: dict[str, str]
) -> None:
    ask(sandbox, "netsuite", erp.account, "set", {"forbidden": ["customer"]})
    status, text = send(owner, erp, good)
    assert status == 200 and "lets Ekyam in with these, but does not allow all" in text
    assert "You need the permission for customer" in text and "Keep them all the same" in text
    assert open_credentials(fresh(here, erp)) != good
    assert send(owner, erp, {**good, "insist": "1"})[0] == 302
    assert open_credentials(fresh(here, erp)) == good
    page = owner.get(f"/connections/{erp.public_id}/").content.decode()
    assert "You need the permission for customer" in page


def test_whoever_is_later_is_told(
    owner: Client, here: Side, erp: Connection, good: dict[str, str]
) -> None:
    mine = was_of(owner, erp)
    assert send(owner, erp, {**good, **mine})[0] == 302
    assert send(owner, erp, {**good, **mine})[0] == 302  # a double click
    with tenant_scope(here.company.tenant):
        row = Connection.objects.get(pk=erp.pk)
        seal_credentials(row, {**good, "token_id": "of somebody else"})
        row.save()
    status, text = send(owner, erp, {**good, **mine})
    assert status == 200 and "Somebody has entered other credentials" in text
    assert open_credentials(fresh(here, erp))["token_id"] == "of somebody else"
    now = was_of(owner, erp)
    assert now != mine and now["was"] in text
    assert send(owner, erp, {**good, **now})[0] == 302
    assert open_credentials(fresh(here, erp)) == good


def test_a_trial_fetches_a_token_of_its_own(owner: Client, here: Side, sandbox: int) -> None:
    """And puts the lines of a key back, which a password input swallows."""
    erp = here.shop.connections["netsuite"]
    given = ask(sandbox, "netsuite", erp.account, "connection")["credentials"]
    with tenant_scope(here.company.tenant):
        erp.auth = "oauth2"
        seal_credentials(erp, {**given, "access_token": "the older one", "expires_at": ""})
        erp.save()
    status, text = send(owner, erp, {**given, "client_id": "another"})
    assert status == 200 and "refuses what you entered" in text
    assert open_credentials(fresh(here, erp))["access_token"] == "the older one"
    one_line = {**given, "private_key": given["private_key"].replace("\n", "")}
    assert send(owner, erp, one_line)[0] == 302
    known = open_credentials(fresh(here, erp))
    assert known["private_key"].strip() == given["private_key"].strip()
    assert known["access_token"] not in ("", "the older one")


def test_a_key_that_is_none_is_refused(owner: Client, here: Side, sandbox: int) -> None:
    erp = here.shop.connections["netsuite"]
    key = "-----BEGIN PRIVATE KEY-----" + "A" * 100 + "-----END PRIVATE KEY-----"
    form = {"client_id": "x", "certificate_id": "y", "private_key": key}
    status, text = send(owner, erp, form)
    assert status == 200 and "The private key cannot be used" in text and "AAAA" not in text


def test_it_says_what_is_missing_and_gives_no_secret_back(
    owner: Client, here: Side, erp: Connection
) -> None:
    form = {**typed(), "realm": "not an account", "token_id": ""}
    answer = owner.post(f"/connections/{erp.public_id}/credentials/", form)
    text = answer.content.decode()
    assert answer.status_code == 200 and "This field is required" in text
    assert "does not look as it should" in text and "not-a-token_secret" not in text
    assert open_credentials(fresh(here, erp))["token_secret"] == "an-older-secret"


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
    owner: Client, viewer: Client, here: Side, erp: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    def nobody(*given: Any, **more: Any) -> Any:
        raise outbound.OutboundError("Nobody is there.", sent=False)

    monkeypatch.setattr(outbound, "send", nobody)
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
    right = {**typed(), "s_account_id": "1234567_SB1"}
    said = owner.post(form, right).content.decode()
    assert "could not be tried" in said and "Nobody is there." in said
    assert fresh(here, erp).settings == {"per_second": "2"}
    assert owner.post(form, {**right, "insist": "1"}).status_code == 302
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
    assert owner.post(form, {"s_shop": "https://juniper.myshopify.com/"}).status_code == 302
    assert fresh(here, row).settings["shop"] == "juniper"
    assert owner.get(form).status_code == 404


def test_a_mapping_is_read_where_the_address_is_missing(owner: Client, here: Side) -> None:
    lose_address(here, "shopify", "juniper")
    flow = here.shop.flow("Orders")
    for page in ("", "mapping/", "mapping/list/", "rules/"):
        assert owner.get(f"/flows/{flow.public_id}/{page}").status_code == 200


def test_a_check_that_is_refused_ends_no_pause(
    owner: Client, here: Side, erp: Connection, good: dict[str, str]
) -> None:
    page = f"/connections/{erp.public_id}/"
    keep(here, erp, typed())
    owner.post(f"{page}pause/")
    assert "Last check failed" in owner.post(f"{page}check/", follow=True).content.decode()
    assert fresh(here, erp).state == "paused"
    said = owner.post(f"{page}resume/", follow=True).content.decode()
    assert "The last check was refused" in said
    assert fresh(here, erp).state == "needs_reauthorization"
    keep(here, erp, good)
    owner.post(f"{page}check/")
    assert fresh(here, erp).state == "active"


def keep(side: Side, row: Connection, credentials: dict[str, str]) -> None:
    with tenant_scope(side.company.tenant):
        seal_credentials(row, credentials)
        row.save(update_fields=["sealed"])

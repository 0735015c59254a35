"""The pages of keys and applications, by the hands of people of different roles."""

import re
from typing import Any

from django.test import Client

from ekyam.keys.authenticate import find_caller, seat_of
from ekyam.keys.models import ApiKey, Application, ApplicationSecret
from ekyam.tenants.models import Membership, Role
from ekyam.tenants.rights import Right
from ekyam.tenants.scope import tenant_scope
from tests.keys.conftest import BACK, Desk
from tests.portal.conftest import sign_in
from tests.world import add_member

KEY = {"name": "Price import", "rights": ["look"], "days": "90"}
APPLICATION = {"name": "Till", "rights": ["look"], "redirects": BACK, "asks": "on"}


def secret_on(answer: Any) -> str:
    assert answer.status_code == 200 and answer["Cache-Control"] == "no-store"
    return str(answer.context["secret"])


def test_it_makes_a_key_and_shows_it_once(desk: Desk, address: str) -> None:
    client = sign_in(desk.person)
    secret = secret_on(client.post("/keys/new/", KEY))
    seat = seat_of(f"Bearer {secret}", address)
    assert seat is not None and seat.rights == {Right.LOOK}
    page = client.get("/keys/").content.decode()
    assert "Price import" in page and secret not in page and secret[-36:] not in page
    assert desk.entries("key.made")[0].actor == desk.person.email


def test_it_rotates_and_revokes_a_key(desk: Desk, address: str) -> None:
    client = sign_in(desk.person)
    key = desk.key("Price import")
    where = f"/keys/{key.row.public_id}"
    assert "7 days" in client.get(f"{where}/rotate/").content.decode()
    second = secret_on(client.post(f"{where}/rotate/"))
    assert client.post(f"{where}/rotate/")["Location"] == "/keys/"
    page = client.get("/keys/").content.decode()
    assert "Two are live already" in page and f"{where}/rotate/" not in page
    # Two of one name: the page that asks says which of them it is.
    assert f"ekm_…_{key.row.prefix_of_secret}" in client.get(f"{where}/revoke/").content.decode()
    client.post(f"{where}/revoke/")
    assert seat_of(f"Bearer {key.secret}", address) is None
    assert seat_of(f"Bearer {second}", address) is not None


def test_it_offers_nobody_more_than_they_have(desk: Desk) -> None:
    developer = sign_in(add_member(desk.tenant, Role.DEVELOPER))
    page = developer.get("/keys/new/").content.decode()
    assert 'value="look"' in page and 'value="connect"' not in page and 'value="own"' not in page
    for form, where in ((KEY, "/keys/new/"), (APPLICATION, "/applications/new/")):
        for right in ("connect", "own", "all"):
            assert 'class="error"' in bad(developer, where, {**form, "rights": [right]})
    with tenant_scope(desk.tenant):
        assert not ApiKey.objects.exists() and not Application.objects.exists()


def test_it_does_not_rotate_into_more_than_one_has(desk: Desk) -> None:
    key = desk.key(rights=["look", "audit"])
    developer = sign_in(add_member(desk.tenant, Role.DEVELOPER))
    developer.post(f"/keys/{key.row.public_id}/rotate/")
    assert "may not do yourself" in developer.get("/keys/").content.decode()


def test_it_gives_nobody_the_secret_of_what_may_do_more_than_they(desk: Desk) -> None:
    """An application has rights of its own: whoever has its secret has them too."""
    strong = desk.application("Strong", rights=[Right.LOOK, Right.AUDIT])
    weak = desk.application("Weak", rights=[Right.LOOK])
    developer = sign_in(add_member(desk.tenant, Role.DEVELOPER))
    where = f"/applications/{strong.row.application.public_id}/"
    answer = developer.post(f"{where}secret/", follow=True)
    assert "may not do yourself" in answer.content.decode()
    with tenant_scope(desk.tenant):
        assert strong.row.application.secrets.count() == 1
    secret_on(developer.post(f"/applications/{weak.row.application.public_id}/secret/"))


def bad(client: Client, where: str, form: dict[str, Any], **changed: Any) -> str:
    answer = client.post(where, {**form, **changed})
    assert answer.status_code == 200
    page = answer.content.decode()
    assert re.search('class="error"|role="alert"', page) and "secret" not in answer.context
    return page


def test_it_says_what_is_wrong_with_a_key(desk: Desk) -> None:
    client = sign_in(desk.person)
    desk.key("Price import")
    assert "rotate it, or choose another name" in bad(client, "/keys/new/", KEY)
    wrong: list[dict[str, Any]] = [{"name": ""}, {"rights": []}, {"days": "9999"}]
    for changed in (*wrong, {"name": "x" * 121}):
        bad(client, "/keys/new/", KEY, **changed)
    assert client.post("/keys/new/", {**KEY, "name": "a\x00b"}).status_code == 400


def test_it_makes_an_application_and_rotates_its_secret(desk: Desk, address: str) -> None:
    client = sign_in(desk.person)
    first = secret_on(client.post("/applications/new/", APPLICATION))
    with tenant_scope(desk.tenant):
        row = Application.objects.get()
    where = f"/applications/{row.public_id}/"
    second = secret_on(client.post(f"{where}secret/"))
    assert all(find_caller(row.public_id, secret, address) for secret in (first, second))
    page = client.get(where).content.decode()
    assert BACK in page and first not in page and row.public_id in page
    with tenant_scope(desk.tenant):
        older = ApplicationSecret.objects.order_by("created_at")[0]
    client.post(f"/secrets/{older.public_id}/revoke/")
    assert find_caller(row.public_id, first, address) is None
    assert find_caller(row.public_id, second, address)
    client.post(f"{where}revoke/")
    assert find_caller(row.public_id, second, address) is None
    actions = ("application.made", "application.secret_rotated", "application.secret_revoked")
    for action in (*actions, "application.revoked"):
        assert len(desk.entries(action)) == 1


def test_it_says_what_is_wrong_with_an_application(desk: Desk) -> None:
    client, where = sign_in(desk.person), "/applications/new/"
    assert "https://" in bad(client, where, APPLICATION, redirects="http://till.example/")
    assert "of no use" in bad(client, where, APPLICATION, redirects="", rights=[])
    desk.application("Till")
    assert "another name" in bad(client, where, APPLICATION)


def test_it_says_which_keys_sleep(desk: Desk) -> None:
    gone = add_member(desk.tenant, Role.INTEGRATOR)
    Desk(desk.tenant, gone, "integrator").key("Old script")
    with tenant_scope(desk.tenant):
        Membership.objects.filter(user=gone).delete()
    page = sign_in(desk.person).get("/keys/").content.decode()
    assert "Asleep: its maker has left" in page
    assert "Asleep, because the maker has left: 1." in page

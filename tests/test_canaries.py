"""Secrets are put in by the real doors, everything works for a while, and none is found anywhere.

A part that takes secrets gets a function here that plants some of them, and a line in PLANTERS.
"""

import html
import io
import logging
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from http.client import HTTPConnection
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import redis
import requests
from django.contrib import admin
from django.core import mail
from django.test import Client, override_settings
from django.urls import reverse

from connectors.checks import check_connection, keep_report
from connectors.credentials import open_credentials, seal_credentials
from connectors.models import Connection
from connectors.operations import change_credentials
from ekyam import logs
from ekyam.people import sms
from ekyam.tenants.models import Role, User
from ekyam.tenants.scope import across_tenants, tenant_scope
from flows.models import Sync
from flows.operations.deliver import deliver_to
from flows.operations.route import route_events
from flows.operations.sweep import sweep_all
from flows.tasks import deliver
from tests import planters
from tests.canaries import Canaries, dump, keys_of
from tests.conftest import connect_as_owner
from tests.portal import build
from tests.portal.conftest import Side, furnish, sign_in
from tests.portal.test_isolation import DOORS, address_of
from tests.sandboxes import ask, sandbox_server
from tests.verified import verify
from tests.world import add_member, build_world

LEAST = 100


@dataclass
class Ground:
    """One company, its owner at the portal, and the sandboxes of its systems."""

    side: Side
    owner: Client
    port: int
    canaries: Canaries

    def connection(self, slug: str) -> Connection:
        with tenant_scope(self.side.company.tenant):
            return Connection.objects.get(pk=self.side.shop.connections[slug].pk)

    def use_method(self, slug: str, field: str) -> Connection:
        """Let a connection sign in by the method that asks for this field."""
        row = self.connection(slug)
        row.auth = next(
            method.name
            for method in row.spec.auth
            if any(one.name == field for one in method.fields) and not method.has_consent
        )
        with tenant_scope(row.tenant_id):
            row.save(update_fields=["auth"])
        return row


@pytest.fixture
def ground(
    transactional_db: None, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Ground]:
    monkeypatch.setattr("ekyam.people.codes.DIGITS", planters.LONG)
    monkeypatch.setitem(sms.GATEWAYS, "held", "tests.planters.Held")
    settings.SMS_GATEWAY = "held"
    with sandbox_server() as port:
        settings.SANDBOX_URL = f"http://127.0.0.1:{port}"
        side = furnish(build_world().here)
        yield Ground(side, sign_in(side.company.owner), port, Canaries())


def fill_in_credentials(ground: Ground) -> None:
    """Each secret field of each way to sign in, twice: refused, and kept all the same."""
    for slug in ground.side.shop.connections:
        spec = ground.connection(slug).spec
        for method in spec.auth:
            if method.has_consent or not method.fields:
                continue
            row = ground.connection(slug)
            row.auth = method.name
            with tenant_scope(row.tenant_id):
                row.save(update_fields=["auth"])
            for turn in ("first", "anew"):
                form = {f.name: f"plain-{f.name}" for f in method.fields if not f.secret}
                form |= {
                    f.name: ground.canaries.plant(
                        f"{slug} {method.name} {f.name} {turn}",
                        "shpat_" if f.name == "access_token" else "",
                    )
                    for f in method.fields
                    if f.secret
                }
                answer = ground.owner.post(f"/connections/{row.public_id}/credentials/", form)
                assert "stay in use" in answer.content.decode()
                assert ground.canaries.find_in(answer.content) == set()
                with tenant_scope(row.tenant_id):  # as those that the vendor takes
                    change_credentials(row, form)
            check(ground, slug)


def refuse_credentials(ground: Ground) -> None:
    """A form with a mistake comes back, and what was typed does not come back with it."""
    row = ground.use_method("netsuite", "token_secret")
    names = ("consumer_key", "consumer_secret", "token_id", "token_secret")
    form = {name: ground.canaries.plant(f"refused {name}") for name in names}
    answer = ground.owner.post(
        f"/connections/{row.public_id}/credentials/", {**form, "realm": "not one!"}
    )
    assert "does not look as it should" in answer.content.decode()
    assert ground.canaries.find_in(answer.content) == set()


def check(ground: Ground, slug: str) -> None:
    """Ask the system with these credentials, whatever it says to them."""
    row = ground.connection(slug)
    parts = check_connection(row)
    with tenant_scope(row.tenant_id):
        keep_report(row, parts)


def go_to_vendor(ground: Ground, row: Connection) -> str:
    """As a browser, whose own log is not ours; returns the address that it is sent back to."""
    page = ground.owner.post(f"/connections/{row.public_id}/authorize/").content.decode()
    found = re.search(r'url=([^"]+)"', page)
    assert found
    there = urlsplit(html.unescape(found[1]))
    browser = HTTPConnection(there.netloc, timeout=10)
    browser.request("GET", f"{there.path}?{there.query}")
    back = urlsplit(browser.getresponse().headers["Location"])
    browser.close()
    return f"{back.path}?{back.query}"


def give_consent(ground: Ground) -> None:
    """There and back: the state and the code in the address, and the tokens that came for them."""
    for slug, named in (("shopify", "shop"), ("whiplash", "account")):
        row = ground.connection(slug)
        needed = ask(ground.port, slug, row.account, "connection")
        ours = {name: needed["credentials"][name] for name in ("client_id", "client_secret")}
        row.auth, row.settings = "oauth", {**needed["settings"], named: row.account}
        with tenant_scope(row.tenant_id):
            seal_credentials(row, ours)
            row.save()
        back = go_to_vendor(ground, row)
        for name in ("state", "code"):
            (value,) = parse_qs(urlsplit(back).query)[name]
            ground.canaries.take(f"{slug} consent {name}", value)
        # Asked for once more, and left: its state is still good for ten minutes.
        left = parse_qs(urlsplit(go_to_vendor(ground, row)).query)["state"][0]
        ground.canaries.take(f"{slug} consent state, left", left)
        assert ground.owner.get(back).status_code == 302
        tokens = open_credentials(ground.connection(slug))
        for name in ("access_token", "refresh_token"):
            ground.canaries.take(f"{slug} consent {name}", tokens[name])
        ground.canaries.take(f"{slug} consent client_secret", ours["client_secret"])
        check(ground, slug)


def knock_with_wrong_signatures(ground: Ground) -> None:
    row = ground.connection("shopify")
    for number in range(5):
        headers = {
            "X-Shopify-Hmac-Sha256": ground.canaries.plant(f"signature {number}"),
            "Authorization": f"Bearer {ground.canaries.plant(f'hook bearer {number}')}",
            "X-Shopify-Topic": "orders/create",
        }
        answer = Client().post(
            f"/hooks/{row.public_id}", b"{}", content_type="application/json", headers=headers
        )
        assert answer.status_code in (401, 404)


def sign_in_by_passwords(ground: Ground) -> None:
    """Right ones, wrong ones, and one that is made anew by mail."""
    with override_settings(PASSWORD_HASHERS=["django.contrib.auth.hashers.PBKDF2PasswordHasher"]):
        user = add_member(ground.side.company.tenant, Role.ADMIN, "singer")
        password = ground.canaries.plant("password")
        user.set_password(password)
        user.save()
        for number in range(5):
            wrong = ground.canaries.plant(f"wrong password {number}")
            answer = Client().post("/accounts/login/", {"login": user.email, "password": wrong})
            assert answer.status_code in (200, 429)
            assert ground.canaries.find_in(answer.content) == set()
        nobody = ground.canaries.plant("password of nobody")
        Client().post("/accounts/login/", {"login": "no@one.example", "password": nobody})
        assert Client().login(email=user.email, password=password)
        reset_password(ground, user)


def reset_password(ground: Ground, user: User) -> None:
    client = Client()
    client.post("/accounts/password/reset/", {"email": user.email})
    found = re.search(r"/accounts/password/reset/key/([\w-]+)/", str(mail.outbox[-1].body))
    assert found
    ground.canaries.take("password reset key", found[1].split("-", 1)[1])
    page = client.get(found[0], follow=True)
    new = ground.canaries.plant("password made anew")
    where = page.redirect_chain[-1][0]
    answer = client.post(where, {"password1": new, "password2": new})
    assert answer.status_code == 302, answer.content
    user.refresh_from_db()
    assert user.check_password(new)


def ask_for_metrics(ground: Ground) -> None:
    for number in range(3):
        token = ground.canaries.plant(f"metrics bearer {number}")
        Client().get("/metrics", headers={"authorization": f"Bearer {token}"})
        query = ground.canaries.plant(f"token in an address {number}")
        Client().get(f"/accounts/login/?access_token={query}")


PLANTERS: tuple[Callable[[Ground], None], ...] = (
    fill_in_credentials,
    refuse_credentials,
    give_consent,
    knock_with_wrong_signatures,
    sign_in_by_passwords,
    ask_for_metrics,
)


def work(ground: Ground) -> None:
    """What workers do with these credentials, and what people do meanwhile."""
    tenant = ground.side.company.tenant
    with tenant_scope(tenant):
        rows = list(Connection.objects.all())
    for row in rows:
        ground.owner.post(f"/connections/{row.public_id}/check/")
        route_events(tenant_id=tenant.pk, connection_id=row.pk)
        deliver_to(tenant_id=tenant.pk, target_id=row.pk)
        deliver.delay(tenant_id=str(tenant.pk), subject_id=str(row.pk))
    with tenant_scope(tenant):
        another = build.refused(ground.side.shop, "1012")
    ground.owner.post(f"/deliveries/{another.public_id}/replay/")
    sweep_all()


def pages(ground: Ground) -> Iterator[tuple[str, bytes]]:
    """All that the owner and the staff may see."""
    for door in DOORS:
        if not door.back and (not door.to or door.form):
            with tenant_scope(ground.side.company.tenant):
                Sync.objects.update(state="done")  # each address of a sync makes one
            answer = ground.owner.get(address_of(door, ground.side))
            body = b"".join(answer) if answer.streaming else answer.content
            assert answer.status_code == 200, door.name
            yield f"page {door.name}", body
    for slug in ground.side.shop.connections:
        row = ground.connection(slug)
        yield f"page of {slug}", ground.owner.get(f"/connections/{row.public_id}/").content
    person = User.objects.create_superuser("staff@ekyam.example", "only for tests, of staff")
    staff = verify(sign_in(person), person)
    for model in admin.site._registry:
        name = f"admin:{model._meta.app_label}_{model._meta.model_name}"
        yield name, staff.get(reverse(f"{name}_changelist")).content
        with across_tenants("a test opens the rows of each table"):
            keys = list(model._default_manager.values_list("pk", flat=True)[:20])
        for key in keys:
            yield name, staff.get(reverse(f"{name}_change", args=[key])).content


@pytest.fixture
def log() -> Iterator[io.StringIO]:
    """All that is logged at the finest level, as it would be written."""
    said = io.StringIO()
    config = logs.configure(as_json=True, level="DEBUG")
    ours = dict(config["formatters"]["ours"])
    formatter = ours.pop("()")(
        foreign_pre_chain=ours["foreign_pre_chain"], processors=ours["processors"]
    )
    handler = logging.StreamHandler(said)
    handler.setFormatter(formatter)
    root = logging.getLogger()
    before = root.level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    try:
        yield said
    finally:
        root.removeHandler(handler)
        root.setLevel(before)


def test_none_of_a_hundred_canaries_is_heard(
    ground: Ground, log: io.StringIO, settings: Any, capfd: pytest.CaptureFixture[str]
) -> None:
    for plant in PLANTERS:
        plant(ground)
    for plant_more in planters.PLANTERS:
        plant_more(ground.side, ground.canaries)
    work(ground)
    assert len(ground.canaries.planted) >= LEAST
    places: dict[str, set[str]] = {}
    for name, text in everything(ground, settings.REDIS_URL):
        places.setdefault(name, set()).update(ground.canaries.find_in(text))
    places["log"] = ground.canaries.find_in(log.getvalue())
    printed = capfd.readouterr()
    places["output"] = ground.canaries.find_in(printed.out + printed.err)
    assert {name: found for name, found in places.items() if found} == {}
    assert len(places) > 50 and len(log.getvalue()) > 10_000


def everything(ground: Ground, valkey_url: str) -> Iterator[tuple[str, bytes]]:
    yield from pages(ground)
    with connect_as_owner() as owner:
        yield from ((f"table {name}", text) for name, text in dump(owner))
    with redis.Redis.from_url(valkey_url) as valkey:
        yield from ((f"key {name}", text) for name, text in keys_of(valkey))


@pytest.mark.django_db(transaction=True)
def test_it_would_hear_one(settings: Any) -> None:
    """In a row, in bytes, in Valkey and in Base64: otherwise the silence would say nothing."""
    canaries = Canaries()
    world = build_world()
    tenant, secret = world.here.tenant, canaries.plant("x")
    tenant.name = secret
    tenant.save()
    with connect_as_owner() as owner:
        heard = {name for name, text in dump(owner) if canaries.find_in(text)}
    assert heard == {"tenants_tenant"}
    with redis.Redis.from_url(settings.REDIS_URL) as valkey:
        valkey.lpush("canary-cage", f"said {secret}")
        heard = {name for name, text in keys_of(valkey) if canaries.find_in(text)}
        valkey.delete("canary-cage")
    assert "canary-cage" in heard
    for form in (secret.encode().hex(), requests.auth._basic_auth_str("user", secret)):
        assert canaries.find_in(form) == {"x"}
    assert canaries.find_in("nothing of the kind") == set()

"""Your security: what is changed there wants a fresh proof."""

import time
from typing import Any

import pytest
from django.core.management import call_command
from django.test import Client
from django.utils import timezone

from ekyam.audit.models import AuditEntry
from ekyam.people import standing
from ekyam.people.demands import demands_of
from ekyam.people.models import PhoneFactor, RememberedBrowser, TotpFactor
from ekyam.people.ways import count_recovery_codes, list_factors
from ekyam.tenants.models import Membership, Role, User
from ekyam.tenants.scope import tenant_scope
from tests.signing_in.conftest import (
    HERE,
    add_phone,
    add_totp,
    code_of,
    enter_password,
    is_in,
    mailed,
    require,
)
from tests.world import PASSWORD, World

CHANGES = (
    "/account/set-up/totp/",
    "/account/set-up/phone/",
    "/account/set-up/passkey/",
    "/account/set-up/passkey/options/",
    "/account/security/recovery/",
    "/account/security/fac_1/remove/",
    "/accounts/password/change/",
)


@pytest.fixture
def user(world: World) -> User:
    return world.here.viewer


@pytest.fixture
def factor(user: User) -> TotpFactor:
    return add_totp(user)


def come_in(user: User, factor: TotpFactor, **more: str) -> Client:
    """Past both; each time as if it were another day."""
    TotpFactor.objects.filter(pk=factor.pk).update(last_step=0)
    client = enter_password(user)
    answer = client.post("/account/prove/", {"code": code_of(factor), **more})
    assert answer.status_code == 302
    return client


def grow_old(client: Client) -> None:
    session = client.session
    session[standing.PROVED_AT] = time.time() - standing.FRESH_SECONDS - 1
    session.save()


@pytest.mark.parametrize("address", CHANGES)
def test_it_wants_a_fresh_proof_for_a_change(user: User, factor: TotpFactor, address: str) -> None:
    client = come_in(user, factor)
    assert not client.post(address).get("Location", "").startswith("/account/prove/")
    grow_old(client)
    answer = client.post(address, {"number": "+919876543211"})
    assert answer["Location"] == "/account/prove/?next=%2Faccount%2Fsecurity%2F"
    assert TotpFactor.objects.filter(user=user, confirmed=False).count() <= 1


def test_it_goes_on_after_the_fresh_proof(user: User, factor: TotpFactor) -> None:
    client = come_in(user, factor)
    grow_old(client)
    TotpFactor.objects.filter(pk=factor.pk).update(last_step=0)
    asked = client.get("/account/security/recovery/")["Location"]
    form = {"code": code_of(factor), "next": "/account/security/recovery/"}
    assert client.post(asked, form)["Location"] == "/account/security/recovery/"
    assert client.get("/account/security/recovery/").status_code == 200


@pytest.mark.parametrize(
    "next_", ["https://evil.example/", "//evil.example", "javascript:alert(1)", "\\\\evil"]
)
def test_it_leads_to_no_other_site(user: User, factor: TotpFactor, next_: str) -> None:
    client = come_in(user, factor)
    TotpFactor.objects.filter(pk=factor.pk).update(last_step=0)
    answer = client.post("/account/prove/", {"code": code_of(factor), "next": next_})
    assert answer["Location"] == "/account/security/"


def test_it_asks_for_the_mailbox_before_the_first_factor(user: User) -> None:
    client = enter_password(user)
    assert client.post("/account/set-up/totp/")["Location"].startswith("/account/prove/")
    client.post("/account/prove/send/")
    client.post("/account/prove/", {"code": mailed()})
    address = client.post("/account/set-up/totp/")["Location"]
    first = TotpFactor.objects.get(user=user)
    client.post(address, {"code": code_of(first)})
    assert [one.pk for one in list_factors(user)] == [first.pk]
    assert count_recovery_codes(user) == 10


def test_it_shows_recovery_codes_once_and_makes_new_ones(user: User, factor: TotpFactor) -> None:
    client = come_in(user, factor)
    page = client.post("/account/security/recovery/").content.decode()
    shown = page.split("<code>")[1].split("<")[0]
    assert shown not in client.get("/account/security/").content.decode()
    assert "10 of 10 are left" in client.get("/account/security/").content.decode()


def test_it_removes_a_factor_and_the_codes_with_the_last(user: User, factor: TotpFactor) -> None:
    client = come_in(user, factor)
    assert (
        factor.name in client.get(f"/account/security/{factor.public_id}/remove/").content.decode()
    )
    client.post(f"/account/security/{factor.public_id}/remove/")
    assert list_factors(user) == [] and count_recovery_codes(user) == 0


def test_it_keeps_the_last_factor_where_one_is_required(
    world: World, user: User, factor: TotpFactor
) -> None:
    require(world.here.tenant)
    client = come_in(user, factor)
    address = f"/account/security/{factor.public_id}/remove/"
    assert "Juniper Home asks" in client.post(address, follow=True).content.decode()
    add_phone(user)
    client.post(address)
    assert [one.way for one in list_factors(user)] == ["sms"]


def test_it_touches_nobody_elses(world: World, user: User, factor: TotpFactor) -> None:
    theirs = add_totp(world.here.owner)
    client = come_in(user, factor)
    assert client.post(f"/account/security/{theirs.public_id}/remove/").status_code == 404
    client.post("/account/security/forget/", {"id": theirs.public_id})
    assert list_factors(world.here.owner)


def test_it_has_one_phone(user: User) -> None:
    old, new = add_phone(user), add_phone(user)
    assert [one.pk for one in PhoneFactor.objects.filter(user=user)] == [new.pk] != [old.pk]


def test_it_remembers_a_browser_until_it_is_forgotten(user: User, factor: TotpFactor) -> None:
    client = come_in(user, factor, remember="yes")
    client.post("/accounts/logout/")
    assert is_in(enter_password(user, client))
    assert "Remembered browsers" in client.get("/account/security/").content.decode()
    row = RememberedBrowser.objects.get(user=user)
    client.post("/account/security/forget/", {"id": row.public_id})
    client.post("/accounts/logout/")
    assert not is_in(enter_password(user, client))


def test_it_remembers_nothing_unasked(user: User, factor: TotpFactor) -> None:
    come_in(user, factor)
    assert not RememberedBrowser.objects.exists()


def leave(client: Client) -> None:
    client.post("/accounts/logout/")


def expire(world: World, user: User) -> None:
    RememberedBrowser.objects.update(expires_at=timezone.now())


def change_password(world: World, user: User) -> None:
    user.set_password(PASSWORD)  # the same one: another salt, another state
    user.save()


def change_factors(world: World, user: User) -> None:
    add_phone(user)


def remember_less(world: World, user: User) -> None:
    require(world.here.tenant, remembered_days=0)


@pytest.mark.parametrize("event", [expire, change_password, change_factors, remember_less])
def test_it_forgets_a_browser_when(
    world: World, user: User, factor: TotpFactor, event: Any
) -> None:
    client = come_in(user, factor, remember="yes")
    leave(client)
    event(world, user)
    assert not is_in(enter_password(user, client))


def test_it_takes_no_cookie_of_others_and_none_that_was_changed(
    world: World, user: User, factor: TotpFactor
) -> None:
    client = come_in(user, factor, remember="yes")
    cookie = client.cookies["remembered"]
    assert cookie["httponly"] and cookie["samesite"] == "Lax"
    assert str(cookie.value).split(":")[0] not in str(RememberedBrowser.objects.values())
    add_totp(world.here.owner)
    for person, value in (
        (world.here.owner, cookie.value),
        (user, cookie.value[:-1] + "x"),
        (user, cookie.value.split(":")[0]),
        (user, "x" * 5000),
    ):
        thief = Client(REMOTE_ADDR=HERE)
        thief.cookies["remembered"] = value
        assert not is_in(enter_password(person, thief))


def test_it_remembers_no_browser_of_staff(user: User, factor: TotpFactor) -> None:
    User.objects.filter(pk=user.pk).update(is_staff=True)
    come_in(user, factor, remember="yes")
    assert not RememberedBrowser.objects.exists()


def test_the_strictest_company_counts(world: World, user: User) -> None:
    assert demands_of(user)[1:] == ((), 30, 60, 12)
    with tenant_scope(world.there.tenant):
        Membership.objects.create(tenant=world.there.tenant, user=user, role=Role.VIEWER)
    require(world.there.tenant, remembered_days=7, idle_minutes=30, absolute_hours=2)
    assert demands_of(user)[1:] == (("Marigold Outdoor",), 7, 30, 2)
    assert demands_of(world.here.owner)[1:] == ((), 30, 60, 12)


def test_it_changes_the_policy_and_says_so(world: World) -> None:
    client = enter_password(world.here.owner)
    form = {"remembered_days": "7", "idle_minutes": "60", "absolute_hours": "12"}
    assert client.post("/settings/sign-in/", form).status_code == 302
    for typed, said in (("0", "greater than or equal to 5"), ("-1", "greater than or equal to 5")):
        refused = client.post("/settings/sign-in/", {**form, "idle_minutes": typed})
        assert refused.status_code == 200 and said in refused.content.decode()
    with tenant_scope(world.here.tenant):
        entry = AuditEntry.objects.get(action="sign_in_policy.changed")
    assert (entry.before["remembered_days"], entry.after["remembered_days"]) == (30, 7)


def test_the_password_changes_only_with_the_old_one_and_a_proof(
    user: User, factor: TotpFactor
) -> None:
    client = come_in(user, factor)
    new = "violet tram pickle ladder"
    form = {"oldpassword": "wrong", "password1": new, "password2": new}
    assert client.post("/accounts/password/change/", form).status_code == 200
    changed = client.post("/accounts/password/change/", {**form, "oldpassword": PASSWORD})
    assert changed["Location"] == "/account/security/"
    user.refresh_from_db()
    assert user.check_password(new)


def test_staff_can_reset_what_was_lost(user: User, factor: TotpFactor) -> None:
    """What was lost may be in other hands, and signed in."""
    lost = come_in(user, factor)
    assert is_in(lost)
    call_command("reset_second_factor", user.email)
    assert list_factors(user) == [] and not is_in(lost)
    assert is_in(enter_password(user))

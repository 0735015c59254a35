"""The way in: the password is only its beginning."""

import time
from typing import Any

import pytest
from django.core import mail
from django.test import Client

from ekyam.audit.models import AuditEntry
from ekyam.people.models import PhoneFactor, RecoverySheet, TotpFactor
from ekyam.people.operations import renew_recovery_codes
from ekyam.people.ways import count_recovery_codes
from ekyam.tenants.models import Membership, Role, Tenant, User
from ekyam.tenants.scope import tenant_scope
from tests.signing_in.conftest import (
    HERE,
    NUMBER,
    add_phone,
    add_totp,
    code_of,
    enter_password,
    is_in,
    mailed,
    require,
    texted,
)
from tests.world import PASSWORD, World

PLAIN = "This is not right, or has expired, or was used before."


@pytest.fixture
def user(world: World) -> User:
    return world.here.viewer


def prove(client: Client, code: str, **more: str) -> Any:
    return client.post("/account/prove/", {"code": code, **more})


def audited(tenant: Tenant, action: str) -> list[AuditEntry]:
    with tenant_scope(tenant):
        return list(AuditEntry.objects.filter(action=action).order_by("number"))


def test_it_lets_in_by_password_and_code_of_the_app(user: User) -> None:
    factor = add_totp(user)
    client = enter_password(user)
    assert not is_in(client)
    page = client.get("/account/prove/").content.decode()
    assert "6-digit code of your authenticator app" in page
    assert prove(client, code_of(factor))["Location"] == "/"
    assert is_in(client)


def test_it_goes_on_to_where_the_person_wanted_to_go(user: User) -> None:
    factor = add_totp(user)
    client = Client(REMOTE_ADDR=HERE)
    form = {"login": user.email, "password": PASSWORD, "next": "/orders/"}
    client.post("/accounts/login/", form)
    assert prove(client, code_of(factor))["Location"] == "/orders/"


def test_it_texts_a_code_when_the_password_was_right(user: User) -> None:
    add_phone(user)
    client = enter_password(user)
    page = client.get("/account/prove/").content.decode()
    assert "Enter the 6-digit code sent to your mobile phone" in page
    assert "ends in ···10" in page and NUMBER not in page
    assert prove(client, texted()).status_code == 302
    assert is_in(client)


def test_it_sends_another_code_when_asked_and_says_when_it_cannot(user: User) -> None:
    phone = add_phone(user)
    client = enter_password(user)
    client.post("/account/prove/send/")
    assert "Another code can be sent in" in client.get("/account/prove/").content.decode()
    PhoneFactor.objects.filter(pk=phone.pk).update(sent_at=[])
    answer = client.post("/account/prove/send/", follow=True)
    assert "A new code is on its way" in answer.content.decode()
    assert prove(client, texted()).status_code == 302


def test_it_asks_nothing_of_whoever_has_no_factor_where_none_is_required(user: User) -> None:
    assert is_in(enter_password(user))


def test_it_gives_one_plain_answer_to_every_wrong_code(world: World, user: User) -> None:
    factor = add_totp(user)
    used = code_of(factor)
    prove(enter_password(user), used)
    client = enter_password(user)
    answers = [
        prove(client, code)
        for code in (used, "000000", "", "abc", "é" * 5000, "-1", code_of(factor, steps=-9))
    ]
    answers.append(client.post("/account/prove/", b"\xff\xfe", content_type="text/plain"))
    assert {answer.status_code for answer in answers} == {200}
    assert all(PLAIN in answer.content.decode() for answer in answers)
    assert not is_in(client)
    assert len(audited(world.here.tenant, "person.code_refused")) == 8


def test_it_stops_after_ten_wrong_codes_even_for_the_right_one(user: User) -> None:
    factor = add_totp(user)
    client = enter_password(user)
    for _ in range(10):
        assert PLAIN in prove(client, "000000").content.decode()
    late = enter_password(user)
    assert "That was wrong too often. Wait" in prove(late, code_of(factor)).content.decode()
    assert not is_in(late)


def test_it_leads_through_setting_up_where_the_company_requires_it(
    world: World, user: User
) -> None:
    require(world.here.tenant)
    client = enter_password(user)
    assert not is_in(client)
    # The mailbox first: else a stolen password would bring a factor of its own along.
    assert client.get("/account/set-up/")["Location"].startswith("/account/prove/")
    assert client.post("/account/set-up/totp/")["Location"].startswith("/account/prove/")
    assert prove(client, mailed())["Location"] == "/account/set-up/"
    assert not is_in(client)
    page = client.post("/account/set-up/totp/", follow=True)
    factor = TotpFactor.objects.get(user=user)
    assert factor.spelled()[:4] in page.content.decode() and "<svg" in page.content.decode()
    done = client.post(f"/account/set-up/totp/{factor.public_id}/", {"code": code_of(factor)})
    assert "recovery codes" in done.content.decode()
    assert not is_in(client)
    assert client.post("/account/set-up/done/")["Location"] == "/"
    assert is_in(client)
    assert [one.after for one in audited(world.here.tenant, "person.signed_in")] == [{"by": "totp"}]


def test_it_does_not_let_in_by_the_mailbox_alone(world: World, user: User) -> None:
    require(world.here.tenant)
    client = enter_password(user)
    prove(client, mailed())
    assert client.post("/account/set-up/done/")["Location"] == "/account/set-up/"
    assert not is_in(client)


def test_the_mailbox_is_worth_nothing_once_there_is_a_factor(world: World, user: User) -> None:
    """Password and mailbox were enough to set one up; not to come in by one set up elsewhere."""
    require(world.here.tenant)
    client = enter_password(user)
    prove(client, mailed())
    add_totp(user)
    assert client.post("/account/set-up/done/")["Location"].startswith("/account/prove/")
    assert client.post("/account/set-up/totp/")["Location"].startswith("/account/prove/")
    assert not is_in(client)


def test_it_gives_recovery_codes_to_whoever_sets_up_a_phone(world: World, user: User) -> None:
    require(world.here.tenant)
    client = enter_password(user)
    prove(client, mailed())
    address = client.post("/account/set-up/phone/", {"number": NUMBER})["Location"]
    assert not PhoneFactor.objects.get(user=user).confirmed
    codes = client.post(address, {"code": texted()})
    assert codes.content.decode().count("<code>") == 10
    assert client.post("/account/set-up/done/").status_code == 302
    assert is_in(client)


def test_it_asks_those_who_are_in_already_when_a_company_begins_to_require_it(
    world: World, user: User
) -> None:
    client = enter_password(user)
    assert is_in(client)
    require(world.here.tenant)
    assert client.get("/")["Location"] == "/account/security/"
    assert "asks everybody for a second factor" in client.get("/account/security/").content.decode()
    factor = add_totp(user)
    assert (
        client.get("/orders/?page=2")["Location"] == "/account/prove/?next=%2Forders%2F%3Fpage%3D2"
    )
    assert prove(client, code_of(factor), next="/orders/")["Location"] == "/orders/"
    assert is_in(client)


def test_it_forgets_who_was_half_in_when_the_password_changes(user: User) -> None:
    factor = add_totp(user)
    client = enter_password(user)
    user.set_password("another one, of four words")
    user.save()
    assert prove(client, code_of(factor))["Location"].startswith("/accounts/login/")
    assert not is_in(client)


def test_it_lets_nobody_in_whose_account_was_closed_meanwhile(user: User) -> None:
    factor = add_totp(user)
    client = enter_password(user)
    User.objects.filter(pk=user.pk).update(is_active=False)
    assert prove(client, code_of(factor))["Location"].startswith("/accounts/login/")


def test_it_takes_each_recovery_code_once(user: User) -> None:
    add_totp(user)
    codes = renew_recovery_codes(user, address=HERE)
    assert len(set(codes)) == 10
    first, second = enter_password(user), enter_password(user)
    for client in (first, second):
        client.post("/account/prove/way/", {"way": "recovery"})
    assert prove(first, codes[0].upper().replace("-", " ")).status_code == 302
    assert is_in(first) and count_recovery_codes(user) == 9
    assert PLAIN in prove(second, codes[0]).content.decode() and not is_in(second)
    assert prove(second, codes[1]).status_code == 302
    sheet = RecoverySheet.objects.get(user=user)
    assert all(code.replace("-", "") not in str(sheet.codes.values()) for code in codes)


def test_it_offers_no_way_that_the_person_does_not_have(user: User) -> None:
    add_totp(user)
    client = enter_password(user)
    for way in ("sms", "mail", "passkey", "nonsense", ""):
        client.post("/account/prove/way/", {"way": way})
        assert "authenticator app" in client.get("/account/prove/").content.decode()


def test_it_notes_and_mails_what_happens(world: World, user: User) -> None:
    with tenant_scope(world.there.tenant):
        Membership.objects.create(tenant=world.there.tenant, user=user, role=Role.VIEWER)
    factor = add_totp(user)
    client = Client(REMOTE_ADDR=HERE)
    client.post("/accounts/login/", {"login": user.email, "password": "a wrong one"})
    client.post("/accounts/login/", {"login": user.email, "password": PASSWORD})
    prove(client, "000000")
    prove(client, code_of(factor))
    for company in (world.here, world.there):
        with tenant_scope(company.tenant):
            rows = AuditEntry.objects.filter(subject=user.public_id).order_by("number")
            assert [(row.action, row.address) for row in rows] == [
                ("person.factor_added", HERE),
                ("person.sign_in_refused", HERE),
                ("person.code_refused", HERE),
                ("person.signed_in", HERE),
            ]
            assert "000000" not in str(list(rows.values()))


def test_it_notes_nothing_of_unknown_people(world: World, caplog: pytest.LogCaptureFixture) -> None:
    form = {"login": "nobody@juniper.example", "password": "a wrong one"}
    page = Client(REMOTE_ADDR=HERE).post("/accounts/login/", form).content.decode()
    known = {"login": world.here.owner.email, "password": "a wrong one"}
    same = Client(REMOTE_ADDR=HERE).post("/accounts/login/", known).content.decode()
    assert 'role="alert"' in page and ('role="alert"' in same)
    assert len(audited(world.here.tenant, "person.sign_in_refused")) == 1
    assert "nobody" not in caplog.text and "a wrong one" not in caplog.text


def test_it_answers_every_address_after_the_same_time(world: World, settings: Any) -> None:
    settings.EKYAM_REFUSAL_SECONDS = 0.3
    took = []
    for email in ("nobody@juniper.example", world.here.owner.email):
        started = time.monotonic()
        Client(REMOTE_ADDR=HERE).post("/accounts/login/", {"login": email, "password": "wrong"})
        took.append(time.monotonic() - started)
    assert min(took) >= 0.3


def test_it_limits_wrong_passwords(world: World, user: User) -> None:
    form = {"login": user.email, "password": "a wrong one"}
    for _ in range(5):
        Client(REMOTE_ADDR=HERE).post("/accounts/login/", form)
    right = {"login": user.email, "password": PASSWORD}
    answer = Client(REMOTE_ADDR=HERE).post("/accounts/login/", right)
    assert "Too many failed login attempts" in answer.content.decode()


def test_it_asks_for_the_mailbox_of_an_address_that_nobody_has_proved(world: World) -> None:
    new = User.objects.create_user("new@juniper.example", PASSWORD)
    client = enter_password(new)
    assert not is_in(client)
    assert "confirm-email" in str(mail.outbox[-1].body)


def test_it_signs_staff_in_by_the_same_door(world: World) -> None:
    """Django's own page for staff would be content with the password."""
    staff = world.here.owner
    staff.is_staff = True
    staff.save()
    add_totp(staff)
    client = Client(REMOTE_ADDR=HERE)
    assert client.get("/admin/", follow=True).redirect_chain[-1][0].startswith("/accounts/login/")
    form = {"username": staff.email, "password": PASSWORD}
    assert client.post("/admin/login/", form)["Location"].startswith("/accounts/login/")
    assert not is_in(client)
    member = enter_password(world.here.viewer)
    assert member.get("/admin/login/").status_code == 403

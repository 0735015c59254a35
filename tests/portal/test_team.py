"""The team's pages: who is here, who may change it, and how somebody joins."""

import re
import smtplib
from datetime import timedelta
from typing import Any
from unittest import mock

import pytest
from allauth.account.models import EmailAddress
from django.core import mail
from django.core.mail.backends import locmem
from django.test import Client
from django.utils import timezone

from ekyam.audit.models import AuditEntry
from ekyam.sessions.models import Session
from ekyam.team.models import Invitation
from ekyam.tenants.models import Membership, Role, User
from ekyam.tenants.scope import tenant_scope
from tests.people import membership, roles_in
from tests.portal.conftest import sign_in
from tests.world import PASSWORD, Company, World, add_member

GUEST = "guest@elsewhere.example"
VOID = "This invitation does not hold"


@pytest.fixture
def here(world: World) -> Company:
    return world.here


@pytest.fixture
def owner(here: Company) -> Client:
    return sign_in(here.owner)


def text(client: Client, address: str) -> str:
    return client.get(address, follow=True).content.decode()


def invite(client: Client, email: str = GUEST, role: str = "viewer") -> Any:
    return client.post("/team/invitations/", {"email": email, "role": role}, follow=True)


def link() -> str:
    """The path of the link in the newest mail."""
    body = str(mail.outbox[-1].body)
    found = re.search(r"http://127\.0\.0\.1:8000(/join/[\w-]+/)", body)
    assert found, body
    return found[1]


def page_of(company: Company, user: User) -> str:
    return f"/team/{membership(company.tenant, user).public_id}/"


def actions(company: Company) -> list[str]:
    with tenant_scope(company.tenant):
        return list(AuditEntry.objects.order_by("number").values_list("action", flat=True))


def test_it_lists_the_members_and_what_roles_may_do(here: Company, owner: Client) -> None:
    shown = text(owner, "/team/")
    assert "2 people belong to this company." in shown
    assert here.viewer.email in shown and "(you)" in shown
    assert "Make and unmake owners" in shown
    assert shown.count("<td>") > len(Role) * 9


def test_it_invites_by_mail_in_plain_text(here: Company, owner: Client) -> None:
    answer = invite(owner, role="operator")
    assert f"An invitation is on its way to {GUEST}" in answer.content.decode()
    (sent,) = mail.outbox
    assert sent.to == [GUEST] and sent.content_subtype == "plain"
    assert not getattr(sent, "alternatives", None)
    assert "to join Juniper Home in Ekyam, as an operator" in str(sent.body)
    assert link() and "<" not in str(sent.body)
    assert GUEST in text(owner, "/team/")


def test_it_names_no_host_that_a_visitor_chose(owner: Client) -> None:
    owner.post(
        "/team/invitations/",
        {"email": GUEST, "role": "viewer"},
        headers={"host": "evil.example"},
    )
    assert "evil.example" not in str(mail.outbox[-1].body)


@pytest.mark.parametrize(
    "form",
    [
        {},
        {"email": "no address", "role": "viewer"},
        {"email": GUEST, "role": "emperor"},
        {"email": GUEST + "\nBcc: x@y.example", "role": "viewer"},
        {"email": "g" * 300 + "@elsewhere.example", "role": "viewer"},
    ],
)
def test_it_says_what_is_wrong_with_an_invitation(owner: Client, form: dict[str, str]) -> None:
    answer = owner.post("/team/invitations/", form)
    assert answer.status_code == 200 and 'class="error"' in answer.content.decode()
    assert mail.outbox == []


def test_an_admin_is_not_even_offered_to_make_owners(here: Company) -> None:
    admin = sign_in(add_member(here.tenant, Role.ADMIN))
    assert '<option value="owner"' not in text(admin, "/team/")
    assert 'class="error"' in invite(admin, role="owner").content.decode()
    assert mail.outbox == []


def test_it_says_when_the_mail_cannot_leave(here: Company, owner: Client) -> None:
    """The invitation is kept, so that it can be sent again."""
    refused = smtplib.SMTPServerDisconnected("gone")
    with mock.patch.object(locmem.EmailBackend, "send_messages", side_effect=refused):
        assert "its mail could not be sent" in invite(owner).content.decode()
    assert GUEST in text(owner, "/team/")


def test_it_makes_an_account_and_signs_in(here: Company, owner: Client) -> None:
    invite(owner, role="operator")
    guest = Client()
    answer = guest.get(link())
    assert answer["Location"] == "/join/"
    shown = text(guest, "/join/")
    assert "Juniper Home" in shown and GUEST in shown and "choose a password" in shown
    answer = guest.post("/join/", {"name": "Gita", "password": PASSWORD}, follow=True)
    assert "You are a member of Juniper Home now." in answer.content.decode()
    assert "Gita" in answer.content.decode()
    user = User.objects.get(email=GUEST)
    assert EmailAddress.objects.get(user=user).verified
    assert membership(here.tenant, user).role == Role.OPERATOR
    assert actions(here) == ["member.invited", "member.joined", "person.signed_in"]


@pytest.mark.parametrize(
    ("password", "words"),
    [("short", "too short"), ("1qaz2wsx3edc", "too common"), (GUEST, "too similar")],
)
def test_it_takes_no_weak_password(owner: Client, password: str, words: str) -> None:
    invite(owner)
    guest = Client()
    guest.get(link())
    answer = guest.post("/join/", {"name": "Gita", "password": password})
    assert answer.status_code == 200 and words in answer.content.decode()
    assert not User.objects.filter(email=GUEST).exists()


def test_it_asks_who_has_an_account_to_sign_in(world: World, owner: Client) -> None:
    invite(owner, world.there.owner.email)
    guest = Client()
    shown = guest.get(link(), follow=True).content.decode()
    assert "/accounts/login/?next=/join/" in shown and "password" not in guest.cookies
    form = {"login": world.there.owner.email, "password": PASSWORD, "next": "/join/"}
    assert guest.post("/accounts/login/", form)["Location"] == "/join/"
    assert "Join Juniper Home" in text(guest, "/join/")
    assert "Juniper Home" in guest.post("/join/", follow=True).content.decode()
    assert roles_in(world.here.tenant) == ["owner", "viewer", "viewer"]
    assert membership(world.here.tenant, world.there.owner).role == Role.VIEWER


def test_it_is_refused_plainly_to_somebody_else(world: World, owner: Client) -> None:
    invite(owner)
    other = sign_in(world.there.owner)
    answer = other.get(link(), follow=True)
    assert answer.status_code == 403
    assert "for somebody else" in answer.content.decode()
    assert other.post("/join/").status_code == 403
    assert roles_in(world.here.tenant) == ["owner", "viewer"]


def void_links(owner: Client, here: Company) -> dict[str, str]:
    """A link of each kind that does not hold."""
    links = {"unknown": "/join/" + "A" * 43 + "/", "short": "/join/x/", "odd": "/join/%01%ff/"}
    for kind in ("used", "old", "called off", "sent again"):
        invite(owner, f"{kind.replace(' ', '.')}@elsewhere.example")
        links[kind] = link()
    with tenant_scope(here.tenant):
        rows = Invitation.objects
        now = timezone.now()
        rows.filter(email__startswith="used").update(accepted_at=now)
        rows.filter(email__startswith="old").update(expires_at=now)
        rows.filter(email__startswith="called").update(called_off_at=now)
        rows.filter(email__startswith="sent").update(sent_at=now - timedelta(minutes=5))
        again = rows.get(email__startswith="sent").public_id
    owner.post(f"/team/invitations/{again}/again/")
    return links


def test_it_answers_alike_to_all_that_does_not_hold(here: Company, owner: Client) -> None:
    links = void_links(owner, here)
    came = {kind: Client().get(address) for kind, address in links.items()}
    assert {answer.status_code for answer in came.values()} == {404}
    assert len({answer.content for answer in came.values()}) == 1
    assert VOID in came["unknown"].content.decode()
    assert actions(here).count("member.invitation_refused") == 3  # the old token is nobody's now


def test_it_counts_links_that_lead_nowhere(owner: Client) -> None:
    """One address cannot go on for ever: then even a right link does not open."""
    stranger = Client(REMOTE_ADDR="198.51.100.9")
    for number in range(20):
        assert stranger.get(f"/join/wrong{number}/").status_code == 404
    invite(owner)
    assert stranger.get(link()).status_code == 404
    assert Client(REMOTE_ADDR="198.51.100.10").get(link()).status_code == 302


@pytest.mark.parametrize("turn", ["first", "again"])
def test_what_one_test_was_refused_is_not_held_against_the_next(owner: Client, turn: str) -> None:
    """They call from one address, and share one Valkey."""
    invite(owner)
    assert Client().get(link()).status_code == 302
    for number in range(20):
        Client().get(f"/join/wrong-{turn}-{number}/")
    assert Client().get(link()).status_code == 404


def test_it_keeps_no_session_for_who_tries(db: None) -> None:
    Client().get("/join/nothing/")
    Client().get("/join/")
    assert not Session.objects.exists()


def test_it_calls_an_invitation_off(here: Company, owner: Client) -> None:
    invite(owner)
    address = link()
    with tenant_scope(here.tenant):
        id_ = Invitation.objects.get().public_id
    answer = owner.post(f"/team/invitations/{id_}/off/", follow=True)
    assert f"{GUEST} cannot join by that link any more." in answer.content.decode()
    assert GUEST not in text(owner, "/team/")
    assert VOID in Client().get(address).content.decode()


def test_it_changes_a_role(here: Company, owner: Client) -> None:
    address = page_of(here, here.viewer)
    owner.post(f"{address}role/", {"role": "admin"})
    assert membership(here.tenant, here.viewer).role == Role.ADMIN
    assert actions(here) == ["member.role_changed"]


@pytest.mark.parametrize("role", ["", "emperor", "OWNER"])
def test_it_takes_no_role_that_is_none(here: Company, owner: Client, role: str) -> None:
    answer = owner.post(f"{page_of(here, here.viewer)}role/", {"role": role}, follow=True)
    assert "Choose one of the roles." in answer.content.decode()


def test_it_tells_an_admin_that_owners_are_above_them(here: Company) -> None:
    admin = sign_in(add_member(here.tenant, Role.ADMIN))
    address = page_of(here, here.owner)
    assert "Only an owner can change an owner." in text(admin, address)
    for what, form in (("role", {"role": "viewer"}), ("remove", {}), ("sessions", {})):
        answer = admin.post(f"{address}{what}/", form, follow=True)
        assert "every right of an owner" in answer.content.decode()
    assert roles_in(here.tenant) == ["admin", "owner", "viewer"]


def test_it_removes_a_member_after_saying_what_happens(here: Company, owner: Client) -> None:
    gone = sign_in(here.viewer)
    address = page_of(here, here.viewer)
    assert "from the next click on" in text(owner, f"{address}remove/")
    owner.post(f"{address}remove/")
    assert roles_in(here.tenant) == ["owner"]
    assert gone.get("/team/")["Location"] == "/tenants/"
    assert owner.get(address).status_code == 404


def test_it_tells_the_last_owner_what_to_do(here: Company, owner: Client) -> None:
    words = "Make another member an owner first."
    assert words in text(owner, "/team/leave/")
    assert words in owner.post("/team/leave/", follow=True).content.decode()
    assert words in text(owner, page_of(here, here.owner))
    assert roles_in(here.tenant) == ["owner", "viewer"]


def test_it_lets_a_viewer_leave(here: Company) -> None:
    viewer = sign_in(here.viewer)
    assert "be invited again" in text(viewer, "/team/leave/")
    answer = viewer.post("/team/leave/", follow=True)
    assert "You have left Juniper Home." in answer.content.decode()
    assert roles_in(here.tenant) == ["owner"]


def test_a_viewer_sees_the_team_and_no_sessions(here: Company) -> None:
    viewer = sign_in(here.viewer)
    shown = text(viewer, page_of(here, here.owner))
    assert "Sessions</h2>" not in shown and "Remove" not in shown
    assert 'name="email"' not in text(viewer, "/team/")


def test_it_shows_and_ends_the_sessions_of_a_member(here: Company, owner: Client) -> None:
    phone = sign_in(here.viewer)
    laptop = sign_in(here.viewer)
    address = page_of(here, here.viewer)
    assert text(owner, address).count("An unknown browser</strong>") == 2
    ended = Session.objects.filter(user=here.viewer).earliest("begun_at").public_id
    owner.post(f"{address}sessions/", {"session": ended})
    assert phone.get("/team/").status_code == 302 and laptop.get("/team/").status_code == 200
    owner.post(f"{address}sessions/", {"session": "all"})
    assert laptop.get("/team/").status_code == 302
    assert owner.get("/team/").status_code == 200
    assert actions(here) == ["session.ended", "session.all_ended"]


def test_it_shows_only_sessions_in_this_company(world: World) -> None:
    """Where else a member works is no business of this company; to sign out is, of all."""
    guest, here, there = world.here.viewer, world.here, world.there
    with tenant_scope(there.tenant):
        Membership.objects.create(tenant=there.tenant, user=guest, role=Role.VIEWER)
    clients = [sign_in(guest), sign_in(guest)]
    for client, company in zip(clients, (here, there), strict=True):
        client.post("/tenants/", {"tenant": str(company.tenant.pk)})
    address, boss = page_of(here, guest), sign_in(here.owner)
    shown = text(boss, address)
    assert shown.count("An unknown browser</strong>") == 1
    assert "belongs to another company as well" in shown
    rows = Session.objects.filter(user=guest)
    (elsewhere,) = (row for row in rows if row.read()["tenant"] == str(there.tenant.pk))
    answer = boss.post(f"{address}sessions/", {"session": elsewhere.public_id})
    assert answer.status_code == 404
    assert clients[1].get("/team/").status_code == 200
    boss.post(f"{address}sessions/", {"session": "all"})
    assert [client.get("/team/").status_code for client in clients] == [302, 302]


def test_a_person_sees_and_ends_their_own_sessions(here: Company, owner: Client) -> None:
    other = sign_in(here.owner)
    shown = text(owner, "/account/sessions/")
    assert shown.count("An unknown browser</strong>") == 2 and shown.count("This browser") == 1
    ids = re.findall(r'value="(ses_\w+)"', shown)
    assert len(ids) == 1
    owner.post("/account/sessions/end/", {"session": ids[0]})
    assert other.get("/team/").status_code == 302 and owner.get("/team/").status_code == 200
    assert actions(here) == ["session.ended"]


def test_a_person_ends_all_their_other_sessions(here: Company, owner: Client) -> None:
    others = [sign_in(here.owner) for _ in range(3)]
    answer = owner.post("/account/sessions/end/", {"session": "others"}, follow=True)
    assert "3 other sessions ended." in answer.content.decode()
    assert all(other.get("/team/").status_code == 302 for other in others)
    assert actions(here) == ["session.others_ended"]


@pytest.mark.parametrize("session", ["", "ses_0", "all", "theirs"])
def test_a_person_ends_nobody_elses_session(here: Company, owner: Client, session: str) -> None:
    theirs = sign_in(here.viewer)
    if session == "theirs":
        session = Session.objects.get(user=here.viewer).public_id
    assert owner.post("/account/sessions/end/", {"session": session}).status_code == 404
    assert theirs.get("/team/").status_code == 200


@pytest.mark.parametrize("address", ["/account/sessions/", "/account/sessions/end/"])
def test_strangers_have_no_sessions(db: None, address: str) -> None:
    client = Client()
    answer = client.post(address) if "end" in address else client.get(address)
    assert answer.status_code == 302 and "/accounts/login/" in answer["Location"]


def test_it_tells_every_company_of_a_person_that_a_session_ended(world: World) -> None:
    with tenant_scope(world.there.tenant):
        Membership.objects.create(
            tenant=world.there.tenant, user=world.here.owner, role=Role.VIEWER
        )
    sign_in(world.here.owner)
    sign_in(world.here.owner).post("/account/sessions/end/", {"session": "others"})
    assert actions(world.here) == actions(world.there) == ["session.others_ended"]

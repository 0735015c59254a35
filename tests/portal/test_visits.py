"""Ekyam's staff sees what a company sees: to look only, told, and over soon."""

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from ekyam.audit.models import AuditEntry
from ekyam.tenants.models import Membership, Role, User
from ekyam.tenants.rights import Right
from ekyam.tenants.scope import across_tenants, tenant_scope
from ekyam.visits.models import Visit
from ekyam.visits.operations import end_overdue_visits
from tests.portal.conftest import Side, sign_in
from tests.portal.test_isolation import DOORS, Door, address_of, enter
from tests.verified import verify
from tests.world import PASSWORD

REASON = "Ticket 42: order #1002 is stuck"


@pytest.fixture
def staff(db: None) -> Client:
    person = User.objects.create_superuser("staff@ekyam.example", PASSWORD)
    return verify(sign_in(person), person)


def begin(staff: Client, side: Side, reason: str = REASON) -> int:
    address = f"/admin/visit/{side.company.tenant.pk}/"
    return staff.post(address, {"reason": reason}).status_code


@pytest.fixture
def visitor(staff: Client, here: Side) -> Client:
    assert begin(staff, here) == 302
    return staff


def told(side: Side) -> list[AuditEntry]:
    with tenant_scope(side.company.tenant):
        return list(AuditEntry.objects.filter(action__startswith="visit").order_by("number"))


def test_it_sees_what_the_company_sees(visitor: Client, here: Side, there: Side) -> None:
    text = visitor.get("/").content.decode()
    assert "You see what Juniper Home sees" in text and "Marigold" not in text
    assert "(visitor)" in text


@pytest.mark.parametrize("door", DOORS, ids=lambda door: door.name)
def test_it_looks_and_does_nothing_else(visitor: Client, here: Side, door: Door) -> None:
    answer = enter(visitor, door, address_of(door, here))
    may = door.to is None and door.see == Right.LOOK
    assert (answer.status_code == 200) == may
    assert may or (answer.status_code == 403 and b"You are here on a visit" in answer.content)
    if may and answer.get("Content-Type", "").startswith("text/html"):
        page = answer.content.decode()
        assert "<main" not in page or "may only look" in page


def test_staff_who_is_a_member_leaves_nothing_on_a_visit(staff: Client, here: Side) -> None:
    """The right to look opens one door that writes: one's own way out of the company."""
    person = User.objects.get(email="staff@ekyam.example")
    with tenant_scope(here.company.tenant):
        Membership.objects.create(tenant=here.company.tenant, user=person, role=Role.ADMIN)
    assert begin(staff, here) == 302
    assert staff.post("/team/leave/").status_code == 403
    with tenant_scope(here.company.tenant):
        assert Membership.objects.filter(user=person).exists()


def test_the_company_reads_who_was_there_and_why(visitor: Client, here: Side) -> None:
    visitor.post("/visits/leave/")
    began, ended = told(here)
    assert (began.action, began.actor, began.actor_kind) == (
        "visit.began",
        "staff@ekyam.example",
        "staff",
    )
    assert began.after["reason"] == REASON and ended.after == {"how": "by the visitor"}
    text = sign_in(here.company.owner).get("/audit/").content.decode()
    assert REASON in text and "Visit ended" in text
    assert REASON in sign_in(here.company.owner).get("/visits/").content.decode()
    assert visitor.get("/")["Location"] == "/tenants/"


def test_it_ends_by_itself(visitor: Client, here: Side) -> None:
    past = timezone.now() - timedelta(minutes=31)
    with tenant_scope(here.company.tenant):
        Visit.objects.update(began_at=past, ends_at=past + timedelta(minutes=30))
    assert visitor.get("/orders/")["Location"] == "/tenants/"
    assert end_overdue_visits() == 1 and end_overdue_visits() == 0
    ended = told(here)[-1]
    assert ended.after == {"how": "by itself"} and ended.actor_kind == "ekyam"


def test_it_lasts_half_an_hour(visitor: Client, here: Side) -> None:
    with tenant_scope(here.company.tenant):
        visit = Visit.objects.get()
    assert visit.ends_at - visit.began_at == timedelta(minutes=30)
    assert end_overdue_visits() == 0


def test_a_company_refuses_visits_and_ends_the_one_under_way(visitor: Client, here: Side) -> None:
    sign_in(here.company.owner).post("/visits/switch/", {"to": "off"})
    assert visitor.get("/")["Location"] == "/tenants/"
    assert begin(visitor, here) == 200
    assert visitor.get("/")["Location"] == "/tenants/"
    refused = told(here)[-1]
    assert refused.action == "visits.refused" and len(refused.after["ended"]) == 1
    sign_in(here.company.owner).post("/visits/switch/", {"to": "on"})
    assert begin(visitor, here) == 302


@pytest.mark.parametrize("reason", ["", "   ", "help", "x" * 501])
def test_it_needs_a_reason(staff: Client, here: Side, reason: str) -> None:
    assert begin(staff, here, reason) == 200
    with across_tenants("a test counts visits"):
        assert not Visit.objects.exists()


def test_only_verified_staff_begins_one(here: Side, owner: Client) -> None:
    person = User.objects.create_superuser("other@ekyam.example", PASSWORD)
    for client in (Client(), owner, sign_in(person)):
        begin(client, here)
    with across_tenants("a test counts visits"):
        assert not Visit.objects.exists()


def test_a_visit_ends_with_the_second_factor(visitor: Client) -> None:
    session = visitor.session
    del session["otp_device_id"]
    session.save()
    assert visitor.get("/")["Location"] == "/tenants/"


def test_nobody_sits_on_the_visit_of_another(visitor: Client, here: Side) -> None:
    """The session of one person does not open what another began."""
    person = User.objects.create_superuser("other@ekyam.example", PASSWORD)
    other = verify(sign_in(person), person)
    session = other.session
    session["visit"] = visitor.session["visit"]
    session.save()
    assert other.get("/")["Location"] == "/tenants/"


def test_a_second_visit_ends_the_first(visitor: Client, here: Side) -> None:
    assert begin(visitor, here) == 302
    assert [entry.action for entry in told(here)] == ["visit.began", "visit.ended", "visit.began"]

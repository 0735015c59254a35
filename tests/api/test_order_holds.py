"""A program holds an order, and lets it go."""

from ekyam.tenants.scope import tenant_scope
from flows.models import OrderHold
from tests.api.conftest import Program
from tests.portal.conftest import Side


def test_it_holds_an_order_and_lets_it_go(program: Program, here: Side) -> None:
    assert here.parked.record is not None
    id = here.parked.record.public_id
    assert program.post(f"orders/{id}/release").status_code == 409
    assert program.post(f"orders/{id}/hold", {"reason": "x" * 301}).status_code in (400, 422)
    held = program.post(f"orders/{id}/hold", {"reason": "Look at it."}).json()
    assert (held["order_id"], held["reason"], held["released_at"]) == (id, "Look at it.", None)
    again = program.post(f"orders/{id}/hold", {"reason": "Twice."})
    assert (again.status_code, again.json()["code"]) == (409, "conflict")
    with tenant_scope(here.company.tenant):
        assert OrderHold.objects.get(released_at=None).public_id == held["id"]
    freed = program.post(f"orders/{id}/release").json()
    assert freed["id"] == held["id"] and freed["released_at"]
    assert program.post(f"orders/{here.parked.public_id}/hold", {"reason": "x"}).status_code == 404

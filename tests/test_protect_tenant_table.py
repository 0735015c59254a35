"""The migration operation, on models of its own: what it adds, twice, and takes away."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.db import IntegrityError, connections, models, transaction
from django.db.migrations import CreateModel
from django.db.migrations.state import ProjectState

from ekyam import ids
from ekyam.tenants.models import Tenant, TenantForeignKey
from ekyam.tenants.rls import ProtectTenantTable, RenewTenantPolicies
from ekyam.tenants.scope import tenant_scope


def tenant_model(name: str, **fields: "models.Field[Any, Any]") -> CreateModel:
    own: dict[str, models.Field[Any, Any]] = {
        "id": models.UUIDField(primary_key=True, default=ids.new),
        "tenant": models.ForeignKey("tenants.Tenant", models.CASCADE, related_name="+"),
    }
    return CreateModel(name, list({**own, **fields}.items()))


OPERATIONS = [
    tenant_model("Shelf"),
    tenant_model("Box", shelf=TenantForeignKey("tenants.Shelf", models.CASCADE, null=True)),
    ProtectTenantTable("Shelf"),
    ProtectTenantTable("Box"),
    RenewTenantPolicies("Box"),
]


@pytest.fixture
def state(transactional_db: None) -> Iterator[ProjectState]:
    """The project's models with a shelf and a box more, in the database while the test runs."""
    from django.db.migrations.loader import MigrationLoader

    owner = connections.create_connection("owner")
    before = [MigrationLoader(None).project_state()]
    for operation in OPERATIONS:
        after = before[-1].clone()
        operation.state_forwards("tenants", after)
        with owner.schema_editor() as editor:
            operation.database_forwards("tenants", editor, before[-1], after)
        before.append(after)
    yield before[-1]
    for index in reversed(range(len(OPERATIONS))):
        with owner.schema_editor() as editor:
            OPERATIONS[index].database_backwards(
                "tenants", editor, before[index + 1], before[index]
            )
    owner.close()


@pytest.mark.django_db(transaction=True, databases=["default", "owner"])
def test_it_ties_a_reference_to_the_tenant(state: ProjectState) -> None:
    shelf, box = (state.apps.get_model("tenants", name) for name in ("Shelf", "Box"))
    here, there = (Tenant.objects.create(name=slug, slug=slug) for slug in ("here", "there"))
    with tenant_scope(here):
        mine = shelf.objects.create(tenant_id=here.id)
        box.objects.create(tenant_id=here.id, shelf=mine)
        box.objects.create(tenant_id=here.id, shelf=None)
    with pytest.raises(IntegrityError, match="same_tenant"), tenant_scope(there):
        box.objects.create(tenant_id=there.id, shelf_id=mine.id)
    with tenant_scope(there), transaction.atomic():
        assert not box.objects.exists()


def test_it_writes_the_reference_into_migrations_without_its_default() -> None:
    field = TenantForeignKey("tenants.Shelf", models.CASCADE)
    _, path, _, kwargs = field.deconstruct()
    assert path == "ekyam.tenants.rows.TenantForeignKey"
    assert "db_constraint" not in kwargs
    assert field.db_constraint is False  # type: ignore[attr-defined]

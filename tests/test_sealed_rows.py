"""Rotation: every sealed column of every tenant gets the current key, once."""

import base64
import uuid
from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connections, models
from django.test.utils import isolate_apps

from ekyam import ids
from ekyam.tenants.sealed import SealedRow, reseal

OLD = "old:" + base64.b64encode(b"o" * 32).decode()
NEW = "new:" + base64.b64encode(b"n" * 32).decode()


@pytest.fixture
def safe(transactional_db: None) -> Iterator[type[SealedRow]]:
    with isolate_apps("ekyam.tenants"):

        class Safe(SealedRow):
            sealed_columns = ("secret", "other")

            id = models.UUIDField(primary_key=True, default=ids.new)
            tenant_id = models.UUIDField()
            secret = models.BinaryField(null=True)
            other = models.BinaryField(null=True)

            class Meta:
                app_label = "tenants"

        owner = connections.create_connection("owner")
        with owner.schema_editor() as editor:
            editor.create_model(Safe)
        yield Safe
        with owner.schema_editor() as editor:
            editor.delete_model(Safe)
        owner.close()


@pytest.mark.django_db(transaction=True, databases=["default", "owner"])
def test_it_seals_every_row_anew(safe: type[Any], settings: Any) -> None:
    settings.VAULT_KEYS = [OLD]
    rows = [safe(tenant_id=uuid.uuid4()) for _ in range(450)]
    for row in rows[1:]:
        row.seal("secret", str(row.pk))
    safe.objects.bulk_create(rows)
    settings.VAULT_KEYS = [NEW, OLD]
    assert reseal(safe) == 449
    assert reseal(safe) == 0
    settings.VAULT_KEYS = [NEW]
    for row in safe.objects.exclude(pk=rows[0].pk):
        assert row.unseal("secret") == str(row.pk).encode()
    assert safe.objects.get(pk=rows[0].pk).unseal("secret") is None


def test_it_seals_only_columns_that_rotation_will_find() -> None:
    with isolate_apps("ekyam.tenants"):

        class Careless(SealedRow):
            tenant_id = models.UUIDField()

            class Meta:
                app_label = "tenants"

        with pytest.raises(KeyError):
            Careless().seal("secret", "x")

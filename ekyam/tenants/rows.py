"""What every row of a tenant has in common: its id, its tenant, and references that stay inside."""

import uuid
from collections.abc import Sequence
from typing import Any, ClassVar, Self, TypeVar

from django.db import models

from ekyam import ids

Given = TypeVar("Given")
Found = TypeVar("Found")


class TenantModel(models.Model):
    """A row of one tenant. Its table must be named in a ProtectTenantTable operation."""

    prefix: ClassVar[str] = ""

    id = models.UUIDField(primary_key=True, default=ids.new, editable=False)
    # The unique key (tenant_id, id) that ProtectTenantTable adds is the index.
    tenant = models.ForeignKey(
        "tenants.Tenant", on_delete=models.CASCADE, related_name="+", db_index=False
    )
    tenant_id: uuid.UUID

    class Meta:
        abstract = True

    @property
    def public_id(self) -> str:
        return ids.public(self.prefix, self.id)

    @classmethod
    def get_public(
        cls, public_id: str, *related: str, rows: "models.QuerySet[Self] | None" = None
    ) -> Self:
        """Return the row, with what is `related`, or raise DoesNotExist: alike for a wrong id and
        for another tenant's. It is looked for among `rows`, or all that the model shows."""
        try:
            id_ = ids.parse(cls.prefix, public_id)
        except ids.UnknownId as error:
            raise cls.DoesNotExist(str(error)) from error
        rows = cls._default_manager.all() if rows is None else rows
        return (rows.select_related(*related) if related else rows).get(pk=id_)


class TenantForeignKey(models.ForeignKey[Given, Found]):
    """A reference within a tenant; ProtectTenantTable adds its constraint, with the tenant in it.

    Row-level security does not police foreign keys, so a plain constraint would accept the id of
    another tenant's row.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs["db_constraint"] = False
        super().__init__(*args, **kwargs)

    def deconstruct(self) -> tuple[str, str, Sequence[Any], dict[str, Any]]:
        name, path, args, kwargs = super().deconstruct()
        del kwargs["db_constraint"]
        return name, path, args, kwargs

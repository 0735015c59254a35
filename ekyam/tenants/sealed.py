"""Rows with secrets in them: which columns are sealed, and how all of them get a new key."""

from collections.abc import Iterator
from typing import ClassVar

from django.apps import apps
from django.db import models

from ekyam import vault
from ekyam.tenants.scope import across_tenants

BATCH = 200


class SealedRow(models.Model):
    """Mix into a TenantModel that keeps secrets in BinaryFields named in `sealed_columns`."""

    sealed_columns: ClassVar[tuple[str, ...]] = ()

    class Meta:
        abstract = True

    def seal(self, column: str, secret: bytes | str) -> None:
        """Put a secret into a column; saving is the caller's."""
        setattr(self, column, vault.seal(secret, **self._place(column)))

    def unseal(self, column: str) -> bytes | None:
        """Return the secret of a column, None when it has none, or raise VaultError."""
        sealed = getattr(self, column)
        return vault.open(sealed, **self._place(column)) if sealed else None

    def _place(self, column: str) -> "vault.Place":
        if column not in self.sealed_columns:
            raise KeyError(f"{type(self).__name__}.{column} is not among its sealed columns")
        return {
            "tenant": self.tenant_id,  # type: ignore[attr-defined]
            "table": self._meta.db_table,
            "row": self.pk,
            "column": column,
        }


def reseal_all() -> int:
    """Seal every secret with the current key; return how many rows changed. May be repeated."""
    return sum(
        reseal(model)
        for model in apps.get_models()
        if issubclass(model, SealedRow) and model.sealed_columns
    )


def reseal(model: type[SealedRow]) -> int:
    """Walk one table in batches, each its own transaction, and seal anew what an old key sealed."""
    changed = 0
    for keys in _batches(model):
        with across_tenants("seal secrets with the current vault key"):
            for row in model._default_manager.select_for_update().filter(pk__in=keys):
                changed += _reseal_row(row)
    return changed


def _batches(model: type[SealedRow]) -> Iterator[list[object]]:
    last: object = None
    while True:
        with across_tenants("find secrets to seal with the current vault key"):
            rows = model._default_manager.order_by("pk").values_list("pk", flat=True)
            keys = list((rows.filter(pk__gt=last) if last else rows)[:BATCH])
        if not keys:
            return
        yield keys
        last = keys[-1]


def _reseal_row(row: SealedRow) -> bool:
    old = [
        column
        for column in row.sealed_columns
        if getattr(row, column) and not vault.is_current(getattr(row, column))
    ]
    for column in old:
        secret = row.unseal(column)
        assert secret is not None
        row.seal(column, secret)
    if old:
        row.save(update_fields=old)
    return bool(old)

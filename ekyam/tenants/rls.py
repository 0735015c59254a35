"""The second lock: a migration operation that lets PostgreSQL itself keep tenants apart.

After `CreateModel`, in any migration:

    operations = [..., ProtectTenantTable("Flow"), ProtectTenantTable("Mapping")]

Whenever the model gets a new TenantForeignKey, or a policy reads otherwise: RenewTenantPolicies.

The target of a TenantForeignKey must be protected before the model that refers to it.
"""

from collections.abc import Iterator
from typing import Any

from django.conf import settings
from django.db import models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.backends.utils import truncate_name
from django.db.migrations.operations.base import Operation
from django.db.migrations.state import ProjectState

from ekyam.roles import SYSTEM_ROLE
from ekyam.tenants.rows import TenantForeignKey

# As subqueries: a value that PostgreSQL could see while it plans would be weighed by statistics
# that know nothing of a new tenant, and each of its queries would read all that the tenant has.
TENANT_IS_CURRENT = "tenant_id = (SELECT NULLIF(current_setting('ekyam.tenant', true), '')::uuid)"
USER_IS_CURRENT = "{column} = (SELECT NULLIF(current_setting('ekyam.user', true), '')::uuid)"
RIGHTS = "SELECT, INSERT, UPDATE, DELETE"


def runtime_role() -> str:
    """Return the role that the runtime signs in with."""
    return str(settings.DATABASES["default"]["USER"])


class ProtectTenantTable(Operation):
    """Shut a tenant's table: policies, grants, and keys that have the tenant in them."""

    reduces_to_sql = True
    reversible = True

    def __init__(self, name: str, visible_to_user: str | None = None) -> None:
        self.name = name
        self.visible_to_user = visible_to_user

    def state_forwards(self, app_label: str, state: ProjectState) -> None:
        """The models stay as they are."""

    def database_forwards(
        self,
        app_label: str,
        schema_editor: BaseDatabaseSchemaEditor,
        from_state: ProjectState,
        to_state: ProjectState,
    ) -> None:
        model = to_state.apps.get_model(app_label, self.name)
        if not self.allow_migrate_model(schema_editor.connection.alias, model):
            return
        for statement in _shut(model, self.visible_to_user):
            schema_editor.execute(statement, params=None)
        for constraint, statement in _keys(model):
            if not _has_constraint(schema_editor, model, constraint):
                schema_editor.execute(statement, params=None)

    def database_backwards(
        self,
        app_label: str,
        schema_editor: BaseDatabaseSchemaEditor,
        from_state: ProjectState,
        to_state: ProjectState,
    ) -> None:
        model = from_state.apps.get_model(app_label, self.name)
        if not self.allow_migrate_model(schema_editor.connection.alias, model):
            return
        for constraint, _ in reversed(list(_keys(model))):
            schema_editor.execute(
                f'ALTER TABLE "{model._meta.db_table}" DROP CONSTRAINT IF EXISTS "{constraint}"',
                params=None,
            )
        for statement in _open(model):
            schema_editor.execute(statement, params=None)

    def describe(self) -> str:
        return f"Keep the rows of {self.name} within their tenant"

    def deconstruct(self) -> tuple[str, list[Any], dict[str, Any]]:
        kwargs = {"visible_to_user": self.visible_to_user} if self.visible_to_user else {}
        return self.__class__.__qualname__, [self.name], kwargs


class RenewTenantPolicies(ProtectTenantTable):
    """Shut a table again that was shut before: by today's policies, with the keys of new fields.

    Taken back, it leaves the table as shut as it is.
    """

    def database_backwards(self, *args: Any, **kwargs: Any) -> None:
        """The operation that shut the table first is the one that opens it."""


POLICIES = ("tenant_only", "system_sees_all", "own_rows")


def _shut(model: type[models.Model], visible_to_user: str | None) -> Iterator[str]:
    table, runtime = f'"{model._meta.db_table}"', f'"{runtime_role()}"'
    yield f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY"
    yield f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY"
    yield from (f"DROP POLICY IF EXISTS {policy} ON {table}" for policy in POLICIES)
    yield (
        f"CREATE POLICY tenant_only ON {table} TO {runtime} "
        f"USING ({TENANT_IS_CURRENT}) WITH CHECK ({TENANT_IS_CURRENT})"
    )
    yield (
        f"CREATE POLICY system_sees_all ON {table} TO {SYSTEM_ROLE} USING (true) WITH CHECK (true)"
    )
    if visible_to_user:
        condition = USER_IS_CURRENT.format(column=visible_to_user)
        yield f"CREATE POLICY own_rows ON {table} FOR SELECT TO {runtime} USING ({condition})"
    yield f"GRANT {RIGHTS} ON {table} TO {runtime}, {SYSTEM_ROLE}"


def _open(model: type[models.Model]) -> Iterator[str]:
    table = f'"{model._meta.db_table}"'
    yield from (f"DROP POLICY IF EXISTS {policy} ON {table}" for policy in POLICIES)
    yield f"ALTER TABLE {table} NO FORCE ROW LEVEL SECURITY"
    yield f"ALTER TABLE {table} DISABLE ROW LEVEL SECURITY"


def _keys(model: type[models.Model]) -> Iterator[tuple[str, str]]:
    """Yield the name and statement of each key that ties rows to rows of the same tenant."""
    table = model._meta.db_table
    key = truncate_name(f"{table}_tenant_row", 63, hash_len=8)
    yield key, f'ALTER TABLE "{table}" ADD CONSTRAINT "{key}" UNIQUE (tenant_id, id)'
    for field in model._meta.local_fields:
        if isinstance(field, TenantForeignKey):
            name = truncate_name(f"{table}_{field.column}_same_tenant", 63, hash_len=8)
            target = field.remote_field.model._meta.db_table
            yield (
                name,
                f'ALTER TABLE "{table}" ADD CONSTRAINT "{name}" '
                f'FOREIGN KEY (tenant_id, "{field.column}") REFERENCES "{target}" (tenant_id, id) '
                "DEFERRABLE INITIALLY DEFERRED",
            )


def _has_constraint(
    schema_editor: BaseDatabaseSchemaEditor, model: type[models.Model], name: str
) -> bool:
    with schema_editor.connection.cursor() as cursor:
        cursor.execute(
            "SELECT 1 FROM pg_constraint WHERE conrelid = to_regclass(%s) AND conname = %s",
            [f'"{model._meta.db_table}"', name],
        )
        return cursor.fetchone() is not None


class GrantToRuntime(Operation):
    """Let the runtime roles use every table that the owner has made, or will make."""

    reduces_to_sql = True
    reversible = True

    def state_forwards(self, app_label: str, state: ProjectState) -> None:
        """The models stay as they are."""

    def database_forwards(
        self,
        app_label: str,
        schema_editor: BaseDatabaseSchemaEditor,
        from_state: ProjectState,
        to_state: ProjectState,
    ) -> None:
        roles = f'"{runtime_role()}", {SYSTEM_ROLE}'
        for statement in (
            f"GRANT USAGE ON SCHEMA public TO {roles}",
            f"GRANT {RIGHTS} ON ALL TABLES IN SCHEMA public TO {roles}",
            f"GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO {roles}",
            f"ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT {RIGHTS} ON TABLES TO {roles}",
            "ALTER DEFAULT PRIVILEGES IN SCHEMA public "
            f"GRANT USAGE, SELECT ON SEQUENCES TO {roles}",
        ):
            schema_editor.execute(statement, params=None)

    def database_backwards(self, *args: Any, **kwargs: Any) -> None:
        """Grants go with their tables."""

    def describe(self) -> str:
        return "Let the runtime roles use the owner's tables"

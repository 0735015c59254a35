"""The catalogue of PostgreSQL itself says that no table, key or index forgets the tenant."""

from collections.abc import Iterator

import psycopg
import pytest
from django.conf import settings
from django.db import connections

from tests.conftest import connect_as_owner

TENANT_TABLES = """
SELECT c.oid, c.relname, c.relrowsecurity, c.relforcerowsecurity, a.attnum
  FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'tenant_id'
 WHERE c.relkind IN ('r', 'p') AND c.relnamespace = 'public'::regnamespace
"""
UNPROTECTED = f"""
WITH t AS ({TENANT_TABLES})
SELECT relname || ' has no forced row-level security' FROM t
 WHERE NOT (relrowsecurity AND relforcerowsecurity)
UNION ALL
SELECT relname || ' has no policy for the runtime role' FROM t WHERE NOT EXISTS (
    SELECT FROM pg_policies p WHERE p.tablename = relname AND p.cmd = 'ALL'
       AND p.roles = ARRAY[%(runtime)s]::name[]
       AND p.qual LIKE '%%tenant_id = %%ekyam.tenant%%'
       AND p.with_check LIKE '%%tenant_id = %%ekyam.tenant%%')
UNION ALL
SELECT p.tablename || ' is open by ' || p.policyname FROM pg_policies p
 WHERE p.qual = 'true' AND NOT p.roles = '{{ekyam_system}}'
"""
LOOSE_KEYS = f"""
WITH t AS ({TENANT_TABLES})
SELECT here.relname || ' refers to ' || there.relname || ' without the tenant: ' || k.conname
  FROM pg_constraint k
  JOIN t here ON here.oid = k.conrelid JOIN t there ON there.oid = k.confrelid
 WHERE k.contype = 'f'
   AND NOT EXISTS (SELECT FROM unnest(k.conkey, k.confkey) AS pair(mine, theirs)
                    WHERE mine = here.attnum AND theirs = there.attnum)
UNION ALL
SELECT t.relname || ' is unique without the tenant: ' || i.indexrelid::regclass
  FROM pg_index i JOIN t ON t.oid = i.indrelid
 WHERE i.indisunique AND NOT i.indisprimary AND NOT t.attnum = ANY (i.indkey::int2[])
"""


def find_holes(connection: psycopg.Connection) -> list[str]:
    runtime = {"runtime": settings.DATABASES["default"]["USER"]}
    rows = connection.execute(UNPROTECTED, runtime).fetchall()
    return [row[0] for row in rows + connection.execute(LOOSE_KEYS).fetchall()]


@pytest.fixture
def owner(db: None) -> Iterator[psycopg.Connection]:
    """The owner's connection; what it does is rolled back."""
    assert (
        connections["default"].settings_dict["NAME"] == connections["owner"].settings_dict["NAME"]
    )
    with connect_as_owner() as connection:
        yield connection
        connection.rollback()


def test_it_leaves_no_hole_between_tenants(owner: psycopg.Connection) -> None:
    assert find_holes(owner) == []


def test_it_ties_every_reference_within_a_tenant(owner: psycopg.Connection) -> None:
    """A TenantForeignKey whose model was not protected again has no constraint at all."""
    from django.apps import apps

    from ekyam.tenants.rows import TenantForeignKey

    for model in apps.get_models():
        for field in model._meta.local_fields:
            if isinstance(field, TenantForeignKey):
                found = owner.execute(
                    "SELECT 1 FROM pg_constraint k JOIN pg_attribute a"
                    " ON a.attrelid = k.conrelid AND a.attnum = ANY (k.conkey)"
                    " WHERE k.contype = 'f' AND k.conrelid = %s::regclass AND a.attname = %s",
                    [model._meta.db_table, field.column],
                ).fetchone()
                assert found, f"{model.__name__}.{field.name} needs ProtectTenantTable again"


PROTECTED = """
ALTER TABLE bad ENABLE ROW LEVEL SECURITY; ALTER TABLE bad FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant_only ON bad TO {runtime}
 USING (tenant_id = NULLIF(current_setting('ekyam.tenant', true), '')::uuid)
 WITH CHECK (tenant_id = NULLIF(current_setting('ekyam.tenant', true), '')::uuid);
"""
TABLE = "CREATE TABLE bad (id uuid PRIMARY KEY, tenant_id uuid, member_id uuid, name text);"


@pytest.mark.parametrize(
    ("statements", "hole"),
    [
        (TABLE, "bad has no forced row-level security"),
        (TABLE + "ALTER TABLE bad ENABLE ROW LEVEL SECURITY", "bad has no forced"),
        (TABLE, "bad has no policy"),
        (TABLE + PROTECTED + "DROP POLICY tenant_only ON bad", "bad has no policy"),
        (TABLE + PROTECTED + "CREATE POLICY hole ON bad USING (true)", "bad is open by hole"),
        (TABLE + PROTECTED + "CREATE UNIQUE INDEX loose ON bad (name)", "unique without the"),
        (TABLE + PROTECTED + "ALTER TABLE bad ADD UNIQUE (name)", "unique without the tenant"),
        (
            TABLE + PROTECTED + "ALTER TABLE bad ADD CONSTRAINT loose"
            " FOREIGN KEY (member_id) REFERENCES tenants_membership (id)",
            "bad refers to tenants_membership without the tenant: loose",
        ),
        (
            TABLE + PROTECTED + "ALTER TABLE bad ADD CONSTRAINT crossed"
            " FOREIGN KEY (member_id, tenant_id) REFERENCES tenants_membership (tenant_id, id)",
            "bad refers to tenants_membership without the tenant: crossed",
        ),
    ],
)
def test_it_notices_a_hole(owner: psycopg.Connection, statements: str, hole: str) -> None:
    owner.execute(statements.format(runtime=settings.DATABASES["default"]["USER"]).encode())
    assert any(hole in found for found in find_holes(owner))


def test_it_finds_no_hole_in_a_table_that_is_protected(owner: psycopg.Connection) -> None:
    runtime = settings.DATABASES["default"]["USER"]
    owner.execute((TABLE + PROTECTED.format(runtime=runtime)).encode())
    owner.execute("ALTER TABLE bad ADD UNIQUE (tenant_id, name)")
    assert find_holes(owner) == []

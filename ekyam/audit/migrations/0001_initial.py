"""The audit log, which nobody changes: by grant for the runtime, by a trigger for everybody."""

from typing import Any

import django.db.models.deletion
from django.db import migrations, models

import ekyam.ids
from ekyam.roles import SYSTEM_ROLE
from ekyam.tenants.rls import ProtectTenantTable, runtime_role

TRIGGER = """
CREATE FUNCTION audit_is_only_added_to() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'The audit log is only added to: % is refused.', TG_OP;
END $$;
CREATE TRIGGER only_added_to BEFORE UPDATE OR DELETE ON audit_auditentry
    FOR EACH STATEMENT EXECUTE FUNCTION audit_is_only_added_to();
"""
UNDO = """
DROP TRIGGER only_added_to ON audit_auditentry;
DROP FUNCTION audit_is_only_added_to();
"""


def shut(apps: Any, schema_editor: Any) -> None:
    roles = f'"{runtime_role()}", {SYSTEM_ROLE}'
    schema_editor.execute(f"REVOKE UPDATE, DELETE, TRUNCATE ON audit_auditentry FROM {roles}")


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("tenants", "0002_renew_policies"),
    ]

    operations = [
        migrations.CreateModel(
            name="AuditEntry",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=ekyam.ids.new, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("number", models.BigIntegerField()),
                ("at", models.DateTimeField()),
                ("actor_kind", models.CharField(max_length=20)),
                ("actor_id", models.CharField(blank=True, max_length=120)),
                ("actor", models.CharField(max_length=254)),
                ("address", models.CharField(blank=True, max_length=45)),
                ("action", models.CharField(max_length=60)),
                ("subject", models.CharField(blank=True, max_length=120)),
                ("subject_label", models.CharField(blank=True, max_length=254)),
                ("before", models.JSONField(null=True)),
                ("after", models.JSONField(null=True)),
                ("digest", models.CharField(max_length=64)),
                (
                    "tenant",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="tenants.tenant",
                    ),
                ),
            ],
            options={
                "verbose_name_plural": "audit entries",
                "indexes": [
                    models.Index(fields=["tenant", "action", "-number"], name="audit_by_action"),
                    models.Index(fields=["tenant", "subject", "-number"], name="audit_by_subject"),
                ],
                "constraints": [
                    models.UniqueConstraint(fields=("tenant", "number"), name="audit_number_is_one")
                ],
            },
        ),
        ProtectTenantTable("AuditEntry"),
        migrations.RunPython(shut, migrations.RunPython.noop),
        migrations.RunSQL(TRIGGER, UNDO),
    ]

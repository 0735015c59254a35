import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models

import ekyam.ids
import ekyam.tenants.models
from ekyam.tenants.rls import ProtectTenantTable

# What ekyam.team.members asks first and says in words; this holds for everybody, the staff's admin
# and a forgotten lock among them. A company has no owner before its first one, and a tenant that
# is itself being deleted needs none.
KEEP_AN_OWNER = """
CREATE FUNCTION company_keeps_an_owner() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM 1 FROM tenants_tenant WHERE id = OLD.tenant_id FOR NO KEY UPDATE;
    IF FOUND AND NOT EXISTS (
        SELECT 1 FROM tenants_membership WHERE tenant_id = OLD.tenant_id AND role = 'owner'
    ) THEN
        RAISE EXCEPTION 'a company keeps at least one owner'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'company_keeps_an_owner';
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER company_keeps_an_owner_when_one_changes
    AFTER UPDATE ON tenants_membership FOR EACH ROW
    WHEN (OLD.role = 'owner' AND (NEW.role, NEW.tenant_id) IS DISTINCT FROM (OLD.role, OLD.tenant_id))
    EXECUTE FUNCTION company_keeps_an_owner();
CREATE TRIGGER company_keeps_an_owner_when_one_goes
    AFTER DELETE ON tenants_membership FOR EACH ROW
    WHEN (OLD.role = 'owner') EXECUTE FUNCTION company_keeps_an_owner();
"""
UNDO = """
DROP TRIGGER company_keeps_an_owner_when_one_changes ON tenants_membership;
DROP TRIGGER company_keeps_an_owner_when_one_goes ON tenants_membership;
DROP FUNCTION company_keeps_an_owner();
"""


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("tenants", "0002_renew_policies"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Invitation",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=ekyam.ids.new, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("email", ekyam.tenants.models.LowerCaseEmailField(max_length=254)),
                (
                    "role",
                    models.CharField(
                        choices=[
                            ("owner", "Owner"),
                            ("admin", "Admin"),
                            ("integrator", "Integrator"),
                            ("operator", "Operator"),
                            ("developer", "Developer"),
                            ("viewer", "Viewer"),
                        ],
                        max_length=20,
                    ),
                ),
                ("token_digest", models.CharField(db_index=True, max_length=64)),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("sent_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("mails", models.PositiveSmallIntegerField(default=1)),
                ("expires_at", models.DateTimeField()),
                ("accepted_at", models.DateTimeField(null=True)),
                ("called_off_at", models.DateTimeField(null=True)),
                (
                    "invited_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
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
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("accepted_at", None), ("called_off_at", None)),
                        fields=("tenant", "email"),
                        name="invitation_is_one_per_address",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "role__in",
                                ["owner", "admin", "integrator", "operator", "developer", "viewer"],
                            )
                        ),
                        name="invitation_role_is_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("accepted_at", None), ("called_off_at", None), _connector="OR"
                        ),
                        name="invitation_is_accepted_or_called_off",
                    ),
                ],
            },
        ),
        ProtectTenantTable("Invitation"),
        migrations.RunSQL(KEEP_AN_OWNER, UNDO),
    ]

"""Providers, domains, groups, identities, used assertions: all of one company each."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import ekyam.ids
import ekyam.tenants.rows
from ekyam.tenants.rls import ProtectTenantTable

# Deliberately across companies, and no unique key: it holds for verified domains alone, and tells
# nothing of who has one.
ONE_COMPANY = """
ALTER TABLE sso_emaildomain ADD CONSTRAINT domain_is_of_one_company
    EXCLUDE USING btree (domain WITH =) WHERE (verified_at IS NOT NULL)
"""
UNDO = "ALTER TABLE sso_emaildomain DROP CONSTRAINT domain_is_of_one_company"


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("tenants", "0002_renew_policies"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="IdentityProvider",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=ekyam.ids.new, editable=False, primary_key=True, serialize=False
                    ),
                ),
                (
                    "kind",
                    models.CharField(
                        choices=[("oidc", "OpenID Connect"), ("saml", "SAML 2.0")], max_length=10
                    ),
                ),
                ("label", models.CharField(max_length=60)),
                ("issuer", models.CharField(blank=True, max_length=500)),
                ("client_id", models.CharField(blank=True, max_length=300)),
                ("client_secret", models.BinaryField(null=True)),
                ("sign_in_url", models.CharField(blank=True, max_length=1000)),
                ("certificates", models.JSONField(default=list)),
                ("group_claim", models.CharField(blank=True, default="groups", max_length=200)),
                (
                    "default_role",
                    models.CharField(
                        blank=True,
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
                ("allows_unasked", models.BooleanField(default=False)),
                ("is_on", models.BooleanField(default=False)),
                ("is_required", models.BooleanField(default=False)),
                ("tried_at", models.DateTimeField(null=True)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                (
                    "last_resort",
                    ekyam.tenants.rows.TenantForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to="tenants.membership",
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
        ),
        migrations.CreateModel(
            name="Identity",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=ekyam.ids.new, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("subject", models.CharField(max_length=500)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("seen_at", models.DateTimeField()),
                (
                    "tenant",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="tenants.tenant",
                    ),
                ),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "provider",
                    ekyam.tenants.rows.TenantForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="identities",
                        to="sso.identityprovider",
                    ),
                ),
            ],
            options={
                "verbose_name_plural": "identities",
            },
        ),
        migrations.CreateModel(
            name="GroupRole",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=ekyam.ids.new, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("group", models.CharField(max_length=200)),
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
                (
                    "tenant",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="tenants.tenant",
                    ),
                ),
                (
                    "provider",
                    ekyam.tenants.rows.TenantForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="group_roles",
                        to="sso.identityprovider",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="EmailDomain",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=ekyam.ids.new, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("domain", models.CharField(max_length=253)),
                ("proof", models.CharField(max_length=64)),
                ("verified_at", models.DateTimeField(null=True)),
                ("verified_by", models.CharField(blank=True, max_length=254)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                (
                    "tenant",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="tenants.tenant",
                    ),
                ),
                (
                    "provider",
                    ekyam.tenants.rows.TenantForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="domains",
                        to="sso.identityprovider",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="UsedAssertion",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=ekyam.ids.new, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("assertion", models.CharField(max_length=300)),
                ("expires_at", models.DateTimeField()),
                (
                    "provider",
                    ekyam.tenants.rows.TenantForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="sso.identityprovider",
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
        ),
        migrations.AddConstraint(
            model_name="identityprovider",
            constraint=models.CheckConstraint(
                condition=models.Q(("kind__in", ["oidc", "saml"])), name="provider_kind_is_known"
            ),
        ),
        migrations.AddConstraint(
            model_name="identityprovider",
            constraint=models.CheckConstraint(
                condition=models.Q(("is_on", False), ("tried_at__isnull", False), _connector="OR"),
                name="provider_is_tried_before_it_is_on",
            ),
        ),
        migrations.AddConstraint(
            model_name="identityprovider",
            constraint=models.CheckConstraint(
                condition=models.Q(("is_required", False), ("is_on", True), _connector="OR"),
                name="provider_is_on_where_it_is_required",
            ),
        ),
        migrations.AddConstraint(
            model_name="identityprovider",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    (
                        "default_role__in",
                        ["", "owner", "admin", "integrator", "operator", "developer", "viewer"],
                    ),
                    models.Q(("default_role", "owner"), _negated=True),
                ),
                name="provider_default_role_is_known_and_no_owner",
            ),
        ),
        migrations.AddConstraint(
            model_name="identity",
            constraint=models.UniqueConstraint(
                fields=("tenant", "provider", "subject"), name="identity_subject_is_one_person"
            ),
        ),
        migrations.AddConstraint(
            model_name="identity",
            constraint=models.UniqueConstraint(
                fields=("tenant", "provider", "user"), name="identity_person_is_one_subject"
            ),
        ),
        migrations.AddConstraint(
            model_name="grouprole",
            constraint=models.UniqueConstraint(
                fields=("tenant", "provider", "group"), name="group_has_one_role"
            ),
        ),
        migrations.AddConstraint(
            model_name="grouprole",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    (
                        "role__in",
                        ["owner", "admin", "integrator", "operator", "developer", "viewer"],
                    )
                ),
                name="group_role_is_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="emaildomain",
            constraint=models.UniqueConstraint(
                fields=("tenant", "domain"), name="domain_is_once_per_tenant"
            ),
        ),
        migrations.AddConstraint(
            model_name="emaildomain",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("provider__isnull", True), ("verified_at__isnull", False), _connector="OR"
                ),
                name="domain_is_verified_before_it_leads_anywhere",
            ),
        ),
        migrations.AddConstraint(
            model_name="usedassertion",
            constraint=models.UniqueConstraint(
                fields=("tenant", "provider", "assertion"), name="assertion_is_used_once"
            ),
        ),
        ProtectTenantTable("IdentityProvider"),
        ProtectTenantTable("EmailDomain"),
        ProtectTenantTable("GroupRole"),
        ProtectTenantTable("Identity"),
        ProtectTenantTable("UsedAssertion"),
        migrations.RunSQL(ONE_COMPANY, UNDO),
    ]

"""Factors, remembered browsers and policies; whoever had an account keeps it, verified."""

from typing import Any

import django.core.validators
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import ekyam.ids
import ekyam.people.models.policy
from ekyam.tenants.rls import USER_IS_CURRENT, ProtectTenantTable, runtime_role

# Before a company is chosen, a person's own companies already say what they ask.
OWN_COMPANIES = """
CREATE POLICY own_companies ON people_signinpolicy FOR SELECT TO "{runtime}" USING (tenant_id IN (
    SELECT m.tenant_id FROM tenants_membership m WHERE {is_mine}))
"""


def show_own_companies(apps: Any, schema_editor: Any) -> None:
    is_mine = USER_IS_CURRENT.format(column="m.user_id")
    schema_editor.execute(OWN_COMPANIES.format(runtime=runtime_role(), is_mine=is_mine))


def hide_own_companies(apps: Any, schema_editor: Any) -> None:
    schema_editor.execute("DROP POLICY own_companies ON people_signinpolicy")


def verify_addresses(apps: Any, schema_editor: Any) -> None:
    """Up to now accounts were made by hand, for people whose address was known."""
    rows = apps.get_model("account", "EmailAddress").objects.using(schema_editor.connection.alias)
    for user in apps.get_model("tenants", "User").objects.using(schema_editor.connection.alias):
        rows.update_or_create(
            user=user, email=user.email, defaults={"verified": True, "primary": True}
        )


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("account", "0009_emailaddress_unique_primary_email"),
        ("tenants", "0002_renew_policies"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="MailedCode",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("digest", models.CharField(blank=True, max_length=64)),
                ("salt", models.CharField(blank=True, max_length=32)),
                ("expires_at", models.DateTimeField(null=True)),
                ("tries_left", models.PositiveSmallIntegerField(default=0)),
                ("sent_at", models.JSONField(default=list)),
                (
                    "user",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="mailed_code",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "abstract": False,
            },
        ),
        migrations.CreateModel(
            name="Passkey",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "name",
                    models.CharField(
                        help_text="The human-readable name of this device.", max_length=64
                    ),
                ),
                (
                    "confirmed",
                    models.BooleanField(default=True, help_text="Is this device ready for use?"),
                ),
                ("key", models.UUIDField(default=ekyam.ids.new, editable=False, unique=True)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("last_used_at", models.DateTimeField(null=True)),
                ("credential_id", models.BinaryField()),
                ("credential_digest", models.CharField(max_length=64, unique=True)),
                ("public_key", models.BinaryField()),
                ("sign_count", models.BigIntegerField(default=0)),
                ("transports", models.JSONField(default=list)),
                (
                    "user",
                    models.ForeignKey(
                        help_text="The user that this device belongs to.",
                        on_delete=django.db.models.deletion.CASCADE,
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "abstract": False,
            },
        ),
        migrations.CreateModel(
            name="RecoverySheet",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "name",
                    models.CharField(
                        help_text="The human-readable name of this device.", max_length=64
                    ),
                ),
                (
                    "confirmed",
                    models.BooleanField(default=True, help_text="Is this device ready for use?"),
                ),
                ("key", models.UUIDField(default=ekyam.ids.new, editable=False, unique=True)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("last_used_at", models.DateTimeField(null=True)),
                (
                    "user",
                    models.ForeignKey(
                        help_text="The user that this device belongs to.",
                        on_delete=django.db.models.deletion.CASCADE,
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="RecoveryCode",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("digest", models.CharField(max_length=64)),
                (
                    "sheet",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="codes",
                        to="people.recoverysheet",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="RememberedBrowser",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "name",
                    models.CharField(
                        help_text="The human-readable name of this device.", max_length=64
                    ),
                ),
                (
                    "confirmed",
                    models.BooleanField(default=True, help_text="Is this device ready for use?"),
                ),
                ("key", models.UUIDField(default=ekyam.ids.new, editable=False, unique=True)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("last_used_at", models.DateTimeField(null=True)),
                ("digest", models.CharField(max_length=64, unique=True)),
                ("bound_to", models.CharField(max_length=64)),
                ("expires_at", models.DateTimeField()),
                ("address", models.CharField(blank=True, max_length=45)),
                (
                    "user",
                    models.ForeignKey(
                        help_text="The user that this device belongs to.",
                        on_delete=django.db.models.deletion.CASCADE,
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "abstract": False,
            },
        ),
        migrations.CreateModel(
            name="SignInPolicy",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=ekyam.ids.new, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("requires_second_factor", models.BooleanField(default=False)),
                (
                    "remembered_days",
                    models.PositiveSmallIntegerField(
                        default=30, validators=[django.core.validators.MaxValueValidator(90)]
                    ),
                ),
                (
                    "idle_minutes",
                    models.PositiveIntegerField(
                        default=ekyam.people.models.policy.idle_minutes,
                        validators=[
                            django.core.validators.MinValueValidator(5),
                            django.core.validators.MaxValueValidator(10080),
                        ],
                    ),
                ),
                (
                    "absolute_hours",
                    models.PositiveIntegerField(
                        default=ekyam.people.models.policy.absolute_hours,
                        validators=[
                            django.core.validators.MinValueValidator(1),
                            django.core.validators.MaxValueValidator(720),
                        ],
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
                "verbose_name_plural": "sign-in policies",
            },
        ),
        migrations.CreateModel(
            name="TotpFactor",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "name",
                    models.CharField(
                        help_text="The human-readable name of this device.", max_length=64
                    ),
                ),
                (
                    "confirmed",
                    models.BooleanField(default=True, help_text="Is this device ready for use?"),
                ),
                ("key", models.UUIDField(default=ekyam.ids.new, editable=False, unique=True)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("last_used_at", models.DateTimeField(null=True)),
                ("secret", models.BinaryField()),
                ("last_step", models.BigIntegerField(default=0)),
                (
                    "user",
                    models.ForeignKey(
                        help_text="The user that this device belongs to.",
                        on_delete=django.db.models.deletion.CASCADE,
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "abstract": False,
            },
        ),
        migrations.CreateModel(
            name="PhoneFactor",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "name",
                    models.CharField(
                        help_text="The human-readable name of this device.", max_length=64
                    ),
                ),
                (
                    "confirmed",
                    models.BooleanField(default=True, help_text="Is this device ready for use?"),
                ),
                ("key", models.UUIDField(default=ekyam.ids.new, editable=False, unique=True)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("last_used_at", models.DateTimeField(null=True)),
                ("digest", models.CharField(blank=True, max_length=64)),
                ("salt", models.CharField(blank=True, max_length=32)),
                ("expires_at", models.DateTimeField(null=True)),
                ("tries_left", models.PositiveSmallIntegerField(default=0)),
                ("sent_at", models.JSONField(default=list)),
                ("number", models.CharField(max_length=16)),
                (
                    "user",
                    models.ForeignKey(
                        help_text="The user that this device belongs to.",
                        on_delete=django.db.models.deletion.CASCADE,
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("confirmed", True)),
                        fields=("user",),
                        name="phone_is_one_per_person",
                    )
                ],
            },
        ),
        migrations.AddConstraint(
            model_name="recoverysheet",
            constraint=models.UniqueConstraint(
                fields=("user",), name="recovery_sheet_is_one_per_person"
            ),
        ),
        migrations.AddConstraint(
            model_name="recoverycode",
            constraint=models.UniqueConstraint(
                fields=("sheet", "digest"), name="recovery_code_is_one"
            ),
        ),
        migrations.AddConstraint(
            model_name="signinpolicy",
            constraint=models.UniqueConstraint(
                fields=("tenant",), name="sign_in_policy_is_one_per_tenant"
            ),
        ),
        migrations.AddConstraint(
            model_name="signinpolicy",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("remembered_days__lte", 90),
                    ("idle_minutes__gte", 5),
                    ("absolute_hours__gte", 1),
                ),
                name="sign_in_policy_is_sensible",
            ),
        ),
        ProtectTenantTable("SignInPolicy"),
        migrations.RunPython(show_own_companies, hide_own_companies),
        migrations.RunPython(verify_addresses, migrations.RunPython.noop),
    ]

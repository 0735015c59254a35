"""Keys, applications with their secrets, and what signs their tokens."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import ekyam.ids
import ekyam.tenants.rows
from ekyam.tenants.rls import ProtectTenantTable


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("tenants", "0002_renew_policies"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="SigningKey",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=ekyam.ids.new, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("kid", models.CharField(max_length=64, unique=True)),
                ("public", models.JSONField()),
                ("private_pem", models.BinaryField()),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("signs_from", models.DateTimeField()),
                ("ends_at", models.DateTimeField(null=True)),
            ],
            options={
                "abstract": False,
            },
        ),
        migrations.CreateModel(
            name="Application",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=ekyam.ids.new, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("name", models.CharField(max_length=100)),
                ("rights", models.JSONField(default=list)),
                ("redirects", models.JSONField(default=list)),
                ("asks", models.BooleanField(default=True)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("revoked_at", models.DateTimeField(null=True)),
                ("last_used_at", models.DateTimeField(null=True)),
                ("last_used_from", models.CharField(blank=True, max_length=45)),
                (
                    "maker",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
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
        ),
        migrations.CreateModel(
            name="ApplicationSecret",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=ekyam.ids.new, editable=False, primary_key=True, serialize=False
                    ),
                ),
                (
                    "prefix_of_secret",
                    models.CharField(db_index=True, editable=False, max_length=12),
                ),
                ("digest", models.CharField(editable=False, max_length=64)),
                ("slot", models.PositiveSmallIntegerField()),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("expires_at", models.DateTimeField()),
                ("revoked_at", models.DateTimeField(null=True)),
                (
                    "application",
                    ekyam.tenants.rows.TenantForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="secrets",
                        to="keys.application",
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
            name="ApiKey",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=ekyam.ids.new, editable=False, primary_key=True, serialize=False
                    ),
                ),
                (
                    "prefix_of_secret",
                    models.CharField(db_index=True, editable=False, max_length=12),
                ),
                ("digest", models.CharField(editable=False, max_length=64)),
                ("slot", models.PositiveSmallIntegerField()),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("expires_at", models.DateTimeField()),
                ("revoked_at", models.DateTimeField(null=True)),
                ("name", models.CharField(max_length=120)),
                ("rights", models.JSONField()),
                ("last_used_at", models.DateTimeField(null=True)),
                ("last_used_from", models.CharField(blank=True, max_length=45)),
                (
                    "maker",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
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
                        condition=models.Q(("revoked_at", None)),
                        fields=("tenant", "name", "slot"),
                        name="key_is_live_twice_at_most",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("slot__lt", 2)), name="key_slot_is_known"
                    ),
                ],
            },
        ),
        migrations.AddConstraint(
            model_name="application",
            constraint=models.UniqueConstraint(
                condition=models.Q(("revoked_at", None)),
                fields=("tenant", "name"),
                name="application_name_is_one",
            ),
        ),
        migrations.AddConstraint(
            model_name="applicationsecret",
            constraint=models.UniqueConstraint(
                condition=models.Q(("revoked_at", None)),
                fields=("tenant", "application", "slot"),
                name="secret_is_live_twice_at_most",
            ),
        ),
        migrations.AddConstraint(
            model_name="applicationsecret",
            constraint=models.CheckConstraint(
                condition=models.Q(("slot__lt", 2)), name="secret_slot_is_known"
            ),
        ),
        ProtectTenantTable("ApiKey"),
        ProtectTenantTable("Application"),
        ProtectTenantTable("ApplicationSecret"),
    ]

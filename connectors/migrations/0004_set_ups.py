import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import ekyam.ids
import ekyam.tenants.rows
from ekyam.tenants.rls import ProtectTenantTable


class Migration(migrations.Migration):
    dependencies = [
        ("connectors", "0003_health_of_connections"),
        ("tenants", "0002_renew_policies"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="SetUp",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=ekyam.ids.new, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("connector", models.SlugField(max_length=60)),
                ("uses", models.JSONField(default=list)),
                ("agreed", models.JSONField(default=list)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("ended_at", models.DateTimeField(null=True)),
                ("is_discarded", models.BooleanField(default=False)),
                (
                    "begun_by",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "connection",
                    ekyam.tenants.rows.TenantForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to="connectors.connection",
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
                "indexes": [
                    models.Index(
                        condition=models.Q(("ended_at", None)),
                        fields=["tenant", "created_at"],
                        name="set_up_not_ended",
                    ),
                    models.Index(fields=["connection"], name="set_up_of_connection"),
                ],
            },
        ),
        ProtectTenantTable("SetUp"),
    ]

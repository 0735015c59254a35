"""The light of every flow asks for its last success: one step in an index, not a walk."""

import django.db.models.deletion
from django.db import migrations, models

import ekyam.tenants.rows


class Migration(migrations.Migration):
    dependencies = [
        ("connectors", "0001_initial"),
        ("flows", "0001_initial"),
        ("tenants", "0001_initial"),
    ]

    operations = [
        migrations.AlterField(
            model_name="delivery",
            name="flow",
            field=ekyam.tenants.rows.TenantForeignKey(
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="deliveries",
                to="flows.flow",
            ),
        ),
        migrations.AddIndex(
            model_name="delivery",
            index=models.Index(
                condition=models.Q(("state__in", ["succeeded", "unchanged"])),
                fields=["flow", "-sequence"],
                name="delivery_done_by_flow",
            ),
        ),
    ]

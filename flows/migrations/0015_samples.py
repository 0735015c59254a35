from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("flows", "0014_mend_dead_letters"),
    ]

    operations = [
        migrations.AlterField(
            model_name="event",
            name="origin",
            field=models.CharField(
                choices=[
                    ("webhook", "Webhook"),
                    ("poll", "Poll"),
                    ("sync", "Sync"),
                    ("manual", "Manual"),
                    ("replay", "Replay"),
                    ("sample", "Sample"),
                ],
                max_length=10,
            ),
        ),
        migrations.AlterField(
            model_name="run",
            name="origin",
            field=models.CharField(
                choices=[
                    ("webhook", "Webhook"),
                    ("poll", "Poll"),
                    ("sync", "Sync"),
                    ("manual", "Manual"),
                    ("replay", "Replay"),
                    ("sample", "Sample"),
                ],
                max_length=10,
            ),
        ),
    ]

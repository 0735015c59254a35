from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("flows", "0015_samples"),
    ]

    operations = [
        migrations.AddConstraint(
            model_name="flow",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("is_on", False),
                    models.Q(("stream", ""), ("action", ""), _connector="OR", _negated=True),
                    _connector="OR",
                ),
                name="flow_half_is_never_on",
            ),
        ),
    ]

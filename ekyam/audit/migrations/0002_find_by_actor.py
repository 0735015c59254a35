"""Who did it can be looked for by an index; emptying the table is refused like deleting."""

from django.db import migrations, models

TRIGGER = """
CREATE TRIGGER never_emptied BEFORE TRUNCATE ON audit_auditentry
    FOR EACH STATEMENT EXECUTE FUNCTION audit_is_only_added_to();
"""
UNDO = "DROP TRIGGER never_emptied ON audit_auditentry;"


class Migration(migrations.Migration):
    dependencies = [("audit", "0001_initial")]

    operations = [
        migrations.AddIndex(
            "auditentry",
            models.Index(fields=["tenant", "actor_id", "-number"], name="audit_by_actor"),
        ),
        migrations.RunSQL(TRIGGER, UNDO),
    ]

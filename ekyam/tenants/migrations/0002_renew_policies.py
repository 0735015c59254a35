from django.db import migrations

from ekyam.tenants.rls import RenewTenantPolicies


class Migration(migrations.Migration):
    dependencies = [("tenants", "0001_initial")]

    operations = [RenewTenantPolicies("Membership", visible_to_user="user_id")]

"""Orders are only added: what somebody decided, and why, stays as it was written."""

from django.db import migrations

from core.database.rights import revoke


class Migration(migrations.Migration):
    dependencies = [("switches", "0001_initial")]

    operations = [revoke("switches_switchorder", "UPDATE", "DELETE", "TRUNCATE")]

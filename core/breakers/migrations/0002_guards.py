"""Orders are only added: what somebody decided, and why, stays as it was written."""

from django.db import migrations

from core.database.rights import revoke


class Migration(migrations.Migration):
    dependencies = [("breakers", "0001_initial")]

    operations = [revoke("breakers_order", "UPDATE", "DELETE", "TRUNCATE")]

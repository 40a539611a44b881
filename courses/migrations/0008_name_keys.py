"""Keys by which names are found without being opened; those of rows that are there follow in the next step."""

from django.contrib.postgres.fields import ArrayField
from django.db import migrations, models


def name_keys(model: str) -> migrations.AddField:
    field = ArrayField(models.IntegerField(), db_default=[], default=list, editable=False)
    return migrations.AddField(model_name=model, name="name_keys", field=field)


class Migration(migrations.Migration):
    dependencies = [("courses", "0007_move_guards")]

    operations = [name_keys("attendee"), name_keys("customer")]

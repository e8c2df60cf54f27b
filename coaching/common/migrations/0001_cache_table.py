"""The table behind Django's database cache (rate limits, log-in codes)."""

from django.core.management import call_command
from django.db import migrations


def forwards(apps, editor):
    call_command("createcachetable", database=editor.connection.alias, verbosity=0)


class Migration(migrations.Migration):
    dependencies = []
    operations = [migrations.RunPython(forwards, migrations.RunPython.noop)]

"""Who agreed for a minor. SQLite makes the table anew, and with the old one goes its trigger."""

from importlib import import_module

from django.db import migrations, models

trigger = import_module("coaching.accounts.migrations.0002_consents_are_only_added")


def guard_again(apps, editor):
    if editor.connection.vendor == "sqlite":
        editor.execute("DROP TRIGGER IF EXISTS consent_is_append_only")
        editor.execute(trigger.SQLITE)


class Migration(migrations.Migration):
    dependencies = [("accounts", "0002_consents_are_only_added")]
    operations = [
        migrations.RunPython(migrations.RunPython.noop, guard_again),
        migrations.AddField(
            model_name="consent",
            name="given_by",
            field=models.CharField(
                blank=True,
                help_text="The parent or guardian who agreed for a minor",
                max_length=120,
            ),
        ),
        migrations.RunPython(guard_again, migrations.RunPython.noop),
    ]

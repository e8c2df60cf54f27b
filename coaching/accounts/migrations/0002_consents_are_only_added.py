"""Consents are only ever added to: the database itself refuses to change one."""

from django.db import migrations

SQLITE = """
CREATE TRIGGER consent_is_append_only BEFORE UPDATE ON accounts_consent
BEGIN SELECT RAISE(ABORT, 'consents are only ever added to'); END;
"""
POSTGRES = """
CREATE FUNCTION consent_is_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN RAISE EXCEPTION 'consents are only ever added to'; END $$;
CREATE TRIGGER consent_is_append_only BEFORE UPDATE ON accounts_consent
FOR EACH ROW EXECUTE FUNCTION consent_is_append_only();
"""


def forwards(apps, editor):
    editor.execute(SQLITE if editor.connection.vendor == "sqlite" else POSTGRES)


def backwards(apps, editor):
    if editor.connection.vendor == "sqlite":
        editor.execute("DROP TRIGGER consent_is_append_only")
    else:
        editor.execute("DROP TRIGGER consent_is_append_only ON accounts_consent")
        editor.execute("DROP FUNCTION consent_is_append_only()")


class Migration(migrations.Migration):
    dependencies = [("accounts", "0001_initial")]
    operations = [migrations.RunPython(forwards, backwards)]

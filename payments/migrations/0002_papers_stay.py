"""A paper that was issued is never changed and never deleted: the database itself refuses."""

from django.db import migrations

SQLITE = [
    f"CREATE TRIGGER receipt_stays_on_{act.lower()} BEFORE {act} ON payments_receipt "
    "BEGIN SELECT RAISE(ABORT, 'a paper that was issued stays as it is'); END"
    for act in ("UPDATE", "DELETE")
]
POSTGRES = [
    """CREATE FUNCTION receipt_stays() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN RAISE EXCEPTION 'a paper that was issued stays as it is'; END $$""",
    """CREATE TRIGGER receipt_stays BEFORE UPDATE OR DELETE ON payments_receipt
    FOR EACH ROW EXECUTE FUNCTION receipt_stays()""",
]
NO_MORE = {
    "sqlite": [
        "DROP TRIGGER receipt_stays_on_update",
        "DROP TRIGGER receipt_stays_on_delete",
    ],
    "postgresql": [
        "DROP TRIGGER receipt_stays ON payments_receipt",
        "DROP FUNCTION receipt_stays()",
    ],
}


def forwards(apps, editor):
    for statement in SQLITE if editor.connection.vendor == "sqlite" else POSTGRES:
        editor.execute(statement)


def backwards(apps, editor):
    for statement in NO_MORE[editor.connection.vendor]:
        editor.execute(statement)


class Migration(migrations.Migration):
    dependencies = [("payments", "0001_initial")]
    operations = [migrations.RunPython(forwards, backwards)]

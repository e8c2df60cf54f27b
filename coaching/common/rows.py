"""New rows in few round trips, for the one path that a flood goes through.

Django's ORM asks for each row's id and waits for the answer; three rows of an enquiry need none.
"""

import threading
from contextlib import contextmanager
from functools import cache

from django.db import connection
from django.db.models import AutoField

_turn = threading.Lock()


@contextmanager
def in_turn():
    """Let the writers of this process wait in line where the database takes one at a time.

    SQLite's own waiting is sleeping and asking again, which a crowd of threads pays dearly. Not
    within a transaction: that one has its turn already.
    """
    if connection.vendor != "sqlite" or connection.in_atomic_block:
        yield
        return
    with _turn:
        yield


@contextmanager
def together():
    """Send the statements within one after the other; wait only where an answer is read.

    Postgres' pipeline; nothing changes on SQLite, which answers at once. For use inside a
    transaction. Errors of statements that were not waited for are raised, as Django's own, by the
    next answer that is read, or at the end of the block; nothing within may catch one and go on.
    """
    if connection.vendor != "postgresql":
        yield
        return
    connection.ensure_connection()
    with connection.wrap_database_errors, connection.connection.pipeline():
        yield


def insert(*rows, or_leave=None):
    """Insert model instances of one model, without learning the ids that the database gives.

    `or_leave` names a unique column: a row that is there already is left as it is. Raises
    IntegrityError for any other conflict. No signals, no `save()`: what that derives is set by
    the caller.
    """
    fields, statement = _statement(type(rows[0]))
    values = [
        field.get_db_prep_save(field.pre_save(row, add=True), connection)
        for row in rows
        for field in fields
    ]
    one = f"({', '.join(['%s'] * len(fields))})"
    end = f" ON CONFLICT ({or_leave}) DO UPDATE SET {or_leave} = excluded.{or_leave}"
    with connection.cursor() as cursor:
        cursor.execute(statement + ", ".join([one] * len(rows)) + (end if or_leave else ""), values)


@cache
def _statement(model):
    fields = [f for f in model._meta.concrete_fields if not isinstance(f, AutoField)]
    table = connection.ops.quote_name(model._meta.db_table)
    columns = ", ".join(connection.ops.quote_name(field.column) for field in fields)
    return fields, f"INSERT INTO {table} ({columns}) VALUES "  # noqa: S608

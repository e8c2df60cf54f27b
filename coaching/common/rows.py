"""New rows in few round trips, for the one path that a flood goes through.

Django's ORM asks for each row's id and waits for the answer; five rows of an enquiry need none.
"""

from contextlib import contextmanager
from functools import cache

from django.db import DEFAULT_DB_ALIAS, connection, connections
from django.db.models import AutoField, CharField, ForeignKey, IntegerField, TextField


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
    end = f" ON CONFLICT ({or_leave}) DO UPDATE SET {or_leave} = excluded.{or_leave}"
    with connection.cursor() as cursor:
        cursor.execute(*_statement(rows, end if or_leave else ""))


def insert_one(row):
    """The same for one row, which learns the id that the database gives."""
    with connection.cursor() as cursor:
        cursor.execute(*_statement([row], " RETURNING id"))
        [(row.pk,)] = cursor.fetchall()
    row._state.adding = False


def _statement(rows, end):
    """Return the INSERT of all rows, and its parameters."""
    fields, start = _start(type(rows[0]))
    database = connections[DEFAULT_DB_ALIAS]  # `connection` would be looked up for every field
    values = [
        value
        if (value := field.pre_save(row, add=True)) is None or type(value) is plain
        else field.get_db_prep_save(value, database)
        for row in rows
        for field, plain in fields
    ]
    one = f"({', '.join(['%s'] * len(fields))})"
    return start + ", ".join([one] * len(rows)) + end, values


@cache
def _start(model):
    """Return the model's fields, each with the type that needs no preparing, and the beginning."""
    fields = [f for f in model._meta.concrete_fields if not isinstance(f, AutoField)]
    table = connection.ops.quote_name(model._meta.db_table)
    columns = ", ".join(connection.ops.quote_name(field.column) for field in fields)
    return [(f, _plain_type(f)) for f in fields], f"INSERT INTO {table} ({columns}) VALUES "  # noqa: S608


def _plain_type(field):
    if isinstance(field, CharField | TextField):
        return str
    return int if isinstance(field, IntegerField | ForeignKey) else None

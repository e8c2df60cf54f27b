"""Counting and searching that cost the same at a thousand rows and at a million."""

from contextlib import contextmanager

from django.db import connection
from django.db.models import Q

CAP = 1000


class AtLeast(int):
    """A count that stopped at the cap: computes as a number, reads as '1,000+'."""

    def __str__(self):
        return f"{int(self):,}+"


@contextmanager
def planned_anew():
    """Let Postgres plan each statement within for the very values it is asked with.

    A statement that is asked again and again is prepared, and in the end planned once for all
    values: the plan for a state that most rows have walks a million rows for one that few have.
    """
    if connection.vendor != "postgresql":
        yield
        return
    connection.ensure_connection()
    driver = connection.connection
    usual, driver.prepare_threshold = driver.prepare_threshold, None
    try:
        yield
    finally:
        driver.prepare_threshold = usual


def capped_count(rows):
    """Count a QuerySet up to CAP: at most CAP + 1 index entries are read."""
    with planned_anew():
        found = rows.order_by().values("pk")[: CAP + 1].count()
    return AtLeast(CAP) if found > CAP else found


def starts_with(field, text):
    """Return the Q for `field` beginning with `text` that an index of this database answers.

    SQLite's LIKE never uses an index here, so it gets a range; Postgres has its `_like` index.
    """
    if connection.vendor == "sqlite":
        return Q(**{f"{field}__gte": text, f"{field}__lt": text + "\U0010ffff"})
    return Q(**{f"{field}__startswith": text})

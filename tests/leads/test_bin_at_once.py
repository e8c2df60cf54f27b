"""Two people who bin at once, and a person who asks while they are being binned."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor

from django.db import connection
from django.db.models import QuerySet
from django.utils import timezone

from coaching.messaging import bulk
from leads import bin, services
from leads.models import Lead
from tests.leads.binning import a_bot, a_flood, ask, messages, status, throw_away


def at_once(*acts):
    """Run each in a thread with a connection of its own; return what they return."""

    def run(act):
        try:
            return act()
        finally:
            connection.close()

    with ThreadPoolExecutor(len(acts)) as pool:
        return list(pool.map(run, acts))


def bin_twice_at_once(count):
    a_flood(count)
    seen_at = timezone.now()
    return sum(at_once(*[lambda: bin.throw_away(Lead.objects.all(), seen_at)] * 2))


def test_two_people_who_bin_at_once_bin_everything_once(transactional_db, centre, monkeypatch):
    monkeypatch.setattr(bulk, "BATCH", 20)

    assert bin_twice_at_once(300) == 300
    assert messages() == [("cancelled", "not_a_person")] * 300


def test_control_without_locks_two_people_bin_the_same(transactional_db, centre, monkeypatch):
    monkeypatch.setattr(bulk, "BATCH", 20)
    monkeypatch.setattr(QuerySet, "select_for_update", lambda rows, **_: rows)

    assert bin_twice_at_once(300) > 300 or connection.vendor == "sqlite"  # one writer at a time


def a_person_asks_while_they_are_binned(monkeypatch):
    """The bin is asked for at the moment at which a person's own enquiry is half written."""
    lead, seen_at = a_bot(), timezone.now()
    is_half_written = threading.Event()
    add_rows = services._add_rows

    def slowly(*args):
        is_half_written.set()
        time.sleep(0.3)
        add_rows(*args)

    monkeypatch.setattr(services, "_add_rows", slowly)

    def bin_it():
        assert is_half_written.wait(5)
        return throw_away(lead, seen_at=seen_at)

    at_once(ask, bin_it)
    return lead


def test_a_person_who_asks_at_that_moment_is_not_binned(transactional_db, centre, monkeypatch):
    lead = a_person_asks_while_they_are_binned(monkeypatch)

    assert status(lead) == "new"
    assert messages() == [("pending", "")] * 2


def test_control_without_locks_they_are_lost_in_the_bin(transactional_db, centre, monkeypatch):
    monkeypatch.setattr(QuerySet, "select_for_update", lambda rows, **_: rows)

    lead = a_person_asks_while_they_are_binned(monkeypatch)

    assert status(lead) == "junk" or connection.vendor == "sqlite"

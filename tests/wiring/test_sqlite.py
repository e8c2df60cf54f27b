"""SQLite takes one writer at a time: the others stand in line, and none of them is turned away."""

import sqlite3
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager

import pytest
from django.db import ConnectionHandler
from django.db.utils import OperationalError

from coaching.common.sqlite import base

PATIENCE_SECONDS = 2
OTHERS_TURN_SECONDS = 0.5


@pytest.fixture(autouse=True)
def files_of_their_own(django_db_blocker):
    """None of these connections is that of the tests."""
    with django_db_blocker.unblock():
        yield


@pytest.fixture
def file(tmp_path):
    with closing(sqlite3.connect(tmp_path / "line.sqlite3")) as other:
        other.execute("PRAGMA journal_mode=WAL")
        other.execute("CREATE TABLE counted (times INTEGER)")
        other.execute("INSERT INTO counted VALUES (0)")
        other.commit()
    return tmp_path / "line.sqlite3"


@pytest.fixture
def connect(file):
    """Open a connection for the thread that asks."""

    def open_one(engine="coaching.common.sqlite", seconds=PATIENCE_SECONDS):
        options = {"transaction_mode": "IMMEDIATE", "timeout": seconds}
        databases = {"default": {"ENGINE": engine, "NAME": str(file), "OPTIONS": options}}
        connection = ConnectionHandler(databases)["default"]
        connection.connect()
        return connection

    return open_one


@contextmanager
def transaction(connection):
    connection.set_autocommit(False, force_begin_transaction_with_broken_autocommit=True)
    try:
        yield
        connection.commit()
    except BaseException:
        connection.rollback()
        raise
    finally:
        connection.autocommit = True  # as Django's atomic() does here


def count_once(connection):
    with connection.cursor() as cursor:
        cursor.execute("UPDATE counted SET times = times + 1")


def counted(file):
    with closing(sqlite3.connect(file)) as other:
        return other.execute("SELECT times FROM counted").fetchone()[0]


@contextmanager
def somebody_writes(file, seconds=OTHERS_TURN_SECONDS):
    """Another program has the file for a while."""
    other = sqlite3.connect(file, check_same_thread=False, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    timer = threading.Timer(seconds, other.rollback)
    timer.start()
    yield
    timer.join()
    other.close()


@pytest.mark.parametrize("within_a_transaction", [True, False])
def test_a_writer_waits_for_another_program(file, connect, within_a_transaction):
    connection = connect()

    with somebody_writes(file):
        began = time.monotonic()
        if within_a_transaction:
            with transaction(connection):
                count_once(connection)
        else:
            count_once(connection)
        waited = time.monotonic() - began

    assert counted(file) == 1
    assert OTHERS_TURN_SECONDS * 0.8 < waited < OTHERS_TURN_SECONDS + 0.5


def test_without_the_line_a_writer_in_no_hurry_to_wait_is_turned_away(file, connect):
    connection = connect("django.db.backends.sqlite3", seconds=0)

    with somebody_writes(file), pytest.raises(OperationalError, match="locked"):
        count_once(connection)


def test_a_writer_whose_patience_ends_is_told_and_holds_up_nobody_after_it(file, connect):
    connection = connect(seconds=0.2)

    with (
        somebody_writes(file),
        pytest.raises(OperationalError, match="locked"),
        transaction(connection),
    ):
        count_once(connection)
    with transaction(connection):
        count_once(connection)

    assert counted(file) == 1


def test_a_thread_waits_for_another_and_is_told_when_its_patience_ends(file, connect):
    def write():
        with transaction(connect(seconds=0.2)):
            pass

    with transaction(connect()), ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(write)

        with pytest.raises(OperationalError, match="locked by another thread"):
            waiting.result()


def test_waiting_for_a_thread_and_then_for_a_program_is_one_patience(file, connect):
    def write():
        began = time.monotonic()
        with pytest.raises(OperationalError, match="locked"), transaction(connect(seconds=1)):
            pass
        return time.monotonic() - began

    with ThreadPoolExecutor(1) as pool, somebody_writes(file, seconds=2):
        with base._line:  # another thread is first
            waiting = pool.submit(write)
            time.sleep(0.7)
        waited = waiting.result()

    assert 0.9 < waited < 1.4


def test_what_can_never_succeed_is_told_at_once(file, connect):
    """It has read half of what another has changed since: no waiting makes that right."""
    connection = connect()
    reader = connection.cursor()
    with closing(sqlite3.connect(file, isolation_level=None)) as other:
        other.execute("INSERT INTO counted VALUES (1), (2)")
        reader.execute("SELECT times FROM counted")
        reader.fetchone()
        other.execute("INSERT INTO counted VALUES (3)")
    began = time.monotonic()

    with pytest.raises(OperationalError):
        count_once(connection)

    assert time.monotonic() - began < 0.5


def test_a_transaction_that_breaks_off_or_is_closed_leaves_the_line(file, connect):
    broken, closed, next_one = connect(), connect(), connect(seconds=0.2)

    with pytest.raises(ZeroDivisionError), transaction(broken):
        count_once(broken)
        1 / 0  # noqa: B018
    closed.set_autocommit(False, force_begin_transaction_with_broken_autocommit=True)
    count_once(closed)
    closed._close()
    with transaction(next_one):
        count_once(next_one)

    assert counted(file) == 1


def test_a_crowd_of_threads_is_counted_to_the_last(file, connect):
    def write_often(_):
        connection = connect(seconds=20)
        for _ in range(25):
            with transaction(connection):
                count_once(connection)

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(write_often, range(8)))

    assert counted(file) == 8 * 25

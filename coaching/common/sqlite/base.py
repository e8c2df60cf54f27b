"""Django's SQLite backend, with a line for those who want to write.

SQLite takes one writer at a time, and its own waiting is sleeping and asking again, longer each
time: a crowd leaves the file idle, and the unlucky wait for seconds. Here the threads of a process
stand in line for its transactions, and only the first of each process asks, each millisecond.
"""

import sqlite3
import threading
import time
from contextlib import closing

from django.db.backends.sqlite3 import base
from django.db.utils import OperationalError

ASK_AGAIN_SECONDS = 0.001

_line = threading.Lock()


class DatabaseWrapper(base.DatabaseWrapper):
    is_first_in_line = False

    def get_connection_params(self):
        params = super().get_connection_params()
        self.patience_seconds = params["timeout"]
        return params

    def get_new_connection(self, conn_params):
        connection = super().get_new_connection(conn_params)
        connection.execute("PRAGMA busy_timeout = 0")  # from here on the waiting is ours
        return connection

    def create_cursor(self, name=None):
        cursor = self.connection.cursor(factory=PatientCursor)
        cursor.patience_seconds = self.patience_seconds
        return cursor

    def _start_transaction_under_autocommit(self):
        ends = time.monotonic() + self.patience_seconds
        if not _line.acquire(timeout=self.patience_seconds):
            raise OperationalError("database is locked by another thread")
        self.is_first_in_line = True
        try:
            with self.wrap_database_errors, closing(self.create_cursor()) as cursor:
                cursor.ask_until(ends, f"BEGIN {self.transaction_mode}")
        except BaseException:
            self._leave_the_line()
            raise

    def _commit(self):
        super()._commit()
        self._leave_the_line()

    def _rollback(self):
        try:
            super()._rollback()
        finally:
            self._leave_the_line()

    def _close(self):
        try:
            super()._close()
        finally:
            self._leave_the_line()

    def _leave_the_line(self):
        if self.is_first_in_line:
            self.is_first_in_line = False
            _line.release()


class PatientCursor(base.SQLiteCursorWrapper):
    """Asks again while another writes. Within a transaction nobody else does.

    Not for `executemany`, of which a part may be written already.
    """

    def execute(self, query, params=None):
        try:
            return super().execute(query, params)
        except sqlite3.OperationalError as error:
            if not is_busy(error) or self.connection.in_transaction:
                raise
        return self.ask_until(time.monotonic() + self.patience_seconds, query, params)

    def ask_until(self, ends, query, params=None):
        while True:
            try:
                return super().execute(query, params)
            except sqlite3.OperationalError as error:
                if not is_busy(error) or time.monotonic() > ends:
                    raise
            time.sleep(ASK_AGAIN_SECONDS)


def is_busy(error):
    """Another writes, or recovers the file. A snapshot of ours that is too old stays so."""
    return error.sqlite_errorcode in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_BUSY_RECOVERY)

"""A server that is killed says goodbye; one that is frozen says nothing, and no time-out of the
server's own runs then. So the waiting ends on our side, and with it the connection."""

import select
import time

import psycopg
from django.db.backends.postgresql import base
from psycopg.pq import TransactionStatus

from coaching.common.postgres import patience

LONG_SECONDS = 30


class PatientConnection(psycopg.Connection):
    def wait(self, gen, interval=0.1, timeout=None):
        limit = patience.get()
        if limit is None:
            return super().wait(gen, interval, timeout)
        try:
            return super().wait(gen, interval, timeout or limit.seconds)
        except psycopg.OperationalError:
            if self.pgconn.transaction_status == TransactionStatus.ACTIVE:
                self.pgconn.finish()  # a late answer must not meet the next question
                limit.is_over = True
            raise


def has_something_to_read(connection):
    poll = select.poll()
    poll.register(connection.fileno(), select.POLLIN)
    return bool(poll.poll(0))


class DatabaseWrapper(base.DatabaseWrapper):
    looked_at = 0  # by the clock of this process

    def is_usable(self):
        """Ask the server after a while of silence, or where it has said something.

        Once for each page, so that no page pays for the last one's outage. A question would cost a
        tenth of an enquiry, and a server that ends a connection says so unasked. What lies between
        (a balancer, a router) forgets in silence, but only what has been quiet for long.
        """
        now = time.monotonic()
        silence, self.looked_at = now - self.looked_at, now
        if silence > LONG_SECONDS or self.errors_occurred or self.connection.closed:
            return super().is_usable()
        return not has_something_to_read(self.connection) or super().is_usable()

    def get_new_connection(self, conn_params):
        limit = patience.get()
        if limit and limit.is_over:
            raise psycopg.OperationalError("The database left this request without an answer.")
        try:
            connection = super().get_new_connection(conn_params)
        except psycopg.OperationalError:
            if limit:
                limit.is_over = True  # whoever would try again only keeps the visitor waiting
            raise
        connection.__class__ = PatientConnection  # from a pool or not
        return connection

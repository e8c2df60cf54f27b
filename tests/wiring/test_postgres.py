"""Whether a kept connection lives is seen at its socket; after a long silence it is asked.

Not collected on SQLite, which has no connections that could die.
"""

import contextlib
import socket
import threading

import pytest
from django.db import ConnectionHandler, connection
from django.db.utils import OperationalError

from coaching.common.postgres import base


class Forgetful:
    """What stands between us and a server, and forgets connections without a word."""

    def __init__(self, folder, server):
        self.folder, self.server, self.has_forgotten = folder, server, set()
        self.lines = []
        self.door = socket.socket(socket.AF_UNIX)
        self.door.bind(str(folder / ".s.PGSQL.5432"))
        self.door.listen()
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self):
        with contextlib.suppress(OSError):  # the test is over
            while True:
                near, far = self.door.accept()[0], socket.socket(socket.AF_UNIX)
                far.connect(self.server)
                self.lines.append(near)
                threading.Thread(target=self._pass, args=(near, far), daemon=True).start()
                threading.Thread(target=self._pass, args=(far, near), daemon=True).start()

    def _pass(self, one, other):
        with contextlib.suppress(OSError):
            while (text := one.recv(65536)) and one not in self.has_forgotten:
                other.sendall(text)
        one.close()
        other.close()

    def forget(self):
        self.has_forgotten.update(self.lines)


@pytest.fixture
def between(tmp_path, django_db_blocker, db):
    socket_of_server = f"{connection.settings_dict['HOST']}/.s.PGSQL.5432"
    proxy = Forgetful(tmp_path, socket_of_server)
    settings = {**connection.settings_dict, "HOST": str(tmp_path), "CONN_HEALTH_CHECKS": True}
    proxy.connection = ConnectionHandler({"default": settings})["default"]
    yield proxy
    proxy.connection.close()
    proxy.door.close()


def a_page(connection):
    """What Django does around each request, and one question of the page's own."""
    connection.close_if_unusable_or_obsolete()
    connection.health_check_done = False
    with connection.cursor() as cursor:
        cursor.execute("SELECT 2")
        return cursor.fetchone()[0]


def test_a_connection_that_was_forgotten_in_a_long_silence_costs_no_page(between, monkeypatch):
    monkeypatch.setattr(base, "LONG_SECONDS", 0)  # as if it had been quiet for long
    a_page(between.connection)

    between.forget()

    assert a_page(between.connection) == 2


def test_control_without_asking_the_page_breaks(between, monkeypatch):
    monkeypatch.setattr(base, "LONG_SECONDS", float("inf"))
    a_page(between.connection)

    between.forget()

    with pytest.raises(OperationalError):
        a_page(between.connection)

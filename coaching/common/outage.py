"""The database is away: people and programs are told so with a 503, and never with a 500.

Django makes an error into a 500 at each middleware that it leaves, so a guard around them all
would see no error. `to_the_guard` sends this one kind of error on to the guard instead, before
any page is made of it; that page would ask the database again.
"""

import sys

import structlog
from django.core.signals import got_request_exception
from django.db import InterfaceError, OperationalError, connection
from django.http import HttpResponse, JsonResponse
from django.template.loader import render_to_string
from django.views.decorators.cache import add_never_cache_headers

from coaching.common.http import is_for_programs
from coaching.common.postgres import Patience, patience

log_event = structlog.get_logger(__name__)

PATIENCE_SECONDS = 5  # of a page; a connection has its own connect_timeout
RETRY_AFTER_SECONDS = 60


def is_away(error):
    """Whether the database cannot work now. What is wrong with our own SQL is another matter.

    SQLite says 'operational' to bad SQL, too; Postgres' driver says 'interface' once the
    connection was lost in the middle of a transaction.
    """
    if isinstance(error, InterfaceError):
        lost = connection.connection is None or connection.connection.closed
        return connection.vendor == "postgresql" and bool(lost)
    bad_sql = getattr(error.__cause__, "sqlite_errorname", "") == "SQLITE_ERROR"
    return isinstance(error, OperationalError) and not bad_sql


def to_the_guard(sender, **_):
    if is_away(sys.exc_info()[1]):
        raise  # noqa: PLE0704 - Django calls this while it handles the error


def connect():
    """Listen before anybody who would ask the database who the user was."""
    got_request_exception.connect(to_the_guard)


class HonestOutage:
    """The guard: outside of every middleware that asks the database."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        waiting = patience.set(Patience(PATIENCE_SECONDS))
        try:
            return self.get_response(request)
        except (OperationalError, InterfaceError) as error:
            if not is_away(error):
                raise
            log_event.error("database_away", path=request.path, why=str(error)[:200])
            return sorry(request)
        finally:
            patience.reset(waiting)


def sorry(request):
    """Return the 503 that needs no database: JSON for programs, a page for people."""
    if is_for_programs(request):
        detail = "The database is not available. Please send this again in a minute."
        response = JsonResponse({"detail": detail}, status=503)
    else:
        response = HttpResponse(render_to_string("503.html"), status=503)
    response["Retry-After"] = str(RETRY_AFTER_SECONDS)
    add_never_cache_headers(response)
    return response

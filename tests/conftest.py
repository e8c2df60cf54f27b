"""Fixtures of the whole suite: the sandbox as a process, the product as a live server, a centre."""

import os
import subprocess
import sys
import threading
import time
from datetime import timedelta

import httpx
import pytest
from django.conf import settings
from django.core.management import call_command
from django.core.signals import request_finished, request_started
from django.db import connection

from coaching.common import remember
from tests.environment import FOLDER, PORT

requests_under_way = set()


@request_started.connect
def _begun(sender, **_):
    requests_under_way.add(threading.get_ident())


@request_finished.connect
def _ended(sender, **_):
    requests_under_way.discard(threading.get_ident())


def let_the_server_settle():
    """Wait for callbacks that were under way, before the database is emptied under them.

    Not for this thread's own: a client that leaves an answer unread never ends its request.
    """
    requests_under_way.discard(threading.get_ident())
    quiet = 0
    while quiet < 4:
        quiet = 0 if requests_under_way else quiet + 1
        time.sleep(0.015)


class Sandbox:
    """The stand-in for the providers, seen through its control API."""

    def __init__(self, url):
        self.url = url
        self.http = httpx.Client(base_url=url, timeout=20)

    def control(self, path, body=None, method="POST"):
        answer = self.http.request(method, f"/control/{path}", json=body)
        answer.raise_for_status()
        return answer.json() if answer.content else None

    def log(self, kind, **query):
        answer = self.http.get("/control/log", params={"kind": kind, **query})
        answer.raise_for_status()
        return answer.json()

    def messages(self, to=None):
        """What arrived as WhatsApp messages and was accepted, oldest first."""
        return self._accepted("message", to)

    def calls(self, to=None):
        return self._accepted("call", to)

    def requests(self):
        """Every request for a message or a call, accepted or not."""
        return self.log("message") + self.log("call")

    def mails(self, to=None):
        """Mails as they arrived, newest first, taken apart."""
        return self.http.get("/control/mails", params={"to": to} if to else {}).json()

    def transcript(self, sid):
        return self.http.get(f"/control/calls/{sid}").json()

    def text(self, sid):
        """The words of a message as the person reads them."""
        path = f"/2010-04-01/Accounts/{settings.TWILIO_ACCOUNT_SID}/Messages/{sid}.json"
        login = (settings.TWILIO_ACCOUNT_SID, settings.TWILIO_AUTH_TOKEN)
        return self.http.get(path, auth=login).json()["body"]

    def _accepted(self, kind, to):
        rows = self.log(kind, **({"to": to} if to else {}))
        return [row for row in rows if row["accepted"] and row["direction"] != "inbound"]

    def misbehave(self, target, what, *, times=1, **more):
        self.control("faults", [{"target": target, "what": what, "times": times, **more}])

    def behave(self, **settings):
        self.control("behaviour", settings)

    def phone(self, number, **settings):
        self.control(f"phones/{number}", settings)

    def writes(self, number, body):
        """The person writes to us on WhatsApp."""
        self.control(f"phones/{number}/whatsapp", {"body": body})

    def in_call(self, number, sid, **what):
        """Answer, press a key, hang up; whether it had any effect."""
        return self.control(f"phones/{number}/calls/{sid}", what)["heard"]


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup, django_db_blocker):
    """Empty the tables after a test quickly, and in spite of the trigger that keeps the papers.

    Postgres makes new files for every table that it truncates, empty or not; deleting what few
    rows there are, with all triggers off, takes a hundredth of that.
    """
    with django_db_blocker.unblock():
        if connection.vendor == "sqlite":
            with connection.cursor() as cursor:
                cursor.execute("DROP TRIGGER receipt_stays_on_delete")
        else:
            type(connection.ops).sql_flush = _deleted


def _deleted(operations, style, tables, **_):
    quoted = map(operations.quote_name, tables)
    return [
        "SET session_replication_role = replica",
        *(f"DELETE FROM {table}" for table in quoted),
        "SET session_replication_role = DEFAULT",
    ]


@pytest.fixture(autouse=True)
def nothing_is_remembered():
    """What a process remembers for a second must not outlive the test that it was true in."""
    remember.forget_everything()


@pytest.fixture(scope="session")
def sandbox_process():
    environment = {
        **os.environ,
        "SANDBOX_PORT": str(PORT + 1),
        "SANDBOX_SMTP_PORT": str(PORT + 3),
        "SANDBOX_DB": str(FOLDER / "sandbox.sqlite3"),
        "SANDBOX_PACE": "0.02",
        "TWILIO_ACCOUNT_SID": settings.TWILIO_ACCOUNT_SID,
        "TWILIO_AUTH_TOKEN": settings.TWILIO_AUTH_TOKEN,
    }
    process = subprocess.Popen([sys.executable, "-m", "coaching.sandbox"], env=environment)
    url = f"http://127.0.0.1:{PORT + 1}"
    eventually(lambda: is_up(f"{url}/health"), seconds=20)
    yield url
    process.terminate()
    process.wait(10)


@pytest.fixture
def providers(sandbox_process, db, settings):
    """The sandbox, emptied, with no faults set. It knows none of our WhatsApp wordings."""
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"  # pytest puts in locmem
    sandbox = Sandbox(sandbox_process)
    sandbox.control("reset", {})
    yield sandbox
    sandbox.control("reset", {})
    let_the_server_settle()


@pytest.fixture
def sandbox(providers):
    """The same, knowing our WhatsApp wordings, so that messages can be sent."""
    call_command("submit_templates", verbosity=0, stdout=_Quiet())
    return providers


class _Quiet:
    def write(self, _text):
        return 0

    def flush(self):
        return None


@pytest.fixture
def centre(db):
    """The demo centre, its dates moved to today."""
    call_command(
        "load_centre", settings.BASE_DIR / "coaching" / "demo" / "centre.json",
        relative_to_today=True, stdout=_Quiet(),
    )  # fmt: skip
    from coaching.centre.models import Profile

    return Profile.current()


@pytest.fixture
def in_calling_hours_only(settings):
    """The lawful hours count, as they do outside the demo."""
    settings.CALLING_ALWAYS = False


def is_up(url):
    try:
        return httpx.get(url, timeout=2).status_code == 200
    except httpx.HTTPError:
        return False


def eventually(condition, seconds=10):
    """Wait until `condition()` is true; return its value, or fail."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        value = condition()
        if value:
            return value
        time.sleep(0.03)
    raise AssertionError(f"not within {seconds} s")


class Product:
    """The product over the sandbox: ask like a visitor, let the worker work, look at the rows."""

    def __init__(self, sandbox):
        self.sandbox = sandbox

    def ask(self, name="Asha Rao", phone="98765 43210", **more):
        """Capture one enquiry as the form does, and commit it."""
        from coaching.accounts.phone import read_phone
        from leads.services import Arrival, capture_lead

        arrival = Arrival(via="form", **{"language": "en-in", **more.pop("arrival", {})})
        return capture_lead(name=name, phone=read_phone(phone), arrival=arrival, **more).lead

    def ask_many(self, count, **more):
        """So many people ask, whose numbers lie far apart."""
        return [
            self.ask(name=f"Name {n}", phone=f"98{n:02}7 6432{n % 10}", **more)
            for n in range(count)
        ]

    def work(self):
        """Do what the workers do: settle what is in doubt, send what is due."""
        from coaching.messaging import sweeper

        sweeper.settle_doubts()
        return len([row.result() for row in sweeper.send_due(grace=timedelta(0))])

    def log(self, channel, **fields):
        """The one outbound row of `channel`."""
        from coaching.messaging.models import CommunicationLog

        return CommunicationLog.objects.outbound().get(channel=channel, **fields)

    def settles(self, channel, state, **fields):
        """Wait until a row of `channel` is in `state`; return it."""
        from coaching.messaging.models import CommunicationLog

        rows = CommunicationLog.objects.outbound().filter(channel=channel, state=state, **fields)
        return eventually(rows.first)


@pytest.fixture
def product(live_server, sandbox, centre):
    return Product(sandbox)

"""The command centre's pages with a hundred times the enquiries: what must cost the same.

Two products, each with its own PostgreSQL: one has ten thousand enquiries with their messages, the
other a million. Their pages are asked for in turns, over HTTP, by an owner who is logged in.
"""

import http.client
import subprocess
import sys
import time

from coaching.run import BASE_DIR
from tests.bench.history import fill
from tests.bench.people import visitor
from tests.bench.product import Product, Provider
from tests.bench.report import median, table

FEW, MANY, MANY_QUICKLY = 10_000, 1_000_000, 100_000
ROUNDS, ROUNDS_QUICKLY = 21, 15
TO_GET_WARM = 8
LOG_IN = """
import django; django.setup()
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore
from coaching.accounts.models import User
owner = User.objects.create_user("owner@example.com", None, name="Owner")
owner.set_role("owner")
TOTP.activate(owner, generate_totp_secret())
session = SessionStore()
session[SESSION_KEY] = str(owner.pk)
session[BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[0]
session[HASH_SESSION_KEY] = owner.get_session_auth_hash()
session.save()
print(session.session_key)
"""
ENQUIRIES = "/admin/leads/lead/"
MESSAGES = "/admin/messaging/communicationlog/"
SOMEBODY = 4221  # Dev Khan, who is in every database
NUMBER = visitor(SOMEBODY).phone.removeprefix("+91")
PAGES = {
    "today (the first page)": "/admin/",
    "enquiries": ENQUIRIES,
    "enquiries: interested": f"{ENQUIRIES}?status__exact=interested",
    "enquiries: last four digits": f"{ENQUIRIES}?q=7777",
    "enquiries: number, 3 digits": f"{ENQUIRIES}?q={NUMBER[:3]}",
    "enquiries: number, 7 digits": f"{ENQUIRIES}?q={NUMBER[:7]}",
    "enquiries: name's beginning": f"{ENQUIRIES}?q=asha",
    "enquiries: e-mail's beginning": f"{ENQUIRIES}?q=dev.khan{SOMEBODY}%40",
    "enquiries: nobody of this name": f"{ENQUIRIES}?q=nobody",
    "one enquiry, its timeline": f"{ENQUIRIES}{SOMEBODY}/change/",
    "messages": MESSAGES,
    "messages: held": f"{MESSAGES}?state__exact=held",
    "messages: failed calls": f"{MESSAGES}?channel__exact=voice&state__exact=failed",
    "messages: waiting (none)": f"{MESSAGES}?state__exact=pending",
    "messages: number, 7 digits": f"{MESSAGES}?q={NUMBER[:7]}",
    "messages: e-mail's beginning": f"{MESSAGES}?q=dev.khan{SOMEBODY}%40",
    "messages: nobody's e-mail": f"{MESSAGES}?q=nobody%40",
}


def measure(*, quick, seconds):
    rounds = ROUNDS_QUICKLY if quick else ROUNDS
    with (
        Provider() as provider,
        Product(provider, workers=0) as small,
        Product(provider, workers=0) as large,
    ):
        desks = Desk(small, FEW), Desk(large, MANY_QUICKLY if quick else MANY)
        took = {(name, desk): [] for name in PAGES for desk in desks}
        for number in range(TO_GET_WARM + rounds):
            for name, path in PAGES.items():
                for desk in desks if number % 2 else reversed(desks):
                    took[name, desk].append(desk.get(path))
    report(desks, took, rounds)


def report(desks, took, rounds):
    few, many = desks
    rows = []
    for name in PAGES:
        shown = [took[name, desk][-1][1] for desk in desks]
        ms = [median(one for one, _ in took[name, desk][TO_GET_WARM:]) * 1000 for desk in desks]
        rows.append([name, *shown, *(f"{one:.0f}" for one in ms), f"{ms[1] / ms[0]:.2f}"])
    each = " ".join(
        f"{desk.rows.leads:,} enquiries have {desk.rows.messages:,} messages, {desk.rows.held:,} "
        "of them held."
        for desk in desks
    )
    table(
        "The command centre's lists",
        [
            "", "rows shown", f"of {many.rows.leads:,}",
            f"ms at {few.rows.leads:,}", f"ms at {many.rows.leads:,}", "times as long",
        ],
        rows,
        f"{each} Median of {rounds} gets, one at a time, in turns, the whole page read; two years "
        "of enquiries in both.",
    )  # fmt: skip


class Desk:
    """The command centre of a product with so many enquiries, asked by its owner's browser."""

    def __init__(self, product, enquiries):
        self.rows = fill(product, enquiries)
        self.cookie = f"sessionid={manage(product, '-c', LOG_IN).strip()}"
        manage(product, "manage.py", "collectstatic", "--noinput", "-v", "0")
        product.web.restart()  # it knows the names of the styles from its start
        product.wait_until_ready()
        self.line = http.client.HTTPConnection("127.0.0.1", product.port, timeout=60)

    def get(self, path):
        """(seconds until the whole page was there, rows on it)."""
        begun = time.perf_counter()
        self.line.request("GET", path, headers={"Cookie": self.cookie})
        answer = self.line.getresponse()
        page = answer.read()
        took = time.perf_counter() - begun
        if answer.status != 200:
            raise RuntimeError(f"{path} answered {answer.status}: {answer.headers['Location']}")
        return took, page.count(b'name="_selected_action"')


def manage(product, *command):
    """What Python prints that is run with the product's settings."""
    return subprocess.run(
        [sys.executable, *command], env=product.environment, cwd=BASE_DIR, check=True,
        capture_output=True, text=True,
    ).stdout  # fmt: skip

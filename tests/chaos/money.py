"""The people around the till of a house: who pays, who looks back, the owner, PhonePe's own ledger.

Like the visitors of `client` they try again when no answer came, and remember what was answered.
"""

import contextlib
import html
import json
import re
import subprocess
import sys
import time
from dataclasses import dataclass, field

import httpx
import psycopg

from coaching.run import BASE_DIR
from tests.chaos.client import STAMP_SECONDS, new_phone

CSRF = "c" * 32
HTMX = {"HX-Request": "true"}
PEOPLE_WAIT_SECONDS = 15  # for a page
# What became of one order: payments that came, the student's seats, receipts, refunds that
# arrived, their notes.
FACTS = """
    SELECT count(*) FILTER (WHERE p.state = 'paid'),
        (SELECT count(*) FROM academics_enrollment e
            WHERE e.user_id = o.user_id AND e.status = 'active'),
        count(r.id),
        (SELECT count(*) FROM payments_refund f
            WHERE f.order_id = o.id AND f.state = 'completed'),
        (SELECT count(*) FROM payments_receipt n JOIN payments_refund f ON f.id = n.refund_id
            WHERE f.order_id = o.id)
    FROM payments_order o
    JOIN payments_payment p ON p.order_id = o.id
    LEFT JOIN payments_receipt r ON r.payment_id = p.id
    WHERE o.id = {order}
    GROUP BY o.id
"""
TIME_PASSES = (
    "UPDATE payments_payment SET next_check_at = now() WHERE next_check_at IS NOT NULL"
    " AND state IN ('created', 'pending')",
    "UPDATE payments_refund SET next_check_at = now() WHERE state IN ('sending', 'pending')",
    "UPDATE payments_refund SET due_at = now() WHERE state = 'due'",
)


CHECKOUT = "payments/checkout/{}/"
NEWEST_ORDER = """
    SELECT o.id, o.token, o.enrollment_id FROM payments_order o
    JOIN accounts_contact c ON c.id = o.contact_id WHERE c.phone = '{phone}' ORDER BY o.id DESC
"""
# What an order keeps of what was paid, once a payment of it is settled.
KEPT = """
    SELECT o.paid_paise - o.refunded_paise FROM payments_order o
    WHERE o.id = {order}
    AND EXISTS (SELECT 1 FROM payments_payment p WHERE p.order_id = o.id AND p.state = 'paid')
"""
SETTLED = "SELECT merchant_order_id FROM payments_payment WHERE state IN ('paid', 'held')"


@dataclass
class Buyer:
    """Somebody with an order, as they see it."""

    phone: str
    order: int = 0
    token: str = ""
    enrollment: int = 0
    page: str = ""  # PhonePe's, once they are on it
    way_back: str = ""  # where PhonePe's page sent them
    answers: list = field(default_factory=list)  # statuses; 0 where no answer came


class Office:
    """`money_office` beside a house, for a `with`."""

    def __init__(self, house):
        self.house = house

    def __enter__(self):
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.chaos.money_office"], cwd=BASE_DIR, text=True,
            env=self.house.environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            stderr=(self.house.folder / "office.log").open("a"),
        )  # fmt: skip
        self.session = self.ask("owner_session")
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait(10)

    @property
    def cookies(self):
        """The headers of a browser in which the owner has logged in."""
        cookies = f"sessionid={self.session}; csrftoken={CSRF}"
        return {"Cookie": cookies, "X-CSRFToken": CSRF}

    def ask(self, act, **how):
        self.process.stdin.write(json.dumps([act, how]) + "\n")
        self.process.stdin.flush()
        answer = json.loads(self.process.stdout.readline())
        if "error" in answer:
            raise AssertionError(answer["error"])
        return answer["said"]


class Till:
    """A house's till from outside."""

    def __init__(self, house, office):
        self.house, self.office, self.sandbox = house, office, house.sandbox
        limits = httpx.Limits(max_keepalive_connections=0)  # each comes anew
        self.http = httpx.Client(timeout=PEOPLE_WAIT_SECONDS, limits=limits)
        self._buyers = iter(())

    def behave(self, **how):
        self.sandbox.behave(phonepe=how)

    def rows(self, statement, seconds=30):
        """The rows of a statement, asked again while the database is away."""
        deadline = time.monotonic() + seconds
        while True:
            try:
                return self.house.sql(statement)
            except psycopg.OperationalError:
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.2)

    # --- who pays -----------------------------------------------------------------------------

    def enrols(self, buyer, code, plan, seconds=20):
        """Fill in the checkout's form and send it until there is an answer: PhonePe's page, the
        order's page (from where they go there), or that the batch is full.
        """
        address = f"{self.house.url}/{CHECKOUT.format(code)}"
        form = {
            "name": "Asha Rao", "phone": buyer.phone, "age": "adult", "plan": plan,
            "consent": "on", "do": "pay", **self._hidden(address, seconds),
        }  # fmt: skip
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            status, leads_to = self._sent(address, form)
            buyer.answers.append(status)
            if status == 303:
                buyer.page = leads_to if leads_to.startswith(self.sandbox.url) else ""
                return buyer.page or self.goes_to_phonepe(buyer, seconds)
            if status == 409:
                return ""
            time.sleep(0.2)
        raise AssertionError(f"never enrolled: {buyer}")

    def _hidden(self, address, seconds):
        """What the page hides in its form, once a person has had the time to fill it in."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            with contextlib.suppress(httpx.TransportError):
                page = self.http.get(address).text
                if found := dict(re.findall(r'name="(uuid|stamp)" value="([^"]+)"', page)):
                    time.sleep(STAMP_SECONDS)
                    return found
            time.sleep(0.2)
        raise AssertionError(f"no form at {address}")

    def knows(self, buyer):
        """Look up the order of somebody who was sent straight on to PhonePe."""
        if not buyer.enrollment:
            [found, *_] = self.rows(NEWEST_ORDER.format(phone=buyer.phone))
            buyer.order, buyer.token, buyer.enrollment = found

    def buyer(self):
        """Somebody with an open order and a seat that is held."""
        buyer = next(self._buyers, None)
        if buyer is None:
            made = self.office.ask("orders", phones=[new_phone() for _ in range(20)], email=False)
            self._buyers = (Buyer(one["phone"], one["order"], one["token"]) for one in made)
            buyer = next(self._buyers)
        return buyer

    def press_pay(self, buyer):
        """Press the button of the order's page once; returns the status, 0 without an answer."""
        status, address = self._sent(f"{self.house.url}/payments/pay/{buyer.token}/", {})
        buyer.answers.append(status)
        if address.startswith(self.sandbox.url):
            buyer.page = address
        return status

    def goes_to_phonepe(self, buyer, seconds=20):
        """Press the button, again and again, until PhonePe's page is there; return its address."""
        self.knows(buyer)
        deadline = time.monotonic() + seconds
        while not buyer.page:
            self.press_pay(buyer)
            if time.monotonic() > deadline:
                raise AssertionError(f"never on PhonePe's page: {buyer}")
            time.sleep(0.1)
        return buyer.page

    def at_phonepe(self, buyer, what="pay"):
        """Press a button of PhonePe's page."""
        _, leads_to = self._sent(buyer.page, {"do": what, "mode": "UPI_INTENT"})
        if leads_to.startswith(self.house.url):  # else the page goes on asking
            buyer.way_back = leads_to

    def pays(self, buyer):
        self.goes_to_phonepe(buyer)
        self.at_phonepe(buyer)

    def looks(self, buyer):
        """The return page looks once; returns the status, 0 without an answer."""
        with contextlib.suppress(httpx.TransportError):
            address = f"{buyer.way_back}?waited=2"
            return self.http.get(address, headers=HTMX).status_code
        return 0

    def _sent(self, address, form):
        """Send a form; returns (status, where it leads), (0, '') without an answer."""
        with contextlib.suppress(httpx.TransportError):
            answer = self.http.post(address, data=form)
            return answer.status_code, answer.headers.get("location", "")
        return 0, ""

    # --- the owner ----------------------------------------------------------------------------

    def owner_gives_back(self, buyer, rupees):
        """Look at the dialog and press its button once; returns the status, 0 without an answer."""
        self.knows(buyer)
        address = f"{self.house.url}/admin/academics/enrollment/{buyer.enrollment}/refund/"
        with contextlib.suppress(httpx.TransportError):
            page = self.http.get(address, headers=self.office.cookies)
            seen = re.search(r'name="seen" value="([^"]*)"', page.text)
            if not seen:  # nothing is left to give back
                return page.status_code
            given = {"amount": str(rupees), "note": "asked for it", "seen": html.unescape(seen[1])}
            return self.http.post(address, data=given, headers=self.office.cookies).status_code
        return 0

    # --- what became of it --------------------------------------------------------------------

    def time_passes(self):
        """Whatever waits for its time has come to it."""
        for statement in TIME_PASSES:
            self.rows(statement)

    def facts(self, buyer):
        """(payments that came, seats, receipts, refunds that arrived, their notes, messages)."""
        [facts] = self.rows(FACTS.format(order=buyer.order))
        return (*facts, len(self.sandbox.messages(buyer.phone)))

    def kept_paise(self, buyer):
        """What the buyer's order keeps of what was paid; None while nothing has come."""
        self.knows(buyer)
        found = self.rows(KEPT.format(order=buyer.order))
        return found[0][0] if found else None

    def ledger(self):
        """What PhonePe knows of every order and refund."""
        return self.sandbox.http.get("/control/phonepe/ledger").json()

    def unseen(self):
        """The payments that PhonePe has and we have not seen yet."""
        ours = {name for (name,) in self.rows(SETTLED)}
        there = self.ledger()["orders"]
        return [
            f"{order['merchant_order_id']} is paid at PhonePe and not here"
            for order in there
            if order["state"] == "COMPLETED" and order["merchant_order_id"] not in ours
        ]

    def given_back(self, buyer):
        """The amounts that PhonePe itself gave back of an order's payments, in paise."""
        names = self.house.sql(
            f"SELECT merchant_order_id FROM payments_payment WHERE order_id = {buyer.order}"
        )
        ours = {name for (name,) in names}
        return [
            refund["amount_paise"]
            for refund in self.ledger()["refunds"]
            if refund["merchant_order_id"] in ours and refund["state"] == "COMPLETED"
        ]

    def wrong(self):
        """What is wrong in the books, and against PhonePe's ledger."""
        return self.office.ask("books", ledger=self.ledger())

"""Enrolling and paying, as people do it: on a phone, twice, with Back, and without JavaScript.

The stand-in's webhooks reach nobody here and no worker runs: the pages alone unlock the course.
"""

import json
import sqlite3
import time
import urllib.request
from contextlib import closing

import pytest

from tests.browser.conftest import A_MOMENT
from tests.browser.product import running
from tests.browser.test_enquiry import a_number
from tests.sandbox.conftest import Process

pytestmark = pytest.mark.browser

PAID = {"en-in": "Paid: your seat is confirmed", "hi": "भुगतान हो गया: आपकी सीट पक्की है"}


@pytest.fixture(scope="module")
def phonepe(tmp_path_factory):
    process = Process(tmp_path_factory.mktemp("phonepe"), "http://127.0.0.1:9").start()
    yield process.url
    process.stop()


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("till")


@pytest.fixture(scope="module")
def site(folder, phonepe):
    with running(folder, SANDBOX_URL=phonepe) as base:
        with closing(sqlite3.connect(folder / "db.sqlite3")) as database, database:
            database.execute("UPDATE academics_batch SET seats = 100")
        yield base


@pytest.fixture
def payer(visitor):
    def come(**options):
        return Payer(visitor(**options))

    return come


class Payer:
    """A visitor who enrols, and what they do on PhonePe's page."""

    def __init__(self, visitor):
        self.visitor, self.page, self.number = visitor, visitor.page, a_number()
        self.found = []

    def enrol(self, look=False):
        """From the course page to PhonePe's page."""
        self.visitor.go("/courses/foundation/")
        if look:
            self.look()
        self.press("[href='/payments/checkout/FND-EVE/']")
        if look:
            self.look()
        self.visitor.fill_in(phone=self.number, email=f"a{self.number}@example.com")
        self.page.check("[name=age][value=adult]")
        self.press("[name=do].is-wide")
        assert "/pay/OMO" in self.page.url

    def press(self, selector):
        with self.page.expect_navigation():
            self.page.click(selector)

    def pays(self, how="pay"):
        self.press(f"button[value={how}]")

    def sees(self, sentence):
        """Wait until the page says so, by itself."""
        self.page.wait_for_selector(f"h1:text-is('{sentence}')", timeout=15_000)
        self.look()

    def look(self):
        """Hold the page against what every page is held to."""
        self.found += ["too wide"] * self.visitor.is_too_wide()
        self.found += self.visitor.axe() + self.visitor.small_targets() + self.visitor.violations()


class WithoutScript(Payer):
    """The same for a browser in which nothing can be evaluated."""

    def look(self):
        self.found += ["too wide"] * self.visitor.is_too_wide()


def rows(folder, sql, *values):
    with closing(sqlite3.connect(folder / "db.sqlite3", timeout=20)) as database:
        return database.execute(sql, values).fetchall()


def seats_of(folder, number):
    """The states of the enrolments of a number, with how many receipts they have."""
    return rows(
        folder,
        """SELECT e.status, count(r.id) FROM academics_enrollment e
           JOIN payments_order o ON o.enrollment_id = e.id
           JOIN accounts_contact c ON c.id = o.contact_id
           LEFT JOIN payments_payment p ON p.order_id = o.id AND p.state = 'paid'
           LEFT JOIN payments_receipt r ON r.payment_id = p.id
           WHERE c.phone = ? GROUP BY e.id""",
        f"+91{number}",
    )


@pytest.mark.parametrize(
    ("width", "language", "scheme"),
    [(360, "en-in", "light"), pytest.param(1280, "hi", "dark", marks=pytest.mark.slow)],
)
def test_a_visitor_enrols_pays_and_is_in(payer, folder, width, language, scheme):
    person = payer(width=width, language=language, scheme=scheme)
    person.enrol(look=True)

    person.pays()
    person.sees(PAID[language])
    person.press(".outcome .actions .button:not(.is-quiet)")
    person.page.fill("#id_login", person.number)
    person.press("main [type=submit]")
    [(context,)] = rows(
        folder,
        "SELECT context FROM messaging_communicationlog WHERE purpose = 'login_code'"
        " ORDER BY created_at DESC LIMIT 1",
    )
    person.page.fill("#id_code", json.loads(context)["code"])
    person.press("main [type=submit]")
    person.look()

    assert person.page.url.endswith("/portal/")
    assert person.page.locator(".enrolments article").count() == 1
    assert seats_of(folder, person.number) == [("active", 1)]
    assert person.found == []


def test_who_declines_reads_why_and_tries_again(payer, folder):
    person = payer(scheme="dark")
    person.enrol()

    person.pays("decline")
    person.sees("Not paid")
    why = person.page.inner_text(".outcome .lead")
    person.press(".outcome form .button")
    person.pays()
    person.sees(PAID["en-in"])

    assert why == "The payment was declined on the phone."
    assert seats_of(folder, person.number) == [("active", 1)]
    assert person.found == []


@pytest.mark.slow
def test_who_leaves_and_comes_back_finds_the_truth_by_itself(payer, phonepe, folder):
    person = payer()
    person.enrol()
    person.pays("leave")
    address = person.page.url
    person.sees("Confirming your payment…")
    person.page.goto("about:blank")

    person.page.goto(address)
    name = address.split("/return/")[1].strip("/")
    do(phonepe, name, "pay")
    person.sees(PAID["en-in"])
    person.page.reload()

    assert person.page.title().startswith(PAID["en-in"])
    assert seats_of(folder, person.number) == [("active", 1)]
    assert person.found == []


def do(phonepe, name, what):
    """The payer's phone does something while the page is open."""
    request = urllib.request.Request(
        f"{phonepe}/control/phonepe/orders/{name}", json.dumps({"do": what}).encode(),
        {"Content-Type": "application/json"},
    )  # fmt: skip
    urllib.request.urlopen(request, timeout=10).close()


def test_who_pays_twice_gets_the_second_payment_back(payer, folder):
    person = payer()
    person.enrol()
    person.pays("leave")
    person.press("a[href*='/payments/pay/']")
    person.look()
    first, second = person.page, person.visitor.context.new_page()
    second.goto(first.url)

    for page in (first, second):
        with page.expect_navigation():
            page.click("form[data-once] .button")
    for page in (first, second):
        with page.expect_navigation():
            page.click("button[value=pay]")
        page.wait_for_selector(".outcome:not(.is-confirming)")

    assert first.inner_text("h1") == PAID["en-in"]
    assert second.inner_text("h1") == "Your money goes back to you"
    assert "Why: Paid twice." in second.inner_text(".outcome")
    assert [status for status, _ in seats_of(folder, person.number)] == ["active"]
    assert person.found == []


@pytest.mark.slow
def test_back_after_paying_takes_nothing_twice(payer, folder):
    person = payer()
    person.enrol()
    person.pays()
    person.sees(PAID["en-in"])

    person.page.go_back()
    at_phonepe = person.page.url
    person.page.go_back()
    person.page.wait_for_selector("form.checkout")
    time.sleep(A_MOMENT)
    person.press("[name=do].is-wide")

    assert "/pay/OMO" in at_phonepe
    assert "You are in this batch already." in person.page.inner_text("main")
    assert seats_of(folder, person.number) == [("active", 1)]


def test_two_taps_on_the_button_are_one_payment(payer, folder):
    person = payer()
    person.visitor.go("/payments/checkout/FND-EVE/")
    person.visitor.fill_in(phone=person.number)
    person.page.check("[name=age][value=adult]")

    with person.page.expect_navigation():
        person.page.evaluate(
            "for (const _ of [1, 2, 3]) document.querySelector('[name=do].is-wide').click()"
        )

    payments = rows(
        folder,
        "SELECT count(*) FROM payments_payment p JOIN payments_order o ON o.id = p.order_id"
        " JOIN accounts_contact c ON c.id = o.contact_id WHERE c.phone = ?",
        f"+91{person.number}",
    )
    assert payments == [(1,)]


def test_everything_works_without_javascript(visitor, folder):
    person = WithoutScript(visitor(language="hi", script=False))
    person.enrol()

    person.pays("leave")
    address = person.page.url
    person.press("a[href*='/payments/pay/']")
    person.press("form[data-once] .button")
    person.pays()
    person.sees(PAID["hi"])

    assert person.page.url.split("?")[0] != address
    assert seats_of(folder, person.number) == [("active", 1)]
    assert person.found == []


def test_a_guardian_is_asked_for_when_the_student_is_a_minor(payer):
    person = payer()
    person.visitor.go("/payments/checkout/FND-EVE/")

    hidden = person.page.is_visible("#id_guardian")
    person.page.check("[name=age][value=minor]")
    person.look()

    assert (hidden, person.page.is_visible("#id_guardian")) == (False, True)
    assert person.found == []


def test_what_is_wrong_stands_beside_its_field_and_enter_means_go_on(payer):
    person = payer()
    person.visitor.go("/payments/checkout/FND-EVE/")
    person.page.fill("#id_name", "Asha")
    person.page.fill("#id_phone", "12345")

    with person.page.expect_navigation():
        person.page.press("#id_phone", "Enter")
    person.look()

    assert person.page.locator("[role=alert] li").count() == 3
    assert person.page.input_value("#id_name") == "Asha"
    assert person.page.evaluate("document.activeElement.id") == "id_phone"
    assert person.found == []

"""Our rows beside PhonePe's: what agrees, what differs, and what PhonePe does not answer."""

import pytest
from django.utils import timezone

from payments import phonepe, refunds, reports
from payments.admin import comparison
from payments.admin.audit import audit
from payments.models import Payment, Refund
from payments.services import settle
from tests.admin.money import PAYMENT, RECONCILIATION, look, plain_fees, press
from tests.admin.test_switches import words
from tests.conftest import eventually
from tests.payments.conftest import Till

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def till(sandbox, centre):
    phonepe.close()  # its token is of the sandbox before this one was emptied
    plain_fees()
    till = Till(sandbox)
    till.quiet()
    return till


def ask(browser, **more):
    """Press the reconciliation's button; return the words of its page and its figures."""
    response = browser.post(f"{RECONCILIATION}?period=30d", more)
    return words(response.content.decode()), response.context


def verdicts(context):
    return sorted((one.row.order.name, one.verdict) for one in context["compared"])


def test_what_was_paid_and_given_back_agrees_to_the_paisa(till, browser_of):
    batch = till.batch()
    asha, bala = (till.paid(batch, who=till.person(name)) for name in ("Asha", "Bala"))
    refund = refunds.refund_order(bala.order, 100_050, Refund.Why.GOODWILL)[0]
    refunds.send(refund.pk)

    says, context = ask(browser_of("owner"))

    assert Refund.objects.get().state == "completed"  # asked for on the way
    assert verdicts(context) == [("Asha", "agrees"), ("Bala", "agrees"), ("Bala", "agrees")]
    assert "1 to 3 of 3 · we have ₹17,999.50, PhonePe ₹17,999.50: difference ₹0." in says
    assert asha.state == "paid"


def test_what_nobody_had_told_us_is_settled_on_the_way(till, browser_of):
    payment = till.begin(till.batch())
    till.do(payment, "pay")

    _, context = ask(browser_of("owner"))

    payment.refresh_from_db()
    assert payment.state == "paid" and payment.order.enrollment.status == "active"
    assert verdicts(context) == [(payment.order.name, "agrees")]


def test_what_differs_stands_first_and_makes_the_sum_differ(till, browser_of):
    batch = till.batch()
    till.paid(batch, who=till.person("Asha"))
    wrong = till.paid(batch, who=till.person("Bala"))
    Payment.objects.filter(pk=wrong.pk).update(transaction_id="T-another")
    invented = till.paid(batch, who=till.person("Chitra"))
    Payment.objects.filter(pk=invented.pk).update(merchant_order_id="P1-invented")

    says, context = ask(browser_of("owner"))

    assert [one.verdict for one in context["compared"]] == ["differs", "differs", "agrees"]
    assert "never heard of it" in says
    assert context["difference"] == 950_000


def test_held_money_differs_until_somebody_decides(till, browser_of):
    payment = till.begin(till.batch())
    till.tell(payment, amount=500_000)
    till.do(payment, "pay")
    assert settle(payment.pk).state == "held"

    says, context = ask(browser_of("owner"))

    assert verdicts(context) == [(payment.order.name, "differs")]
    assert "We have: Held, ₹9,500" in says


def test_the_owner_gives_held_money_back_and_nothing_is_left_to_look_at(till, browser_of):
    payment = till.begin(till.batch())
    till.tell(payment, amount=500_000)
    till.do(payment, "pay")
    settle(payment.pk)

    press(browser_of("owner"), f"{PAYMENT}{payment.pk}/refund/", note="theirs")
    refund = Refund.objects.get()
    refunds.send(refund.pk)

    eventually(lambda: refunds.check(refund.pk) or Refund.objects.get().state == "completed")
    assert not reports.payments_to_look_at(timezone.now()).exists()
    assert [check.label for check in audit() if check.wrong_count] == []


def test_an_attempt_that_nobody_paid_agrees(till, browser_of):
    payment = till.begin(till.batch())
    till.do(payment, "decline")
    opened = till.begin(till.batch(), who=till.person("Open"))

    _, context = ask(browser_of("owner"))

    assert {one.verdict for one in context["compared"]} == {"agrees"}
    assert context["ours"] == context["theirs"] == 0
    assert Payment.objects.get(pk=opened.pk).state == "pending"


def test_when_phonepe_does_not_answer_it_is_said_and_nothing_is_changed(till, browser_of):
    payment = till.paid(till.batch())
    till.sandbox.misbehave("status", "500_before", times=None)

    says, context = ask(browser_of("owner"))

    assert verdicts(context) == [(payment.order.name, "no answer")]
    assert Payment.objects.get().state == "paid"


def test_many_rows_are_asked_for_step_by_step(till, browser_of, monkeypatch):
    monkeypatch.setattr(comparison, "STEP", 2)
    batch = till.batch()
    for _ in range(3):
        till.paid(batch)
    browser = browser_of("owner")

    first, context = ask(browser)
    second, _ = ask(browser, skip=context["done"])

    assert "1 to 2 of 3" in first and "Ask for the next ones" in first
    assert "3 to 3 of 3" in second and "Ask again" in second


def test_nothing_more_is_begun_when_the_time_is_up(till, browser_of, monkeypatch):
    monkeypatch.setattr(comparison, "SECONDS", -1)
    till.paid(till.batch())

    _, context = ask(browser_of("owner"))

    assert (context["done"], context["total"]) == (0, 1)


def test_one_payment_is_asked_about_by_a_button(till, browser_of):
    payment = till.begin(till.batch())
    till.do(payment, "pay")
    browser, page = browser_of("owner"), f"{PAYMENT}{payment.pk}/"

    before = look(browser, f"{page}change/")
    says = words(browser.post(f"{page}state/").content.decode())

    assert "Ask PhonePe now" in before and "Waiting" in before
    assert "We have: Paid, ₹9,500" in says and "PhonePe says: COMPLETED, ₹9,500" in says
    assert Payment.objects.get().paid_at <= timezone.now()

"""The owner's figures in the command centre: one number everywhere, and each opens its rows."""

import csv
import io
import re
from datetime import date, timedelta

import pytest
from django.utils import timezone

from academics import seats
from academics.models import Batch
from coaching.common.money import inr
from payments import refunds, reports
from payments.admin.audit import audit
from payments.admin.money import cards
from payments.admin.periods import chosen, presets
from payments.models import Coupon, Instalment, Order, Payment, Receipt, Refund
from payments.services import record
from tests.admin.money import (
    ENROLMENT,
    MONEY,
    ORDER,
    PAYMENT,
    RECONCILIATION,
    REFUND,
    Desk,
    look,
    queries,
)
from tests.admin.test_switches import words


@pytest.fixture
def desk(centre):
    return Desk()


@pytest.fixture
def ledger(desk):
    """₹9,500 and ₹6,000 came, ₹1,000.50 was back, ₹12,000 is owed and ₹6,000 of it is late."""
    whole = desk.paid("Asha Rao")
    part = desk.paid(
        "Bala Iyer", paise=600_000, plan="instalments", batch=desk.till.batch(course="analytics")
    )
    yesterday = timezone.localdate() - timedelta(days=1)
    Instalment.objects.filter(order=part, number=2).update(due_on=yesterday)
    back = refunds.refund_order(whole, 100_050, Refund.Why.GOODWILL)[0]
    refunds.paid_back_by_hand(back, by=None, note="cash")
    return whole, part


def links(browser, page, text):
    """Return where the links of this text lead, as the browser would follow them."""
    html = browser.get(page).content.decode()
    found = re.findall(rf'href="([^"]+)">{re.escape(text)}</a>', html)
    return [href.replace("&amp;", "&") for href in found]


def listed(browser, href):
    return list(browser.get(href).context["cl"].queryset)


def test_each_figure_of_the_money_page_opens_the_rows_it_is_made_of(ledger, browser_of):
    browser = browser_of("owner")

    shown = look(browser, MONEY)

    assert "₹14,499.50 ₹0 from" in shown  # the month before: nothing
    for figure, field, times in (
        ("₹15,500", "received_paise", 2),  # these days, that day
        ("₹9,500", "received_paise", 2),  # its course, its batch
        ("₹6,000", "received_paise", 2),
        ("₹1,000.50", "amount_paise", 4),
    ):
        found = links(browser, MONEY, figure)
        assert len(found) == times, figure
        for href in found:
            assert inr(sum(getattr(row, field) for row in listed(browser, href))) == figure, href


def test_dues_open_their_lists(ledger, browser_of):
    browser = browser_of("owner")

    owed = links(browser, MONEY, "₹12,000 by 1")
    late = links(browser, MONEY, "₹6,000 by 1")

    assert [order.name for order in listed(browser, owed[0])] == ["Bala Iyer"]
    assert [order.name for order in listed(browser, late[0])] == ["Bala Iyer"]


def test_the_first_pages_cards_count_what_their_pages_show(ledger, desk, browser_of):
    browser = browser_of("owner")
    order = desk.order("Chitra")
    Payment.objects.create(order=order, amount_paise=950_000, method="bank", state="approval")
    refunds.refund_order(Order.objects.get(pk=ledger[0].pk), 200_000, Refund.Why.GOODWILL)

    html = browser.get("/admin/").content.decode()

    found = re.findall(
        r'<a class="desk-card[^"]*" href="([^"]+)">\s*<span class="desk-number is-money">([^<]+)',
        html,
    )
    assert [figure for _, figure in found] == ["₹14,499.50", "1", "1", "1"]
    assert "₹14,499.50" in look(browser, found[0][0])
    assert [len(listed(browser, href)) for href, _ in found[1:]] == [1, 1, 1]


def test_the_cards_cost_five_queries_whatever_there_is(ledger, django_assert_num_queries):
    with django_assert_num_queries(5):
        cards(timezone.localdate(), timezone.now())


@pytest.mark.parametrize(
    "page", [ENROLMENT, "/admin/academics/waitingplace/", ORDER, PAYMENT, REFUND, MONEY,
             RECONCILIATION, "/admin/payments/receipt/", "/admin/payments/coupon/"],
)  # fmt: skip
def test_a_page_asks_as_often_for_one_row_as_for_four(desk, browser_of, page):
    browser, counts, full = browser_of("owner"), [], desk.till.batch(course="django")

    def more(number):
        order = desk.paid(f"Person {number}", plan="instalments", paise=500_000)
        refunds.refund_order(order, 100_000, Refund.Why.GOODWILL)
        Payment.objects.create(order=order, amount_paise=100_000, method="bank", state="approval")
        seats.join_waiting_list(desk.till.person(f"Late {number}")[0], full)
        Coupon.objects.create(code=f"C{number}", percent=5)

    more(0)
    browser.get(page)
    for step in (range(0), range(1, 4)):
        for number in step:
            more(number)
        counts.append(queries(browser, page))

    assert counts[0] == counts[1]


def test_an_enrolments_page_asks_as_often_for_one_payment_as_for_three(desk, browser_of):
    order, browser, counts = desk.paid(plan="instalments", paise=100_000), browser_of("owner"), []
    page = f"{ENROLMENT}{order.enrollment_id}/change/"
    browser.get(page)

    for _ in range(2):
        counts.append(queries(browser, page))
        for _ in range(2):
            record(order, method="cash", amount_paise=100_000, by=None, note="more")

    assert counts[0] == counts[1]


# --- to take along ---------------------------------------------------------------------------


def table(response):
    text = b"".join(response.streaming_content).decode("utf-8-sig")
    return list(csv.DictReader(io.StringIO(text)))


def test_exports_add_up_to_the_page_and_run_no_formula(ledger, browser_of, desk):
    Order.objects.filter(pk=ledger[0].pk).update(name='=HYPERLINK("http://evil")')
    browser = browser_of("owner")
    days = "days=" + "_".join([timezone.localdate().isoformat()] * 2)

    came = table(browser.get(f"{PAYMENT}export/?{days}"))
    back = table(browser.get(f"{REFUND}export/?{days}"))
    owed = table(browser.get(f"{ORDER}export/?fee=owed"))
    papers = table(browser.get("/admin/payments/receipt/export/"))

    assert sorted(row["Received"] for row in came) == ["6000.00", "9500.00"]
    assert [row["Amount"] for row in back] == ["1000.50"]
    assert [(row["Name"], row["Owed"]) for row in owed] == [("Bala Iyer", "12000.00")]
    assert len(papers) == Receipt.objects.count() == 3
    assert {row["Name"] for row in came} == {"Bala Iyer", '\'=HYPERLINK("http://evil")'}


# --- the sums that must be zero ---------------------------------------------------------------


def differing():
    return [check.label for check in audit() if check.wrong_count]


def test_the_books_close(ledger):
    assert differing() == []
    assert [check.difference for check in audit()] == [0] * len(audit())


WRONG = {
    "What came and no order took = what goes back of it":
        lambda: Payment.objects.filter(applied_paise=950_000).update(applied_paise=949_999),
    "Paid on orders = taken from payments":
        lambda: Order.objects.filter(paid_paise=600_000).update(paid_paise=600_001),
    "Returned of payments = their refunds":
        lambda: Payment.objects.filter(returned_paise=0).update(returned_paise=1),
    "Given back of orders = their refunds":
        lambda: Order.objects.filter(refunded_paise=0).update(refunded_paise=1),
    "Payments = their receipts":
        lambda: Payment.objects.filter(applied_paise=600_000).update(
            amount_paise=700_000, received_paise=700_000, applied_paise=700_000),
    "Arrived refunds = their notes":
        lambda: Refund.objects.update(amount_paise=100_051, of_order_paise=100_051),
    "Numbers given = papers there are":
        lambda: Receipt.objects.first().series.__class__.objects.update(last=9),
    "Seats taken = enrolments with a seat":
        lambda: Batch.objects.filter(seats_taken=1).update(seats_taken=2),
    "Students in a batch = those of them who paid":
        lambda: Order.objects.filter(paid_paise=600_000).update(
            paid_paise=0, settled_paise=0),
}  # fmt: skip


@pytest.mark.parametrize("label", WRONG)
def test_one_paisa_astray_is_found_and_its_row_named(ledger, browser_of, label):
    WRONG[label]()

    found = next(check for check in audit() if check.label == label)

    assert found.wrong_count >= 1 and found.wrong
    assert str(found.wrong[0]) in look(browser_of("owner"), RECONCILIATION)


def test_amounts_astray_that_cancel_out_are_found_all_the_same(ledger):
    Order.objects.filter(pk=ledger[0].pk).update(paid_paise=949_900, settled_paise=949_900)
    Order.objects.filter(pk=ledger[1].pk).update(paid_paise=600_100)

    found = next(one for one in audit() if one.label == "Paid on orders = taken from payments")

    assert (found.difference, found.wrong_count) == (0, 2)


# --- spans of days ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("today", "name", "first", "last", "before"),
    [
        ("2026-11-23", "month", "2026-11-01", "2026-11-23", ("2026-10-01", "2026-10-23")),
        ("2026-03-31", "month", "2026-03-01", "2026-03-31", ("2026-02-01", "2026-02-28")),
        ("2026-01-05", "last", "2025-12-01", "2025-12-31", ("2025-11-01", "2025-11-30")),
        ("2026-11-23", "30d", "2026-10-25", "2026-11-23", ("2026-09-25", "2026-10-24")),
        ("2026-11-23", "year", "2026-04-01", "2026-11-23", ("2025-04-01", "2025-11-23")),
        ("2026-02-01", "year", "2025-04-01", "2026-02-01", ("2024-04-01", "2025-02-01")),
    ],
)
def test_each_span_knows_the_span_before(today, name, first, last, before):
    span = next(one for one in presets(date.fromisoformat(today)) if one.name == name)

    assert (str(span.first), str(span.last), *map(str, span.before)) == (first, last, *before)


@pytest.mark.parametrize(
    "query",
    [{}, {"from": "2026-11-09"}, {"from": "x", "to": "y"}, {"period": "never"},
     {"from": "2026-11-09", "to": "2026-11-01"}, {"from": "0001-01-01", "to": "9999-12-31"}],
)  # fmt: skip
def test_what_is_no_span_of_days_is_this_month(query):
    assert chosen(query, date(2026, 11, 23)).name == "month"


@pytest.mark.parametrize("query", ["?from=x&to=y", "?days=1_2", "?look=%FF", "?fee=none", "?p=x"])
def test_strange_addresses_do_no_harm(ledger, browser_of, query):
    browser = browser_of("owner")

    answers = {browser.get(f"{page}{query}", follow=True).status_code
               for page in (MONEY, RECONCILIATION, PAYMENT, REFUND, ORDER, f"{ORDER}export/",
                            f"{ORDER}abc/change/")}  # fmt: skip

    assert answers == {200, 404}  # there is no order “abc”


# --- coupons ---------------------------------------------------------------------------------


def coupon_words(**changed):
    return {"code": "diwali", "percent": "10", "amount_paise": "", "is_active": "on", **changed}


def test_a_coupon_is_added_in_rupees_or_percent(desk, browser_of):
    browser, page = browser_of("owner"), "/admin/payments/coupon/"

    browser.post(f"{page}add/", coupon_words())
    browser.post(f"{page}add/", coupon_words(code="FLAT", percent="", amount_paise="500"))

    assert sorted(Coupon.objects.values_list("code", "percent", "amount_paise")) == [
        ("DIWALI", 10, None), ("FLAT", None, 50_000),
    ]  # fmt: skip
    assert "₹500" in look(browser, page)


@pytest.mark.parametrize(
    ("changed", "says"),
    [
        ({"amount_paise": "500"}, "Give either a percentage or an amount."),
        ({"percent": ""}, "Give either a percentage or an amount."),
        ({"percent": "95"}, "less than or equal to 90"),
        ({"code": "taken"}, "This code is there already."),
    ],
)
def test_an_impossible_coupon_is_explained(desk, browser_of, changed, says):
    Coupon.objects.create(code="TAKEN", percent=5)

    response = browser_of("owner").post("/admin/payments/coupon/add/", coupon_words(**changed))

    assert says in words(response.content.decode())
    assert Coupon.objects.count() == 1


def test_a_late_payment_is_seen_with_its_reason(desk, browser_of):
    Payment.objects.create(
        order=desk.order("Asha Rao"), amount_paise=950_000, state="pending",
        merchant_order_id="P1-x", page_until=timezone.now() - timedelta(hours=1),
    )  # fmt: skip

    shown = look(browser_of("owner"), MONEY)

    assert "Asha Rao · ₹9,500 The payment page has closed" in shown
    assert reports.payments_to_look_at(timezone.now()).count() == 1

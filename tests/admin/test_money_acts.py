"""What staff do at the till: each act once, by who may, with a sentence that says what happened."""

import datetime as dt

import pytest
from django.contrib.admin.models import LogEntry
from django.utils import timezone

from academics import seats
from academics.models import Batch, Enrollment, WaitingPlace
from coaching.accounts.models import User
from coaching.common.templatetags.money import inr
from coaching.messaging.models import CommunicationLog
from payments import refunds
from payments.admin.enrolments import EnrollmentAdmin
from payments.models import Payment, Receipt, Refund
from tests.admin.money import PAYMENT, REFUND, Desk, address, look, press, stamp_of
from tests.admin.test_switches import words

CASH = {"method": "cash", "amount": "5,000", "note": "book 7"}


@pytest.fixture
def desk(centre):
    return Desk()


@pytest.fixture
def second_owner(people):
    user = User.objects.create_user("second@example.com", "front-desk-demo", name="Second Owner")
    user.set_role("owner")
    return user


def fresh(row):
    return type(row).objects.get(pk=row.pk)


# --- money comes -----------------------------------------------------------------------------


def test_cash_is_booked_and_the_seat_is_theirs(desk, browser_of, people):
    order = desk.order(plan="instalments")

    says = press(browser_of("counsellor"), address(order, "cash"), **CASH)

    payment = Payment.objects.get()
    assert "₹5,000 is booked; the receipt is on its way." in says
    assert (payment.state, payment.method, payment.note) == ("paid", "cash", "book 7")
    assert payment.recorded_by == people["counsellor"]
    assert fresh(order.enrollment).status == "active"
    assert str(Receipt.objects.get()) in says and "Owed ₹4,500" in says


def test_the_dialog_says_what_is_owed_and_when_a_second_person_is_needed(desk, browser_of):
    order = desk.order(plan="instalments")

    says = look(browser_of("owner"), address(order, "cash"))

    assert "₹9,500 is owed." in says
    assert "Above ₹10,000 somebody else has to approve it; until then nothing is unlocked." in says


def twice(browser, page, **given):
    """Two people, or one double click: both have looked before either pressed."""
    given["seen"] = stamp_of(browser.get(page))
    return [browser.post(page, given, follow=True) for _ in range(2)]


def test_pressing_twice_books_once(desk, browser_of):
    order = desk.order()

    pages = twice(browser_of("owner"), address(order, "cash"), **CASH | {"amount": "4,000"})

    assert "Something changed meanwhile, so nothing was done." in pages[1].content.decode()
    assert Payment.objects.count() == 1


def test_control_without_the_stamp_pressing_twice_books_twice(desk, browser_of, monkeypatch):
    monkeypatch.setattr(EnrollmentAdmin, "stamp", lambda self, row: "always the same")
    order = desk.order()

    twice(browser_of("owner"), address(order, "cash"), **CASH | {"amount": "4,000"})

    assert Payment.objects.count() == 2


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"amount": "9,501"}, "₹9,500 is owed: not more than that."),
        ({"amount": "0.99"}, "Write an amount of at least ₹1"),
        ({"amount": "some"}, "“some” is no amount."),
        ({"note": ""}, "Write a word or two: why, or by which paper."),
        ({"method": "phonepe"}, "Select a valid choice."),
    ],
)
def test_what_cannot_be_booked_is_said_in_a_sentence(desk, browser_of, given, says):
    order = desk.order()

    assert says in press(browser_of("owner"), address(order, "cash"), **CASH | given)
    assert not Payment.objects.exists()


@pytest.fixture
def unapproved(desk, browser_of):
    """₹18,000, recorded by the owner: above the limit of one person."""
    order = desk.order(batch=desk.till.batch(course="analytics"))
    says = press(browser_of("owner"), address(order, "cash"), **CASH | {"amount": "18000"})
    assert "₹18,000 is recorded. Somebody else has to approve it." in says
    return Payment.objects.get()


def test_above_the_limit_nothing_is_unlocked_before_another_person_approves(
    unapproved, browser_of, client, second_owner
):
    page = f"{PAYMENT}{unapproved.pk}/approval/"
    alone = press(browser_of("owner"), page)
    before = fresh(unapproved).state, unapproved.order.enrollment.status
    client.force_login(second_owner, backend="allauth.account.auth_backends.AuthenticationBackend")

    says = press(client, page)

    assert "You recorded it: somebody else has to approve it." in alone
    assert before == ("approval", "pending")
    assert "₹18,000 is booked." in says
    assert fresh(unapproved).approved_by == second_owner
    assert fresh(unapproved.order.enrollment).status == "active"


def test_what_is_rejected_is_not_booked_and_keeps_its_reason(unapproved, browser_of):
    says = press(browser_of("owner"), f"{PAYMENT}{unapproved.pk}/rejection/", note="not there")

    assert "₹18,000 is rejected; nothing was booked." in says
    assert (fresh(unapproved).state, fresh(unapproved).reason) == ("failed", "not there")
    assert fresh(unapproved.order).paid_paise == 0


def test_a_counsellor_withdraws_what_they_recorded_themselves_and_nothing_else(
    unapproved, desk, browser_of, people
):
    browser, page = browser_of("counsellor"), f"{PAYMENT}{unapproved.pk}/rejection/"
    refused = browser.get(page).status_code
    Payment.objects.filter(pk=unapproved.pk).update(recorded_by=people["counsellor"])

    press(browser, page, note="typed wrongly", next=address(unapproved.order))

    assert refused == 403
    assert fresh(unapproved).state == "failed"


# --- money goes back -------------------------------------------------------------------------


def test_a_part_given_back_leaves_the_seat(desk, browser_of):
    order = desk.paid()

    says = press(browser_of("owner"), address(order, "refund"), amount="1000.50", note="fan broke")

    refund = Refund.objects.get()
    assert "₹1,000.50 goes back." in says
    assert (refund.amount_paise, refund.why, refund.note) == (100_050, "goodwill", "fan broke")
    assert fresh(order.enrollment).status == "active"


def test_the_rule_proposes_the_amount_and_all_of_it_ends_the_enrolment(desk, browser_of, centre):
    order, browser = desk.paid(), browser_of("owner")
    ruled = inr(refunds.by_the_rule(order, timezone.localdate(), centre))

    page = browser.get(address(order, "refund"))
    press(browser, address(order, "refund"), amount="9500", note="all")

    assert f"By the rule {ruled} goes back today" in words(page.content.decode())
    assert page.context["form"]["amount"].value() == ruled.removeprefix("₹")
    assert (fresh(order.enrollment).status, fresh(order).state) == ("cancelled", "cancelled")
    assert fresh(desk.batch).seats_taken == 0


@pytest.mark.parametrize(("amount", "says"), [("9500.01", "₹9,500 can be given back at most."),
                                              ("0.50", "at least ₹1")])  # fmt: skip
def test_no_more_goes_back_than_was_paid(desk, browser_of, amount, says):
    order = desk.paid()

    assert says in press(browser_of("owner"), address(order, "refund"), amount=amount, note="x")
    assert not Refund.objects.exists()


@pytest.mark.parametrize(
    ("days", "says", "back"),
    [(10, "₹9,000 goes back, ₹500 is kept.", 900_000),
     (0, "₹4,750 goes back, ₹4,750 is kept.", 475_000),
     (-8, "₹0 goes back, ₹9,500 is kept.", 0)],
)  # fmt: skip
def test_leaving_shows_the_rules_amount_first_and_then_gives_it(desk, browser_of, days, says, back):
    order, browser = desk.paid(), browser_of("owner")
    starts_on = timezone.localdate() + dt.timedelta(days=days)
    Batch.objects.filter(pk=desk.batch.pk).update(starts_on=starts_on)

    shown = look(browser, address(order, "end"))
    press(browser, address(order, "end"), note="moved away")

    assert says in shown
    assert sum(refund.amount_paise for refund in Refund.objects.all()) == back
    assert fresh(order.enrollment).status == "cancelled"


def test_an_unpaid_seat_is_let_go(desk, browser_of):
    order = desk.order()

    says = press(browser_of("owner"), address(order, "end"))

    assert "The enrolment has ended." in says
    assert fresh(desk.batch).seats_taken == 0 and not Refund.objects.exists()


def test_cash_that_is_paid_back_by_hand_is_written_down_once(desk, browser_of):
    refunds.refund_order(desk.paid(), 100_000, Refund.Why.GOODWILL)
    refund, browser = Refund.objects.get(), browser_of("owner")
    page = f"{REFUND}{refund.pk}/by-hand/"

    says = press(browser, page, note="to her father")
    again = press(browser, page, note="again")

    assert "₹1,000 is written down as paid back." in says
    assert "It was paid back already." in again
    assert (fresh(refund).state, fresh(refund).note) == ("completed", "to her father")
    assert Receipt.objects.filter(refund=refund).count() == 1


def online(order, **fields):
    return Payment.objects.create(
        order=order, amount_paise=600_000, merchant_order_id=f"P{order.pk}-x", **fields
    )


def test_a_refund_that_gave_up_is_sent_again_when_the_owner_says_so(desk, browser_of):
    paid = online(desk.paid(), received_paise=600_000, state="paid", paid_at=timezone.now())
    refund = refunds.give_back(paid, 600_000, Refund.Why.PAID_TWICE, attempt=5)
    Refund.objects.filter(pk=refund.pk).update(due_at=None)
    browser = browser_of("owner")

    shown = look(browser, f"{REFUND}{refund.pk}/change/")
    says = press(browser, f"{REFUND}{refund.pk}/sending/")

    assert "It failed again and again. Send it again when the cause is gone." in shown
    assert "₹6,000 is being sent." in says
    assert fresh(refund).due_at <= timezone.now()


def test_money_that_is_held_says_why_and_goes_back_only_by_the_owner(desk, browser_of):
    held = online(desk.order(), received_paise=500_000, state="held", reason="amount_differs")
    browser, page = browser_of("owner"), f"{PAYMENT}{held.pk}/"

    shown = look(browser, f"{page}change/")
    press(browser, f"{page}refund/", note="theirs")
    again = press(browser, f"{page}refund/", note="theirs")

    assert "PhonePe reports another amount than was asked for." in shown
    refund = Refund.objects.get()
    assert (refund.amount_paise, refund.of_order_paise, refund.why) == (500_000, 0, "wrong_amount")
    assert "All of it is on its way back already." in again


# --- seats -----------------------------------------------------------------------------------


def test_a_move_takes_the_money_along_and_says_what_is_owed(desk, browser_of):
    order = desk.paid()
    target = desk.till.batch(course="analytics")

    says = press(browser_of("owner"), address(order, "batch"), batch=target.pk)

    assert f"Moved to {target}. ₹8,500 is owed now." in says
    assert fresh(order.enrollment).batch == target
    assert fresh(order).kept_paise == 950_000


def test_a_full_batch_takes_nobody(desk, browser_of):
    order = desk.paid()
    full = desk.till.batch(course="analytics", seats=1)
    desk.paid("Bala", batch=full, paise=1_000_000)

    says = press(browser_of("owner"), address(order, "batch"), batch=full.pk)

    assert "This batch is full" in says
    assert fresh(order.enrollment).batch == desk.batch


def test_the_link_goes_out_again_with_a_seat_held_anew(desk, browser_of):
    order = desk.order(until=timezone.now() + dt.timedelta(minutes=5))

    says = press(browser_of("counsellor"), address(order, "link"))

    assert "The link is on its way again." in says
    assert CommunicationLog.objects.filter(purpose="payment_link", channel="whatsapp").count() == 1
    assert fresh(order.enrollment).held_until > timezone.now() + dt.timedelta(hours=23)


def test_a_lapsed_seat_of_a_batch_that_is_full_by_now_is_not_promised_again(desk, browser_of):
    order = desk.order(batch=desk.till.batch(seats=1))
    seats.let_go(order.enrollment)
    desk.paid("Bala")

    assert "This batch is full" in press(browser_of("owner"), address(order, "link"))
    assert not CommunicationLog.objects.filter(purpose="payment_link").exists()


@pytest.fixture
def queue(desk):
    """A full batch of one seat, and two who wait for it, the first one first."""
    batch = desk.till.batch(seats=1)
    desk.batch = batch
    desk.holder = desk.order("Holder")
    return [
        seats.join_waiting_list(desk.till.person(name)[0], batch) for name in ("First", "Second")
    ]


def place_page(place, act):
    return f"/admin/academics/waitingplace/{place.pk}/{act}/"


def test_a_free_seat_is_offered_to_the_first_and_to_nobody_before(queue, desk, browser_of):
    browser = browser_of("owner")
    while_full = press(browser, place_page(queue[0], "offer"))
    seats.let_go(desk.holder.enrollment)

    too_early = press(browser, place_page(queue[1], "offer"))
    says = press(browser, place_page(queue[0], "offer"))

    assert "No seat is free." in while_full
    assert "First was first: offer the seat there." in too_early
    assert "First has been offered a seat." in says
    assert [fresh(place).state for place in queue] == ["offered", "waiting"]
    assert Enrollment.objects.get(user=queue[0].user).has_seat


def test_who_is_taken_off_the_list_gives_the_offered_seat_back(queue, desk, browser_of):
    browser = browser_of("owner")
    seats.let_go(desk.holder.enrollment)
    press(browser, place_page(queue[0], "offer"))

    says = press(browser, place_page(queue[0], "removal"))
    again = press(browser, place_page(queue[0], "removal"))

    assert "First is off the waiting list" in says
    assert "not on the list any more" in again
    assert WaitingPlace.objects.get(pk=queue[0].pk).state == "left"
    assert fresh(desk.batch).seats_taken == 0


def test_every_act_is_written_into_the_rows_history(desk, browser_of, people):
    order = desk.order()

    press(browser_of("owner"), address(order, "cash"), **CASH)

    entry = LogEntry.objects.get()
    assert (entry.user, entry.get_change_message()) == (
        people["owner"],
        "₹5,000 is booked; the receipt is on its way.",
    )


def test_an_order_leads_to_its_enrolment(desk, browser_of):
    order = desk.order()

    page = browser_of("counsellor").get(f"/admin/payments/order/{order.pk}/change/")

    assert page.url == f"{address(order)}#order-{order.pk}"

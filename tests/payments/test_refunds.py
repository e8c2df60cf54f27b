"""Money on its way back: once, to where it came from, however often the answer is lost."""

from datetime import timedelta

import pytest
from django.utils import timezone

from academics import seats
from academics.models import Enrollment
from coaching.centre.models import Profile
from coaching.messaging.models import Alert, CommunicationLog
from payments import refunds, rounds
from payments.models import Order, Receipt, Refund
from payments.orders import start_payment
from payments.services import record, settle
from tests.conftest import eventually
from tests.payments import books

pytestmark = pytest.mark.django_db(transaction=True)


def given_back(till):
    """What PhonePe gave back by now, in paise."""
    return till.ledger()["refunded_paise"]


def come_to_an_end(refund):
    """Let the till do its rounds until the refund is over, whatever its schedule says."""

    def is_over():
        Refund.objects.filter(next_check_at__isnull=False).update(next_check_at=timezone.now())
        Refund.objects.filter(due_at__isnull=False).update(due_at=timezone.now())
        rounds.ask_what_is_due()
        refund.refresh_from_db()
        return refund.state in ("completed", "failed")

    eventually(is_over)
    return refund


def goodwill(order, paise=10_000):
    [refund] = refunds.refund_order(order, paise, Refund.Why.GOODWILL)
    return refund


def test_a_part_is_given_back_with_a_note_and_the_seat_stays(till):
    payment = till.paid(till.batch())

    refund = come_to_an_end(goodwill(payment.order))

    assert refund.state == "completed"
    assert given_back(till) == 10_000
    assert Receipt.objects.get(refund=refund).paper["against"] == payment.receipt.number
    assert Enrollment.objects.get().status == "active"
    assert CommunicationLog.objects.filter(purpose="refund_done").exists()
    assert books.wrong(till.ledger()) == []


def test_giving_back_everything_ends_the_enrolment_and_frees_the_seat(till):
    batch = till.batch()
    payment = till.paid(batch)

    come_to_an_end(goodwill(payment.order, payment.amount_paise))

    batch.refresh_from_db()
    assert (Enrollment.objects.get().status, batch.seats_taken) == ("cancelled", 0)
    assert books.wrong(till.ledger()) == []


@pytest.mark.parametrize("trouble", ["500_before", "500_after", "reset_before", "reset_after"])
def test_a_lost_answer_never_gives_back_twice(till, trouble):
    payment = till.paid(till.batch())
    till.sandbox.misbehave("refund", trouble)

    refund = come_to_an_end(goodwill(payment.order))

    assert refund.state == "completed"
    assert given_back(till) == 10_000
    assert books.wrong(till.ledger()) == []


def test_a_refund_that_fails_is_tried_again_with_a_new_id_and_the_owner_knows(till):
    payment = till.paid(till.batch())
    till.sandbox.behave(phonepe={"refund_ends": "FAILED"})

    first = come_to_an_end(goodwill(payment.order))
    till.sandbox.behave(phonepe={"refund_ends": "COMPLETED"})
    second = come_to_an_end(Refund.objects.get(state="due"))

    assert (first.state, first.reason) == ("failed", "BF_034")
    assert (second.state, second.attempt) == ("completed", 2)
    assert first.merchant_refund_id != second.merchant_refund_id
    assert given_back(till) == 10_000
    assert Alert.objects.filter(key=f"refund:{payment.pk}").exclude(closed_at=None).exists()
    assert books.wrong(till.ledger()) == []


def test_after_five_failures_it_waits_for_the_owner_who_sends_it_again(till):
    payment = till.paid(till.batch())
    till.sandbox.behave(phonepe={"refund_ends": "FAILED"})
    goodwill(payment.order)
    for _ in range(5):
        come_to_an_end(Refund.objects.filter(due_at__isnull=False, state="due").get())

    waiting = Refund.objects.get(state="due")
    assert (waiting.due_at, waiting.attempt) == (None, 6)
    till.sandbox.behave(phonepe={"refund_ends": "COMPLETED"})
    assert refunds.send_again(waiting)

    assert come_to_an_end(waiting).state == "completed"
    assert books.wrong(till.ledger()) == []


def test_no_more_is_given_back_than_was_paid(till):
    payment = till.paid(till.batch())
    goodwill(payment.order, 600_000)

    with pytest.raises(refunds.NothingToGiveBack):
        goodwill(payment.order, 600_000)

    assert books.wrong() == []


def test_refunds_of_one_order_go_one_after_the_other(till):
    payment = till.paid(till.batch())
    made = [goodwill(payment.order, 10_000 * n) for n in (1, 2, 3)]

    for refund in made:
        come_to_an_end(refund)

    assert given_back(till) == 60_000
    assert books.wrong(till.ledger()) == []


@pytest.mark.parametrize(
    ("days_before_start", "gives"),
    [(10, 900_000), (3, 900_000), (2, 475_000), (0, 475_000), (-6, 475_000), (-7, 0), (-40, 0)],
)
def test_who_leaves_gets_what_the_written_rule_says(till, days_before_start, gives):
    batch = till.batch(starts_on=timezone.localdate() + timedelta(days=30))
    payment = till.paid(batch)
    batch.starts_on = timezone.localdate() + timedelta(days=days_before_start)
    batch.save()
    order = Order.objects.select_related("enrollment__batch").get()

    made = refunds.leave(order)

    assert sum(refund.amount_paise for refund in made) == gives
    assert Enrollment.objects.get().status == "cancelled"
    assert payment.amount_paise == 950_000
    assert books.wrong() == []


def test_who_leaves_between_instalments_gets_the_newest_money_first(till):
    batch = till.batch(starts_on=timezone.localdate() + timedelta(days=30))
    first = till.paid(batch, plan="instalments")
    second = start_payment(first.order)
    till.do(second, "pay")
    settle(second.pk)

    made = refunds.leave(Order.objects.get())

    assert [refund.payment for refund in made] == [second, first]
    assert sum(refund.amount_paise for refund in made) == 900_000
    assert books.wrong() == []


def test_money_that_was_held_goes_back_when_the_owner_says_so(till):
    payment = till.begin(till.batch())
    till.tell(payment, orderId="OMO0000000000000000")
    till.do(payment, "pay")
    payment = settle(payment.pk)
    assert payment.state == "held"

    refund = come_to_an_end(refunds.give_back_held(payment, by=None, note="looked at"))

    assert (refund.state, given_back(till)) == ("completed", payment.amount_paise)
    assert Receipt.objects.get(refund=refund).kind == "refund_note"
    with pytest.raises(refunds.NothingToGiveBack):
        refunds.give_back_held(payment, by=None)
    assert books.wrong(till.ledger()) == []


def test_cash_is_given_back_by_hand(till, owner):
    order = till.order(till.batch())
    record(order, method="cash", amount_paise=order.total_paise, by=owner, note="at the desk")
    refund = goodwill(order, 20_000)

    rounds.ask_what_is_due()
    refund.refresh_from_db()
    assert refund.state == "due"
    assert refunds.paid_back_by_hand(refund, by=owner, note="handed over")

    assert Refund.objects.get().state == "completed"
    assert till.ledger()["refunds"] == []
    assert books.wrong(till.ledger()) == []


def test_what_came_too_much_goes_back_by_itself(till):
    batch = till.batch(seats=1)
    loser = till.begin(batch)
    Profile.objects.update(seat_grace_minutes=0)
    seats.let_go(loser.order.enrollment)
    till.paid(batch)
    till.do(loser, "pay")
    settle(loser.pk)

    refund = come_to_an_end(Refund.objects.get())

    assert (refund.why, refund.amount_paise) == ("batch_full", loser.amount_paise)
    assert CommunicationLog.objects.filter(purpose="payment_returned").exists()
    assert books.wrong(till.ledger()) == []

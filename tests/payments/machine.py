"""A till in the hands of chance: people pay, decline, come late, pay twice, leave; things crash.

After each step the books close as far as we can see; at the end, when all has come to rest, they
close against PhonePe's own ledger, to the paisa.
"""

from contextlib import contextmanager
from datetime import timedelta

from django.utils import timezone
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, initialize, invariant, rule

from academics import seats
from academics.models import Enrollment
from payments import notices, orders, phonepe, receipts, refunds, rounds
from payments.models import Payment, Refund
from payments.services import settle
from tests.payments import books

SEATS, PEOPLE = 1, 3  # so that most of them come too late
CRASHES = {  # where the process dies: before the call, or when it has returned
    "no receipt yet": (receipts, "issue", "before"),
    "receipt written": (receipts, "issue", "after"),
    "message queued": (notices, "received", "after"),
    "seat taken": (seats, "admit", "after"),
    "refund row written": (refunds, "give_back", "after"),
    "page asked for": (phonepe, "open_page", "after"),
    "refund sent": (phonepe, "refund", "after"),
    "refund asked about": (phonepe, "refund_state", "after"),
    "state known": (phonepe, "order_state", "after"),
}


class Crash(BaseException):
    """As if the process were gone: nobody catches it, the transaction is rolled back."""


@contextmanager
def dying(point):
    """The next call at `point` is the last thing that the process does."""
    module, name, when = CRASHES[point]
    usual = getattr(module, name)

    def last(*args, **kwargs):
        if when == "after":
            usual(*args, **kwargs)
        raise Crash(point)

    setattr(module, name, last)
    try:
        yield
    except Crash:
        pass
    finally:
        setattr(module, name, usual)


class Machine(RuleBasedStateMachine):
    till = None  # set by the test
    payments = Bundle("payments")

    @initialize()
    def open_a_batch(self):
        self.batch = self.till.new_batch(seats=SEATS)
        self.people = [self.till.person() for _ in range(PEOPLE)]

    @rule(
        target=payments,
        who=st.integers(0, PEOPLE - 1),
        plan=st.sampled_from(["full", "instalments"]),
        point=st.sampled_from([None, None, None, "page asked for"]),
    )
    def go_to_pay(self, who, plan, point):
        return self._go_to_pay(self.people[who], plan, point)

    def _go_to_pay(self, who, plan, point=None):
        before = set(Payment.objects.values_list("pk", flat=True))
        try:
            order = self.till.order(self.batch, who=who, plan=plan)
            with dying(point) if point else _nothing():
                orders.start_payment(order)
        except (seats.BatchFull, seats.AlreadyEnrolled, orders.NothingToPay):
            return None
        new = Payment.objects.exclude(pk__in=before).first()
        return new and new.pk

    @rule(payment=payments, what=st.sampled_from(["pay", "pay", "pay", "decline", "expire"]))
    def act_on_the_page(self, payment, what):
        self._at_phonepe(payment, what)

    @rule(payment=payments, plan=st.sampled_from(["full", "instalments"]))
    def pay_on_two_pages(self, payment, plan):
        """The first page seems to be closed, so the person opens a second, and pays on both."""
        order = payment and Payment.objects.get(pk=payment).order
        if order:
            _pages_look_closed()
            again = self._go_to_pay((order.user, order.contact), plan)
            self._at_phonepe(payment, "pay")
            self._at_phonepe(again, "pay")

    @rule(payment=payments)
    def pay_late(self, payment):
        self._at_phonepe(payment, "pay_late", seconds=0)

    def _at_phonepe(self, pk, what, **options):
        payment = pk and Payment.objects.get(pk=pk)
        if payment:
            self.till.sandbox.http.post(
                f"/control/phonepe/orders/{payment.merchant_order_id}", json={"do": what, **options}
            )  # what cannot be done there is refused there

    @rule(payment=payments, point=st.sampled_from([None, None, *CRASHES]))
    def news_comes(self, payment, point):
        if payment:
            with dying(point) if point else _nothing():
                settle(payment)

    @rule()
    def holds_lapse(self):
        Enrollment.objects.filter(status="pending", has_seat=True).update(
            held_until=timezone.now() - timedelta(seconds=1)
        )
        rounds.let_seats_lapse()

    @rule(payment=payments, paise=st.integers(100, 300_000))
    def the_owner_gives_back(self, payment, paise):
        order = payment and Payment.objects.get(pk=payment).order
        if order and order.kept_paise > 0:
            refunds.refund_order(order, min(paise, order.kept_paise), Refund.Why.GOODWILL)

    @rule(payment=payments)
    def a_student_leaves(self, payment):
        order = payment and Payment.objects.get(pk=payment).order
        if order and order.enrollment.status == "active" and order.state == "open":
            refunds.leave(order)

    @rule(point=st.sampled_from([None, "refund sent", "refund asked about"]))
    def the_workers_work(self, point):
        _everything_is_due()
        for work, pk in rounds._due_refunds():
            with dying(point) if point else _nothing():
                work(pk)
        rounds.ask_what_is_due()

    @invariant()
    def the_books_close(self):
        assert books.wrong() == []

    def teardown(self):
        if not hasattr(self, "batch"):
            return
        for _ in range(60):
            _everything_is_due()
            rounds.ask_what_is_due()
            unfinished = Refund.objects.filter(state__in=["due", "sending", "pending"]).exists()
            unsettled = self._completed_there() - self._settled_here()
            if not unfinished and not unsettled:
                break
        assert books.wrong(self.till.ledger()) == []
        assert not unfinished
        assert not unsettled

    def _completed_there(self):
        orders_there = self.till.ledger()["orders"]
        return {o["merchant_order_id"] for o in orders_there if o["state"] == "COMPLETED"}

    def _settled_here(self):
        settled = Payment.objects.filter(state__in=["paid", "held"])
        return set(settled.values_list("merchant_order_id", flat=True))


@contextmanager
def _nothing():
    yield


def _pages_look_closed():
    Payment.objects.filter(state="pending").update(page_until=timezone.now())


def _everything_is_due():
    """Time passes: whatever waits for its time has come to it."""
    now = timezone.now()
    Payment.objects.exclude(state__in=["paid", "held"]).update(
        next_check_at=now, created_at=now - timedelta(minutes=2)
    )
    Refund.objects.filter(state__in=Refund.IN_FLIGHT).update(next_check_at=now)
    Refund.objects.filter(state="due").update(due_at=now)

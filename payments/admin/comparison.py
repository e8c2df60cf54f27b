"""What PhonePe says of our payments and refunds, beside what we have: asked when the owner asks.

What is not settled yet is settled on the way, so that a row which differs afterwards really does.
Bounded: STEP rows at once, THREADS at a time, and nothing is begun any more after SECONDS.
"""

import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from django.db import connection
from django.urls import reverse

from coaching.common.money import inr
from payments import phonepe, refunds, reports
from payments.models import Payment, Refund
from payments.services import settle

STEP = 60
THREADS = 8
SECONDS = 20
UNKNOWN = "never heard of it"


@dataclass(frozen=True)
class Compared:
    """One row beside PhonePe's answer. The paise are what each side counts as moved."""

    row: object
    ours: str
    theirs: str
    verdict: str  # "agrees", "differs", "no answer"
    our_paise: int = 0
    their_paise: int = 0

    @property
    def page(self):
        return reverse(f"admin:payments_{self.row._meta.model_name}_change", args=[self.row.pk])

    @property
    def tone(self):
        return {"agrees": "success", "differs": "danger"}.get(self.verdict, "warning")


def of_payment(pk):
    """Settle a payment and return it Compared. Not inside a transaction."""
    payment = settle(pk)
    has_come = payment.state in (Payment.State.PAID, Payment.State.HELD)
    mine = payment.received_paise if has_come else 0
    try:
        answer = phonepe.order_state(payment.merchant_order_id)
    except phonepe.PhonePeError as error:
        return _unanswered(payment, mine, error)
    theirs = answer.amount_paise if answer.state == "COMPLETED" else 0
    is_undecided = (
        payment.state == Payment.State.HELD and payment.returned_paise < payment.received_paise
    )
    same = (
        mine == theirs
        and not is_undecided
        and answer.order_id == (payment.provider_order_id or answer.order_id)
        and (not mine or answer.transaction_id == payment.transaction_id)
    )
    said = f"{answer.state}, {inr(answer.amount_paise)}, {answer.transaction_id or answer.code}"
    return Compared(
        payment, _ours(payment, payment.transaction_id), said.rstrip(", "),
        "agrees" if same else "differs", mine, theirs,
    )  # fmt: skip


def of_refund(pk):
    """Ask for a refund that is on its way, and return it Compared. Not inside a transaction."""
    refunds.check(pk)
    refund = Refund.objects.select_related("payment", "order").get(pk=pk)
    mine = refund.amount_paise if refund.state == Refund.State.COMPLETED else 0
    try:
        answer = phonepe.refund_state(refund.merchant_refund_id)
    except phonepe.PhonePeError as error:
        return _unanswered(refund, mine, error)
    theirs = answer.amount_paise if answer.state == "COMPLETED" else 0
    said = f"{answer.state}, {inr(answer.amount_paise)}, {answer.code}"
    return Compared(
        refund, _ours(refund, ""), said.rstrip(", "),
        "agrees" if mine == theirs else "differs", mine, theirs,
    )  # fmt: skip


def _ours(row, more):
    text = f"{row.get_state_display()}, {inr(row.amount_paise)}"
    return f"{text}, {more}" if more else text


def _unanswered(row, mine, error):
    """PhonePe does not know it, which is right as long as nothing moved; or it did not answer."""
    if not isinstance(error, phonepe.UnknownId):
        return Compared(row, _ours(row, ""), f"no answer ({error})", "no answer", mine)
    return Compared(row, _ours(row, ""), UNKNOWN, "differs" if mine else "agrees", mine)


def due_between(first, last):
    """Return the (function, id) of everything online that was begun on these days (IST)."""
    begins, ends = reports.moments(first, last)
    days = {"created_at__gte": begins, "created_at__lt": ends}
    online = Payment.objects.filter(method=Payment.Method.PHONEPE, **days)
    back = Refund.objects.filter(payment__method=Payment.Method.PHONEPE, **days)
    return [
        *((of_payment, pk) for pk in online.order_by("pk").values_list("pk", flat=True)),
        *((of_refund, pk) for pk in back.order_by("pk").values_list("pk", flat=True)),
    ]


def compare(first, last, skip=0):
    """Return (Compared rows, how many are behind us now, how many there are)."""
    jobs = due_between(first, last)
    step = jobs[skip : skip + STEP]
    deadline = time.monotonic() + SECONDS
    with ThreadPoolExecutor(THREADS) as pool:
        found = [one for one in pool.map(lambda job: _ask(job, deadline), step) if one]
    return found, skip + len(found), len(jobs)


def _ask(job, deadline):
    """None when the time is up: later ones of the step are then left out as well."""
    if time.monotonic() > deadline:
        return None
    work, pk = job
    try:
        return work(pk)
    finally:
        connection.close()

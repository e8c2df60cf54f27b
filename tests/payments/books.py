"""The promise about money: the sentences that it is broken by. None when the books close."""

from django.db.models import F, Sum

from academics.models import Batch, Enrollment
from payments.models import Order, Payment, Receipt, Refund, Series


def wrong(ledger=None):
    """Return what is wrong in our books, and against PhonePe's `ledger` where given."""
    found = [*_seats(), *_payments(), *_orders(), *_papers()]
    return found + (list(_against(ledger)) if ledger else [])


def _seats():
    for batch in Batch.objects.all():
        seated = Enrollment.objects.filter(batch=batch, has_seat=True).count()
        if batch.seats_taken != seated:
            yield f"{batch}: {batch.seats_taken} seats taken, {seated} people seated"
        if batch.seats_taken + batch.seats_taken_elsewhere > batch.seats:
            yield f"{batch}: oversold"
    paid = Order.objects.filter(paid_paise__gt=F("refunded_paise"))
    for enrollment in Enrollment.objects.filter(status__in=["active", "completed"]):
        if not paid.filter(enrollment=enrollment).exists():
            yield f"{enrollment}: a seat that nobody paid for"


def _payments():
    for payment in Payment.objects.filter(state=Payment.State.PAID):
        refunds = payment.refunds.exclude(state=Refund.State.FAILED)
        claimed = sum(refund.amount_paise for refund in refunds)
        surplus = sum(refund.amount_paise - refund.of_order_paise for refund in refunds)
        if payment.received_paise != payment.amount_paise:
            yield f"{payment}: {payment.received_paise} came of {payment.amount_paise}"
        if payment.surplus_paise != surplus:
            yield f"{payment}: {payment.surplus_paise} too much, {surplus} goes back"
        if payment.returned_paise != claimed:
            yield f"{payment}: {payment.returned_paise} noted as returned, refunds make {claimed}"


def _orders():
    for order in Order.objects.all():
        applied = sum(order.payments.values_list("applied_paise", flat=True))
        back = sum(
            order.refunds.exclude(state=Refund.State.FAILED)
            .values_list("of_order_paise", flat=True)
        )  # fmt: skip
        cheaper = sum(
            order.refunds.exclude(state=Refund.State.FAILED)
            .filter(why=Refund.Why.PRICE_CHANGED)
            .values_list("of_order_paise", flat=True)
        )  # fmt: skip
        if order.settled_paise != applied - cheaper:
            yield f"{order}: {order.settled_paise} settled, not {applied} − {cheaper}"
        if (order.paid_paise, order.refunded_paise) != (applied, back):
            yield f"{order}: {order.paid_paise} − {order.refunded_paise}, not {applied} − {back}"
        status = order.enrollment.status
        if order.paid_paise > order.refunded_paise and status == "pending":
            yield f"{order}: money without a seat"
        last = order.instalments.order_by("number").last()
        if last and last.upto_paise != order.total_paise:
            yield f"{order}: its instalments do not make its total"


def _papers():
    for payment in Payment.objects.filter(state=Payment.State.PAID, receipt=None):
        yield f"{payment}: paid without a receipt"
    for refund in Refund.objects.filter(state=Refund.State.COMPLETED, receipt=None):
        yield f"{refund}: given back without a note"
    for series in Series.objects.all():
        serials = list(series.receipt_set.order_by("serial").values_list("serial", flat=True))
        if serials != list(range(1, len(serials) + 1)) or series.last != len(serials):
            yield f"{series}: {serials} with {series.last} as the last"
    for receipt in Receipt.objects.all():
        tax = receipt.paper.get("tax")
        if tax and receipt.paper["amount_paise"] != sum(
            tax[name] for name in ("taxable_paise", "cgst_paise", "sgst_paise", "igst_paise")
        ):
            yield f"{receipt}: its tax does not add up"


def _against(ledger):
    """Compare with what PhonePe itself says came and went."""
    ours = {p.merchant_order_id: p for p in Payment.objects.filter(method="phonepe")}
    for order in ledger["orders"]:
        payment = ours.get(order["merchant_order_id"])
        if payment is None:
            yield f"{order['merchant_order_id']}: unknown to us"
        elif order["state"] == "COMPLETED" and payment.state not in ("paid", "held"):
            yield f"{payment}: paid at PhonePe, {payment.state} here"
        elif order["state"] != "COMPLETED" and payment.state == "paid":
            yield f"{payment}: paid here, {order['state']} at PhonePe"
    here = Refund.objects.filter(state=Refund.State.COMPLETED, payment__method="phonepe")
    ours_back = here.aggregate(sum=Sum("amount_paise"))["sum"] or 0
    there = {r["merchant_refund_id"] for r in ledger["refunds"]}
    completed = sum(r["amount_paise"] for r in ledger["refunds"] if r["state"] == "COMPLETED")
    if not Refund.objects.filter(state__in=Refund.IN_FLIGHT).exists() and ours_back != completed:
        yield f"given back: {ours_back} here, {completed} at PhonePe"
    for name in there - set(Refund.objects.values_list("merchant_refund_id", flat=True)):
        yield f"{name}: a refund unknown to us"

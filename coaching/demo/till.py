"""The till of the demo: enrolments with their history. Nothing is sent, and PhonePe not asked."""

from datetime import timedelta

from django.db import transaction
from django.utils import timezone

from academics import seats
from academics.models import Batch, Enrollment
from coaching.accounts.models import Contact
from coaching.messaging.models import CommunicationLog, State
from leads.enrol import convert_lead
from leads.models import Lead
from payments import access, refunds
from payments.models import Order, Payment
from payments.orders import due_now, link_until, open_order, write_parts
from payments.services import receive, record

Plan, Method = Order.Plan, Payment.Method
# The end of the number, batch, plan, how it was paid, how many hours after they had asked.
PAID = [
    ("01", "FND-EVE", Plan.FULL, Method.PHONEPE, 3),
    ("03", "DJ-EVE", Plan.INSTALMENTS, Method.CASH, 30),
    ("06", "DJ-EVE", Plan.INSTALMENTS, Method.CASH, 50),
]
LEFT, LATE = "06", "03"
LINKED, UNAPPROVED = "05", "09"
DAYS_LATE = 9


@transaction.atomic
def add_enrolments(student, counsellor, profile):
    """Add what came of some enquiries, once; `student` is the one who can log in."""
    if Order.objects.exists():
        return
    for ending, code, plan, method, hours in PAID:
        order = _enrol(ending, code, plan, counsellor)
        if order:
            asked_at = Lead.objects.get(user=order.user).created_at
            _pay(order, method, asked_at + timedelta(hours=hours), counsellor)
            if ending == LATE:
                _let_it_be_late(order)
            if ending == LEFT:
                refunds.leave(order, by=counsellor, note="moves to Pune")
    _enrol(LINKED, "DA-WKD", Plan.FULL, counsellor)
    if waits := _enrol(UNAPPROVED, "DJ-EVE", Plan.FULL, counsellor):
        record(waits, method=Method.BANK, amount_paise=waits.total_paise, by=counsellor,
               note="NEFT of this morning")  # fmt: skip
    batch = Batch.objects.filter(code="FND-WKD").first()
    if batch and not batch.is_full and student.contact:
        own = open_order(
            user=student, contact=student.contact, batch=batch, plan=Plan.FULL,
            until=link_until(profile), name=student.name, email=student.email or "",
        )  # fmt: skip
        _pay(own, Method.BANK, timezone.now() - timedelta(days=2), counsellor)


def _enrol(ending, code, plan, by):
    """Return the order of the enquiry with this number, or None where the demo has it not."""
    lead = Lead.objects.filter(phone=f"+9198111000{ending}").first()
    batch = Batch.objects.filter(code=code).first()
    if lead is None or batch is None:
        return None
    try:
        order = convert_lead(lead, by=by, batch=batch, plan=plan)
    except seats.BatchFull:
        return None
    _was_delivered(order, timezone.now() - timedelta(hours=1))
    return order


def _pay(order, method, moment, by):
    """Book what was due as it came at `moment`."""
    online = method == Method.PHONEPE
    Contact.objects.locked(order.contact.phone)
    payment = Payment.objects.create(
        order=order, method=method, amount_paise=due_now(order, timezone.localdate()),
        merchant_order_id=f"demo-{order.pk}" if online else None, created_at=moment,
        recorded_by=None if online else by, note="" if online else "at the desk",
    )  # fmt: skip
    told = {"transaction_id": f"demo-{order.pk}", "mode": "UPI_QR"} if online else {}
    receive(payment, moment, **told)
    earlier = moment - timedelta(minutes=20)
    Order.objects.filter(pk=order.pk).update(created_at=earlier)
    Enrollment.objects.filter(pk=order.enrollment_id).update(
        created_at=earlier, activated_at=moment
    )
    _was_delivered(order, moment)


def _let_it_be_late(order):
    """Its second part was due some days ago."""
    today = timezone.localdate()
    first, second, *later = order.instalments.all()
    parts = [(first.amount_paise, today - timedelta(days=30)),
             (second.amount_paise, today - timedelta(days=DAYS_LATE)),
             *((part.amount_paise, part.due_on) for part in later)]  # fmt: skip
    write_parts(order, parts)
    access.write(order)


def _was_delivered(order, moment):
    """What the till would say has been said: finished rows, as on a good day."""
    waiting = CommunicationLog.objects.filter(subject=order.subject, state=State.PENDING)
    waiting.update(
        state=State.DELIVERED, attempts=1, created_at=moment, due_at=moment, trying_since=moment,
        posted_at=moment + timedelta(milliseconds=40), accepted_at=moment + timedelta(seconds=1),
        delivered_at=moment + timedelta(seconds=3),
    )  # fmt: skip

"""From a lead to a student: by staff in one click, or by the visitor's own checkout."""

from django.db import transaction
from django.dispatch import receiver
from django.utils import timezone

from coaching.accounts.models import Contact
from coaching.accounts.services import student_for
from coaching.centre.models import Profile
from leads.models import Lead
from payments import notices
from payments.models import Order
from payments.orders import due_now, link_until, open_order, seat_until
from payments.signals import enrolled


@transaction.atomic
def convert_lead(lead, *, by, batch, plan=Order.Plan.FULL, code=""):
    """Make the lead a student with a seat held in `batch`, and send the link to pay by.

    However often and from however many places at once: one User, one pending Enrollment, one
    Order, one message a channel and day. `by` is the member of staff. Raises BatchFull,
    AlreadyEnrolled or CouponRefused, and changes nothing then. The lead is marked enrolled when the
    money arrives.
    """
    until = link_until(Profile.current())
    order = _order(lead, batch, plan, code, until=until, by=by)
    day = timezone.localdate()
    notices.payment_link(order, until=until, paise=due_now(order, day), again=day.isoformat())
    return order


@transaction.atomic
def checkout(lead, *, batch, plan, code="", state_code=""):
    """The same by the visitor: a seat held as long as a payment page is open, and no message."""
    until = seat_until(Profile.current())
    return _order(lead, batch, plan, code, until=until, state_code=state_code)


def _order(lead, batch, plan, code, *, until, **more):
    user = student_of(lead)
    return open_order(
        user=user, contact=lead.contact, batch=batch, plan=plan, until=until, name=lead.name,
        email=lead.email, language=lead.language, code=code, **more,
    )  # fmt: skip


def student_of(lead):
    """Return the User that a lead has become, made if need be. Takes the person's lock.

    Joins the caller's transaction.
    """
    contact = Contact.objects.locked(lead.contact.phone)
    lead.refresh_from_db()
    if lead.user_id is None:
        lead.user = student_for(contact, lead.name, lead.email)
        Lead.objects.filter(pk=lead.pk).update(user=lead.user, updated_at=timezone.now())
    return lead.user


@receiver(enrolled)
def the_lead_is_a_student(sender, enrollment, order, **_):
    """Their open enquiries have ended well; who pays is no program, whatever the bin says."""
    ended = (*Lead.OPEN, Lead.Status.JUNK)
    Lead.objects.filter(user=enrollment.user, status__in=ended).update(
        status=Lead.Status.ENROLLED, updated_at=timezone.now()
    )

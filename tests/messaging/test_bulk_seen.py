"""`held_at`: 'what was held or released since is left alone'."""

from django.utils import timezone

from coaching.messaging import bulk
from coaching.messaging.models import CommunicationLog, State


def test_what_was_held_after_the_owner_looked_is_left_alone(product, centre):
    centre.budget_whatsapp_paise_hour = centre.budget_whatsapp_paise_day = 100
    centre.save()
    leads = product.ask_many(3)
    product.work()  # one leaves, two are held
    waiting = product.ask(name="Zoya", phone="91234 56789")
    seen_at = timezone.now()  # the owner sees two
    product.work()  # the third is held after that

    rows = CommunicationLog.objects.filter(channel="whatsapp", reason="budget_spent")
    moved = bulk.cancel_many(rows, seen_at)

    theirs = product.log("whatsapp", contact=waiting.contact)
    assert (moved, theirs.state) == (2, State.HELD), leads

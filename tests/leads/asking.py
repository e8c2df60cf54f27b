"""What a visitor's form sends."""

from datetime import timedelta

import time_machine
from django.utils import timezone

from leads.forms import EnquiryForm


def a_post(**changes):
    """What the form sends, ten seconds after it was shown."""
    with time_machine.travel(timezone.now() - timedelta(seconds=10)):
        fresh = EnquiryForm.fresh()
    return {
        "name": "Asha Rao",
        "phone": "98765 43210",
        "email": "asha@example.com",
        "course": "analytics",
        "consent": "on",
        "uuid": str(fresh.initial["uuid"]),
        "stamp": fresh.initial["stamp"],
        **changes,
    }


def enquire(client, **changes):
    """Send the form; return the address of the page that says what happens next."""
    response = client.post("/enquiries/", a_post(**changes))
    assert response.status_code == 303
    return response["Location"]

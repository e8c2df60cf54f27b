"""The migration that made a claim begin the request, over rows that are under way."""

import pytest
from django.core.management import call_command
from django.db import connection

from tests.conftest import _Quiet

CLAIMED = """
    UPDATE messaging_communicationlog SET state = 'sending', posted_at = {} WHERE contact_id = %s
"""


@pytest.mark.django_db(transaction=True)
def test_what_was_only_claimed_waits_again_and_what_had_begun_stays_in_flight(product):
    claimed = product.ask(email="a@example.com")
    begun = product.ask(name="B", phone="91234 56789")
    call_command("migrate", "messaging", "0001", verbosity=0, stdout=_Quiet())
    with connection.cursor() as cursor:
        cursor.execute(CLAIMED.format("NULL"), [claimed.contact_id])
        cursor.execute(CLAIMED.format("due_at"), [begun.contact_id])

    call_command("migrate", "messaging", verbosity=0, stdout=_Quiet())

    states = {
        lead: set(lead.communication_logs.values_list("state", flat=True))
        for lead in (claimed, begun)
    }
    assert states == {claimed: {"pending"}, begun: {"sending"}}

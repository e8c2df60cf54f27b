"""The pipeline after an error: the same key at once, and the connection afterwards."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import IntegrityError, connection, transaction

from coaching.accounts.phone import read_phone
from coaching.common.rows import insert, together
from coaching.messaging.models import CommunicationLog
from leads.models import Enquiry, Lead
from leads.services import Arrival, capture_lead


def capture(key, name="Asha", phone="+919876543210"):
    return capture_lead(name=name, phone=read_phone(phone), arrival=Arrival(via="api", key=key))


def test_the_same_key_for_another_person_is_the_same_lead_and_leaves_nothing(
    transactional_db, centre
):
    first = capture("api:1")
    again = capture("api:1", name="Ravi", phone="+919123456789")

    assert (again.lead, again.is_new) == (first.lead, False)
    assert (Lead.objects.count(), Enquiry.objects.count()) == (1, 1)
    assert not connection.in_atomic_block
    capture("api:2", name="Zoya", phone="+919123456780")
    assert Lead.objects.count() == 2


def test_inside_a_surrounding_transaction_too(db, centre):
    first = capture("api:1")
    again = capture("api:1", name="Ravi", phone="+919123456789")

    assert (again.lead, again.is_new) == (first.lead, False)
    assert Lead.objects.count() == 1


def test_the_same_key_twelve_times_at_once(transactional_db, centre):
    def post(n):
        try:
            return capture("api:1", name=f"N {n}", phone=f"+9198{n:02}7{n:02}321").lead.pk
        finally:
            connection.close()

    with ThreadPoolExecutor(12) as pool:
        leads = set(pool.map(post, range(12)))

    assert len(leads) == 1
    assert (Lead.objects.count(), Enquiry.objects.count()) == (1, 1)
    assert CommunicationLog.objects.count() == 2


def test_an_error_at_the_end_of_a_block_is_djangos_own(transactional_db, centre):
    lead = capture("api:1").lead
    with pytest.raises(IntegrityError), transaction.atomic(), together():
        insert(Enquiry(lead=lead, key="api:1", via="api"))
    assert Lead.objects.count() == 1

"""One tap stops everything, without a log-in; opening the link does not."""

import pytest

from coaching.accounts.models import Consent, Contact
from coaching.messaging import links


@pytest.fixture
def contact(db, centre):
    return Contact.objects.having("+919876543210")


@pytest.fixture
def path(contact, settings):
    return links.unsubscribe(contact).removeprefix(settings.SITE_URL)


def test_opening_the_link_changes_nothing(client, contact, path):
    assert client.get(path).status_code == 200

    contact.refresh_from_db()
    assert contact.opted_out_at is None


def test_one_tap_stops_and_another_starts_again(client, contact, path):
    assert client.post(path).status_code == 200
    contact.refresh_from_db()
    assert contact.opted_out_at

    client.post(path, {"do": "start"})
    contact.refresh_from_db()
    assert contact.opted_out_at is None
    assert [c.source for c in Consent.objects.all()] == ["link", "link"]


def test_a_mail_program_unsubscribes_by_one_click(client, contact, path):
    answer = client.post(path, {"List-Unsubscribe": "One-Click"})

    assert answer.status_code == 200
    contact.refresh_from_db()
    assert contact.opted_out_at


def test_an_altered_link_is_not_found(client, path):
    assert client.get(path[:-3] + "xx/").status_code == 404


def test_consents_cannot_be_changed_even_past_the_model(contact):
    from django.db import DatabaseError, connection, transaction

    Consent.objects.create(contact=contact, action="given", source="form")

    with pytest.raises(DatabaseError, match="only ever added"), transaction.atomic():
        connection.cursor().execute("UPDATE accounts_consent SET action = 'withdrawn'")

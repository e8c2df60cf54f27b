"""Liveness and readiness, for whoever watches the machine."""

from datetime import timedelta

from django.utils import timezone

from coaching.accounts.models import Contact
from coaching.messaging.models import CommunicationLog


def test_alive(client):
    assert client.get("/livez").status_code == 200


def test_ready_says_database_broker_and_oldest_unsent(client, db):
    answer = client.get("/readyz")

    assert answer.status_code == 200
    assert answer.json() == {
        "status": "ok", "database": True, "broker": True, "oldest_unsent_seconds": None,
    }  # fmt: skip


def test_a_late_message_is_reported(client, db):
    contact = Contact.objects.having("+919876543210")
    CommunicationLog.objects.create(
        contact=contact, channel="whatsapp", purpose="enquiry_welcome", dedupe_key="k",
        recipient=contact.phone, due_at=timezone.now() - timedelta(minutes=5),
    )  # fmt: skip

    report = client.get("/readyz").json()

    assert report["status"] == "degraded"
    assert 299 <= report["oldest_unsent_seconds"] <= 310


def test_without_the_broker_it_is_degraded_but_serves(client, db, settings):
    settings.REDIS_URL = "redis://127.0.0.1:9"

    answer = client.get("/readyz")

    assert (answer.status_code, answer.json()["status"]) == (200, "degraded")

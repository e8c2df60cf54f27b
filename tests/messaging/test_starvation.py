"""A slow channel's backlog in front of the others: they are never handed to the crew."""

import threading
from datetime import timedelta

from django.utils import timezone

from coaching.messaging import crew, sweeper
from coaching.messaging.models import CommunicationLog
from tests.conftest import eventually


def test_a_provider_that_hangs_holds_up_nothing_but_itself_without_the_doorbell(
    product, monkeypatch
):
    lead = product.ask(email="asha@example.com")
    CommunicationLog.objects.filter(channel="voice").delete()
    CommunicationLog.objects.filter(channel="whatsapp").delete()
    long_ago = timezone.now() - timedelta(minutes=1)
    CommunicationLog.objects.bulk_create(
        CommunicationLog(
            contact=lead.contact,
            channel="whatsapp",
            purpose="enquiry_welcome",
            dedupe_key=f"w{n}",
            recipient=lead.phone,
            due_at=long_ago,
            context={},
        )
        for n in range(sweeper.BATCH)
    )
    hangs = threading.Event()
    from coaching.messaging.channels import whatsapp

    monkeypatch.setattr(whatsapp, "prepare", lambda log: hangs.wait(30))

    try:
        for _ in range(3):
            CommunicationLog.objects.filter(channel="email").update(
                due_at=timezone.now() - timedelta(seconds=20)
            )
            sweeper.send_due(grace=timedelta(0))
        eventually(lambda: product.sandbox.mails("asha@example.com"), seconds=5)
    finally:
        CommunicationLog.objects.filter(channel="whatsapp").update(state="cancelled", reason="x")
        hangs.set()
        eventually(lambda: not crew._in_hand, seconds=40)


def test_one_odd_row_does_not_keep_others_in_hand_for_ever(product):
    product.ask(email="asha@example.com")
    CommunicationLog.objects.filter(channel="whatsapp").update(channel="sms")
    sweeper.send_due(grace=timedelta(0))
    CommunicationLog.objects.filter(channel="sms").delete()

    try:
        sweeper.send_due(grace=timedelta(0))
        eventually(lambda: product.sandbox.mails("asha@example.com"), seconds=5)
    finally:
        crew._in_hand.clear()

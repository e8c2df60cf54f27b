"""What was held over days leaves at once when one clean post comes from anywhere."""

from datetime import timedelta

from coaching.messaging.models import Channel, CommunicationLog

ASHA = "+919876543210"


def test_a_weeks_held_floods_do_not_reach_the_victim_in_one_minute(product, time_machine):
    time_machine.move_to("2026-11-20 12:00 +0530")
    for day in range(6):
        time_machine.move_to(f"2026-11-{20 + day} 12:{day:02} +0530")
        product.ask(email="asha@example.com", arrival={"suspicion": "suspected_bot"})
    product.work()
    assert product.sandbox.messages(ASHA) == []

    time_machine.move_to("2026-11-26 13:00 +0530")
    product.ask(email="asha@example.com")
    for _ in range(5):
        CommunicationLog.objects.filter(state="pending").exclude(channel="voice").update(
            due_at=CommunicationLog.objects.first().created_at - timedelta(hours=1)
        )
        product.work()

    sent = len(product.sandbox.messages(ASHA)), len(product.sandbox.mails("asha@example.com"))
    assert sum(sent) <= 3, sent


def test_releasing_a_week_of_held_messages_does_not_call_one_number_six_times(
    product, time_machine
):
    from django.utils import timezone

    from coaching.messaging import bulk

    for day in range(6):
        time_machine.move_to(f"2026-11-{20 + day} 12:{day:02} +0530")
        product.ask(arrival={"suspicion": "suspected_bot"})
    time_machine.move_to("2026-11-26 13:00 +0530")
    bulk.release_many(
        CommunicationLog.objects.all(), timezone.now(), room=dict.fromkeys(Channel.values, 100)
    )

    for _ in range(8):
        CommunicationLog.objects.filter(state="pending", reason="earlier_in_doubt").update(
            due_at=timezone.now() - timedelta(seconds=1)
        )
        product.work()

    counts = len(product.sandbox.calls(ASHA)), len(product.sandbox.messages(ASHA))
    assert (counts[0] <= 1, counts[1] <= 3) == (True, True), counts

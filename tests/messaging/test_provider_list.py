"""The provider's list of a day: read to its end, within the day, and past what is odd in it."""

from datetime import datetime, timedelta

import pytest

from coaching.messaging import diff, tasks
from coaching.messaging.channels import DeliveryError
from coaching.messaging.models import Alert, Channel, CommunicationLog, ProviderDiff, State
from tests.messaging.comparison import INDIA, a_message, list_requests, provider_that_lists


def test_a_list_of_several_pages_is_read_to_its_end(product, day, next_morning, no_receipts):
    for number in range(5):
        product.ask(name=f"Asha {number}", phone=f"98765 4321{number}")
    product.work()
    asked = len(list_requests(product.sandbox))
    next_morning()

    found = diff.compare(day, "whatsapp", page_size=2)

    assert len(list_requests(product.sandbox)) - asked == 3
    assert (found.provider_count, found.is_clean) == (5, True)


def test_a_list_that_never_ends_is_given_up(product, day, settings, monkeypatch):
    monkeypatch.setattr("coaching.messaging.twilio.MOST_PAGES", 2)

    with provider_that_lists(settings, [], [], []), pytest.raises(DeliveryError):
        diff.compare(day, "whatsapp")

    assert not ProviderDiff.objects.exists()


def test_a_day_begins_and_ends_at_midnight_in_india(centre, settings, time_machine):
    time_machine.move_to(datetime(2026, 11, 24, 5, 10, tzinfo=INDIA))
    moments = [(21, 23, 59), (22, 0, 1), (22, 23, 59), (23, 0, 1)]
    made = [
        a_message(n, datetime(2026, 11, day, hour, minute, tzinfo=INDIA))
        for n, (day, hour, minute) in enumerate(moments)
    ]

    with provider_that_lists(settings, made):
        found = diff.compare(datetime(2026, 11, 22).date(), "whatsapp")

    assert [entry["sid"] for entry in found.unclaimed] == [made[1]["sid"], made[2]["sid"]]
    assert found.provider_count == 2


def test_a_row_at_the_days_edge_is_found_though_the_providers_clock_is_an_hour_off(
    product, settings, time_machine
):
    product.ask()
    begun_at = datetime(2026, 11, 22, 23, 59, tzinfo=INDIA)
    there = a_message(1, begun_at + timedelta(hours=1))
    CommunicationLog.objects.filter(channel="whatsapp").update(
        state=State.SENT, provider_id=there["sid"], posted_at=begun_at
    )
    time_machine.move_to(datetime(2026, 11, 24, 5, 10, tzinfo=INDIA))

    with provider_that_lists(settings, [there]):
        found = diff.compare(begun_at.date(), "whatsapp")

    assert (found.provider_count, found.is_clean) == (0, True)


def test_odd_rows_of_the_provider_do_not_hide_the_others(centre, settings, time_machine):
    time_machine.move_to(datetime(2026, 11, 24, 5, 10, tzinfo=INDIA))
    noon = datetime(2026, 11, 22, 12, tzinfo=INDIA)
    odd = [
        None, 7, "text", [], {}, {"sid": None}, {"sid": "SM\x00"}, {"sid": ["SM"]},
        a_message(1, None), a_message(2, noon, date_created="soon"),
        a_message(3, noon, date_created=7), a_message(4, noon, direction="inbound"),
    ]  # fmt: skip
    readable = [a_message(5, noon, to=None, direction=None), a_message(6, noon, to="\x00"),
                a_message(7, noon)]  # fmt: skip

    with provider_that_lists(settings, odd, readable):
        found = diff.compare(noon.date(), "whatsapp")

    assert [entry["sid"] for entry in found.unclaimed] == [row["sid"] for row in readable]
    assert [entry["to"] for entry in found.unclaimed] == ["", "", "3210"]
    assert {entry["log"] for entry in found.unclaimed} == {""}


@pytest.mark.parametrize("fault", ["500_before", "401", "429", "bad_json"])
def test_a_provider_that_cannot_be_asked_is_asked_again_an_hour_later(
    product, day, next_morning, no_receipts, fault
):
    product.ask()
    product.work()
    next_morning()
    product.sandbox.misbehave("list", fault, times=None)

    tasks.compare_with_provider()

    assert not ProviderDiff.objects.exclude(channel="email").exists()
    assert not Alert.objects.exists()
    product.sandbox.control("faults", method="DELETE")
    tasks.compare_with_provider()
    assert ProviderDiff.objects.filter(day=day).count() == len(Channel)

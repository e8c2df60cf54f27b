"""The provider lies, stays silent, or its receipts come as they like; the clock is wrong."""

import httpx
import pytest

from tests.chaos.conftest import everything_settles
from tests.chaos.invariants import doubled
from tests.conftest import eventually

pytestmark = pytest.mark.stack
LIES = ("500_before", "500_after", "reset_before", "reset_after", "hang_after", "bad_json", "429")


def states(house, enquiry):
    """The state of each channel's row."""
    return dict(
        house.sql(
            "SELECT channel, state FROM messaging_communicationlog "
            f"WHERE subject = 'lead:{min(enquiry.ids)}' AND direction = 'out'"
        )
    )


def test_every_lie_is_found_out_by_asking_and_nobody_hears_twice(house, client):
    house.sandbox.behave(callbacks={"drop": True})
    for lie in LIES:
        enquiry = client.new()
        for target in ("messages", "calls"):
            house.sandbox.misbehave(target, lie, to=enquiry.phone, seconds=10)
        client.insist(enquiry)

    everything_settles(house, client)


def test_receipts_that_come_twice_and_in_any_order_only_move_forward(house, client):
    house.sandbox.behave(callbacks={"double": True, "shuffle": True})

    enquiry = client.enquire()

    eventually(lambda: states(house, enquiry) == {"whatsapp": "read", "voice": "answered"})
    everything_settles(house, client)


def test_a_receipt_that_comes_before_the_answer_is_believed(house, client):
    house.sandbox.behave(latency_ms=500, callbacks={"early": True})

    enquiry = client.enquire()

    eventually(lambda: states(house, enquiry) == {"whatsapp": "read", "voice": "answered"})
    everything_settles(house, client)


def test_without_receipts_what_the_provider_took_counts_as_sent(house, client):
    house.sandbox.behave(callbacks={"drop": True})

    enquiry = client.enquire()

    everything_settles(house, client)
    assert states(house, enquiry) == {"whatsapp": "sent", "voice": "sent"}


def test_a_forged_receipt_is_refused_and_changes_nothing(house, client):
    house.sandbox.behave(callbacks={"drop": True})
    enquiry = client.enquire()
    everything_settles(house, client)
    message = house.sandbox.messages(enquiry.phone)[0]

    answer = httpx.post(
        message["form"]["StatusCallback"],
        data={"MessageSid": message["sid"], "MessageStatus": "failed"},
        headers={"X-Twilio-Signature": "forged"},
    )

    assert answer.status_code == 403
    assert states(house, enquiry)["whatsapp"] == "sent"


@pytest.mark.slow
def test_clocks_an_hour_apart_and_a_foreign_time_zone_send_nothing_twice(house, client):
    fast, slow = house.workers
    fast.restart(CHAOS_CLOCK_HOURS="1", TZ="Pacific/Auckland")
    slow.restart(CHAOS_CLOCK_HOURS="-1", TZ="America/New_York")
    house.wait_until_ready()
    try:
        for lie in LIES:
            enquiry = client.new()
            house.sandbox.misbehave("messages", lie, to=enquiry.phone, seconds=1)
            client.insist(enquiry)

        everything_settles(house, client)
        assert doubled(house, client) == []
    finally:
        for worker in house.workers:
            worker.restart(CHAOS_CLOCK_HOURS="0", TZ="UTC")

"""Negative controls: each guard switched off in turn must turn the checks of this folder red."""

import pytest

from tests.chaos.faultpoints import arm, has_struck
from tests.chaos.invariants import broken_promises, doubled, lost, unsettled
from tests.conftest import eventually

pytestmark = pytest.mark.stack


@pytest.fixture
def without(house):
    """Start the processes again without one guard; afterwards again with it."""
    changed = []

    def switch_off(guard, *parts):
        for part in parts:
            part.restart(CHAOS_GUARD_OFF=guard)
            changed.append(part)
        house.wait_until_ready()

    yield switch_off
    for part in changed:
        part.restart(CHAOS_GUARD_OFF="")


def test_without_asking_the_provider_a_lost_answer_sends_twice(house, client, without):
    without("doubt", *house.workers)
    house.sandbox.behave(callbacks={"drop": True})
    enquiry = client.new()
    house.sandbox.misbehave("messages", "500_after", to=enquiry.phone)

    client.insist(enquiry)

    assert eventually(lambda: doubled(house, client)) == [f"{enquiry.phone} got 2 × whatsapp"]


@pytest.mark.slow
def test_without_one_winner_of_a_claim_two_workers_send(house, client, without):
    without("claim", *house.workers)
    house.sandbox.behave(latency_ms=1000, callbacks={"drop": True})

    client.enquire()

    assert eventually(lambda: doubled(house, client))


def test_without_the_sweeper_a_lost_doorbell_is_a_lost_message(house, client, without):
    without("sweeper", *house.workers)
    house.broker.down()

    client.enquire()

    with pytest.raises(AssertionError):
        eventually(lambda: not unsettled(house, client), seconds=6)
    assert len(lost(house, client)) == 2


def test_without_the_outbox_a_killed_page_is_a_lead_nobody_answers(house, client, without):
    without("outbox", house.web)
    arm(house, "after-commit")

    client.enquire()

    assert has_struck(house, "after-commit")
    assert "has no row for" in broken_promises(house, client)[0]


@pytest.mark.slow
def test_without_the_key_a_repeated_post_is_a_second_enquiry(house, client, without):
    without("key", house.web)
    arm(house, "before-answer")

    client.enquire()

    assert "was noted 2 times" in broken_promises(house, client)[0]


@pytest.mark.slow
def test_without_swallowing_a_dead_doorbell_denies_a_saved_enquiry(house, client, without):
    without("doorbell", house.web)
    house.broker.down()
    enquiry = client.new()

    status = client.post(enquiry)

    assert status == 500
    assert house.sql(f"SELECT count(*) FROM leads_lead WHERE phone = '{enquiry.phone}'") == [(1,)]

"""A worker dies, or freezes for longer than its lease, while it sends."""

import time

import pytest

from tests.chaos.conftest import LEASE_SECONDS, everything_settles
from tests.chaos.faultpoints import IN_WORKER, arm, has_struck
from tests.chaos.invariants import doubled, received, unsettled
from tests.conftest import eventually

pytestmark = pytest.mark.stack


@pytest.fixture(autouse=True)
def no_receipts(house):
    """Nothing but asking the provider tells what became of a lost answer."""
    house.sandbox.behave(callbacks={"drop": True})


@pytest.mark.parametrize("point", IN_WORKER)
def test_a_worker_killed_at_this_point_loses_and_doubles_nothing(house, client, point):
    arm(house, point)

    client.enquire()

    eventually(lambda: has_struck(house, point))
    everything_settles(house, client)


def test_workers_killed_while_their_requests_are_out_lose_and_double_nothing(house, client):
    house.sandbox.behave(latency_ms=1500)

    enquiry = client.enquire()
    eventually(lambda: house.sandbox.messages(enquiry.phone))
    eventually(lambda: house.sandbox.calls(enquiry.phone))
    for worker in house.workers:
        worker.kill()
    house.sandbox.behave(latency_ms=0)

    everything_settles(house, client)


@pytest.mark.slow
def test_a_letter_that_was_on_its_way_when_the_worker_died_comes_at_most_twice(house, client):
    arm(house, "before-update", times=2)

    enquiry = client.enquire(email=True)

    everything_settles(house, client)
    assert received(house)["email", enquiry.email] == 1  # one letter, by its Message-ID
    assert len(house.sandbox.mails(enquiry.email)) <= 2


@pytest.fixture
def no_calls(house):
    """One message an enquiry: a frozen worker has no second one that stands before the wire."""
    house.sql(
        "INSERT INTO messaging_pause (channel, cause, since, next_try_at, by)"
        " VALUES ('voice', 'owner', now(), now(), '')"
    )
    time.sleep(1.1)  # as long as workers remember
    yield
    house.sql("DELETE FROM messaging_pause")
    time.sleep(1.1)


@pytest.mark.usefixtures("no_calls")
@pytest.mark.parametrize("point", ["preparing", "before-update"])
def test_a_worker_frozen_past_its_lease_does_not_send_what_others_took_over(house, client, point):
    arm(house, point, "freeze")

    enquiry = client.enquire()
    eventually(lambda: has_struck(house, point))
    time.sleep(LEASE_SECONDS)
    eventually(lambda: not unsettled(house, client), seconds=20)
    for worker in house.workers:
        worker.thaw()

    eventually(lambda: not unsettled(house, client), seconds=20)
    time.sleep(LEASE_SECONDS)  # the thawed worker has done what it was about to do
    assert doubled(house, client) == []
    assert received(house)["whatsapp", enquiry.phone] == 1


@pytest.mark.slow
def test_a_worker_frozen_between_its_last_check_and_the_wire_sends_one_twice(house, client):
    """The one gap that no check can close, because the provider takes no key."""
    arm(house, "claimed", "freeze")

    client.enquire()
    eventually(lambda: has_struck(house, "claimed"))
    eventually(lambda: not unsettled(house, client), seconds=20)
    for worker in house.workers:
        worker.thaw()

    found = eventually(lambda: doubled(house, client))
    assert all(" got 2 × " in sentence for sentence in found)
    eventually(lambda: any("sent_twice" in worker.log.read_text() for worker in house.workers))


@pytest.mark.usefixtures("no_calls")
def test_a_worker_frozen_inside_a_transaction_holds_up_no_other(house, client):
    """It has locked what every worker needs: the day's budget."""
    arm(house, "debited", "freeze")
    enquiries = [client.enquire()]
    eventually(lambda: has_struck(house, "debited"))

    enquiries += [client.enquire(), client.enquire()]

    eventually(lambda: not unsettled(house, client), seconds=30)
    for worker in house.workers:
        worker.thaw()
    time.sleep(LEASE_SECONDS)  # the thawed worker has done what it was about to do
    assert doubled(house, client) == []
    assert [received(house)["whatsapp", enquiry.phone] for enquiry in enquiries] == [1, 1, 1]

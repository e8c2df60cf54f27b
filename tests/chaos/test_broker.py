"""The broker is only the doorbell: dead, deaf or full, the page answers and the messages leave."""

from statistics import median

import pytest

from tests.chaos.conftest import everything_settles
from tests.conftest import eventually

pytestmark = pytest.mark.stack
PAGE_SECONDS = 0.5


def enquire_quickly(client, times=5):
    """Enquire a few times; the page must answer at the first try, and at once."""
    enquiries = [client.enquire() for _ in range(times)]
    assert all(enquiry.answers == [201] for enquiry in enquiries)
    assert median(enquiry.seconds for enquiry in enquiries) <= PAGE_SECONDS


def test_without_a_broker_the_page_answers_and_the_sweeper_sends(house, client):
    house.broker.down()

    enquire_quickly(client)

    everything_settles(house, client)


def test_a_hung_broker_holds_up_neither_the_page_nor_the_messages(house, client):
    house.broker.freeze()

    enquire_quickly(client)

    everything_settles(house, client)


@pytest.fixture
def full_broker(house):
    broker = house.redis()
    broker.config_set("maxmemory-policy", "noeviction")
    broker.config_set("maxmemory", "1mb")
    yield
    broker.config_set("maxmemory", "0")


@pytest.mark.usefixtures("full_broker")
def test_a_full_broker_holds_up_neither_the_page_nor_the_messages(house, client):
    enquire_quickly(client)

    everything_settles(house, client)


@pytest.mark.usefixtures("full_broker")
def test_a_worker_that_starts_beside_a_full_broker_sweeps_all_the_same(house, client):
    for worker in house.workers:
        worker.kill()

    enquire_quickly(client)

    everything_settles(house, client)


def test_a_broker_that_forgot_everything_costs_no_message(house, client):
    for worker in house.workers:
        worker.freeze()
    enquire_quickly(client)

    house.redis().flushall()
    for worker in house.workers:
        worker.thaw()

    everything_settles(house, client)


@pytest.mark.slow
def test_workers_listen_again_once_the_broker_is_back(house, client):
    house.broker.down()
    eventually(lambda: house.listening() == 0)

    house.broker.start()

    eventually(lambda: house.listening() == len(house.workers), seconds=20)
    enquire_quickly(client, times=1)
    everything_settles(house, client)


def test_messages_need_no_beat(house, client):
    house.beats[0].down()

    enquire_quickly(client, times=1)

    everything_settles(house, client)


def test_two_beats_send_nothing_twice(house, client):
    second = house.add_beat()

    enquire_quickly(client)

    everything_settles(house, client)
    assert second.is_alive

"""Web, worker, broker or database die between two steps of a payment or a refund: afterwards there
is one payment, one seat, one receipt, one refund, and the books close against PhonePe's.
"""

import threading
from contextlib import suppress

import pytest

from tests.chaos.faultpoints import OF_ATTEMPT, OF_REFUND, OF_SETTLE, arm, has_struck
from tests.chaos.money import Office, Till
from tests.chaos.proxy import Wire
from tests.conftest import eventually

pytestmark = pytest.mark.stack

# payments, seats, receipts, refunds, notes, messages
SEATED = (1, 1, 1, 0, 0, 1)
GIVEN_BACK = (1, 0, 1, 1, 1, 2)


@pytest.fixture(scope="module")
def office(shared_house):
    with Office(shared_house) as office:
        yield office


@pytest.fixture
def till(house, office):
    """No webhook comes, unless a test lets it: then only the rounds, or who looks, settle."""
    till = Till(house, office)
    till.behave(lose=True, refund_seconds=0.1)
    yield till
    till.behave(lose=False, refund_seconds=1)


def comes_to_rest(till, buyer, facts, seconds=20):
    """Let time pass until the buyer's facts are these; then the books close."""
    for _ in range(seconds):
        till.time_passes()
        with suppress(AssertionError):
            eventually(lambda: till.facts(buyer) == facts, seconds=1)
            break
    assert till.facts(buyer) == facts
    assert till.wrong() == []


@pytest.mark.slow
@pytest.mark.parametrize("point", OF_ATTEMPT)
def test_web_killed_on_the_way_to_phonepe_costs_one_press_more(house, till, point):
    buyer = till.buyer()
    arm(house, point)

    till.pays(buyer)

    assert buyer.answers[0] == 0
    comes_to_rest(till, buyer, SEATED)


@pytest.mark.slow
def test_web_killed_while_phonepe_is_asked_for_the_page_costs_one_press_more(house, till):
    buyer = till.buyer()
    house.sandbox.behave(latency_ms=400)
    before = len(till.ledger()["orders"])

    pressed = threading.Thread(target=till.press_pay, args=(buyer,))
    pressed.start()
    eventually(lambda: len(till.ledger()["orders"]) > before)
    house.web.kill()
    pressed.join()
    house.sandbox.behave(latency_ms=0)
    till.pays(buyer)

    assert buyer.answers[0] == 0
    comes_to_rest(till, buyer, SEATED)


@pytest.mark.slow
@pytest.mark.parametrize("point", [*OF_SETTLE, "after-commit"])
def test_web_killed_while_it_settles_what_the_return_page_asks_for(house, till, point):
    buyer = till.buyer()
    till.pays(buyer)
    arm(house, point)

    first = till.looks(buyer)

    assert (first, has_struck(house, point)) == (0, True)
    comes_to_rest(till, buyer, SEATED)


@pytest.mark.parametrize("point", [*OF_SETTLE, "settled"])
def test_a_worker_killed_while_it_settles_what_a_webhook_told(house, till, point):
    buyer = till.buyer()
    till.goes_to_phonepe(buyer)
    till.behave(lose=False)
    arm(house, point)

    till.at_phonepe(buyer)

    eventually(lambda: has_struck(house, point))
    comes_to_rest(till, buyer, SEATED)


def seated(till):
    """A buyer who has paid and whose seat is theirs, and what was paid."""
    buyer = till.buyer()
    till.pays(buyer)
    eventually(lambda: till.looks(buyer) == 200)
    assert till.facts(buyer)[:5] == SEATED[:5]
    return buyer, till.kept_paise(buyer)


def test_web_killed_while_the_owner_gives_money_back_gives_it_back_once(house, till):
    buyer, paise = seated(till)
    arm(house, "refund-noted")

    pressed = [till.owner_gives_back(buyer, paise // 100) for _ in range(3)]

    assert pressed == [0, 302, 200]  # killed, done, nothing left to give back
    gives_back_once(till, buyer, paise)


def gives_back_once(till, buyer, paise):
    comes_to_rest(till, buyer, GIVEN_BACK)
    assert till.given_back(buyer) == [paise]


@pytest.mark.slow
@pytest.mark.parametrize("point", OF_REFUND)
def test_a_worker_killed_while_it_gives_money_back_gives_it_back_once(house, till, point):
    buyer, paise = seated(till)
    arm(house, point)

    till.owner_gives_back(buyer, paise // 100)

    eventually(lambda: has_struck(house, point) or till.time_passes())
    gives_back_once(till, buyer, paise)


@pytest.mark.slow
def test_workers_killed_while_phonepe_takes_the_refund_give_it_back_once(house, till):
    buyer, paise = seated(till)
    house.sandbox.behave(latency_ms=400)
    before = len(till.ledger()["refunds"])

    till.owner_gives_back(buyer, paise // 100)
    eventually(lambda: len(till.ledger()["refunds"]) > before)
    for worker in house.workers:
        worker.kill()
    house.sandbox.behave(latency_ms=0)

    gives_back_once(till, buyer, paise)


@pytest.fixture
def wire(house):
    """The pages reach the database over a wire that can be cut."""
    wire = Wire(house.folder / "till", house.server.home)
    direct = house.web.environment["DATABASE_URL"]
    house.web.restart(DATABASE_URL=house.database_at(house.folder / "till"))
    house.wait_until_ready()
    yield wire
    house.web.restart(DATABASE_URL=direct)
    wire.close()
    house.wait_until_ready()


@pytest.mark.slow
def test_a_connection_cut_at_the_commit_of_settle_books_the_payment_once(till, wire):
    for when in ("before", "after"):
        buyer = till.buyer()
        till.pays(buyer)
        wire.cut_next(when)

        looked = till.looks(buyer)

        assert (looked, wire.has_cut) == (503, True)
        comes_to_rest(till, buyer, SEATED)


def test_a_webhook_without_a_database_is_answered_503_and_the_next_one_settles(house, till):
    buyer = till.buyer()
    till.goes_to_phonepe(buyer)
    till.behave(lose=False)
    house.postgres.down()

    till.at_phonepe(buyer)
    eventually(lambda: answers_to_webhooks(house, buyer))
    house.postgres.start()
    house.server.wait_until_it_accepts()

    eventually(lambda: till.facts(buyer) == SEATED)
    assert answers_to_webhooks(house, buyer) == [503, 200]
    assert till.wrong() == []


def answers_to_webhooks(house, buyer):
    """What PhonePe was told each time, oldest first."""
    name = buyer.way_back.rstrip("/").rpartition("/")[2]
    return [row["status"] for row in house.sandbox.log("webhook") if row["sid"] == name]


def test_without_a_broker_the_round_settles_what_the_webhook_has_made_due(house, till):
    buyer = till.buyer()
    till.goes_to_phonepe(buyer)
    till.behave(lose=False)
    house.broker.down()

    till.at_phonepe(buyer)

    eventually(lambda: till.facts(buyer) == SEATED)
    assert till.wrong() == []

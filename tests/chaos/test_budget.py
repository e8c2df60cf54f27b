"""I5: whatever dies or lies, the provider's bill stays within the budget."""

import time

import pytest

from tests.chaos.faultpoints import arm
from tests.chaos.invariants import doubled, unsettled
from tests.conftest import eventually

pytestmark = pytest.mark.stack
MESSAGES = 5


@pytest.fixture
def budget(house):
    """Money for five more WhatsApp messages today, and no more."""
    [(price,)] = house.sql("SELECT price_whatsapp_paise FROM centre_profile")
    spent = house.sql("SELECT max(paise) FROM messaging_spend WHERE channel = 'whatsapp'")[0][0]
    set_budget(house, (spent or 0) + MESSAGES * price)
    yield
    set_budget(house, 0)


def set_budget(house, paise):
    house.sql(
        f"UPDATE centre_profile SET budget_whatsapp_paise_day = {paise}, "
        f"budget_whatsapp_paise_hour = {paise}"
    )
    time.sleep(1.1)  # every process remembers the profile for a second


@pytest.mark.slow
def test_kills_and_lies_spend_no_paisa_beyond_the_budget(house, client, budget):
    house.sandbox.misbehave("messages", "500_after", times=2)
    house.sandbox.misbehave("messages", "500_before", times=2)
    arm(house, "claimed")
    arm(house, "before-update")

    for _ in range(3 * MESSAGES):
        client.enquire()

    eventually(lambda: not unsettled(house, client), seconds=30)
    sent = [enquiry for enquiry in client.enquiries if house.sandbox.messages(enquiry.phone)]
    held = house.sql(
        "SELECT recipient FROM messaging_communicationlog WHERE reason = 'budget_spent'"
    )
    assert len(sent) == MESSAGES
    assert len(held) == 2 * MESSAGES
    assert doubled(house, client) == []

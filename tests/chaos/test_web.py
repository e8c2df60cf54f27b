"""A web process dies while it takes an enquiry."""

import pytest

from tests.chaos.client import new_phone
from tests.chaos.conftest import everything_settles
from tests.chaos.faultpoints import IN_WEB, arm
from tests.conftest import eventually

pytestmark = pytest.mark.stack


@pytest.mark.parametrize("point", IN_WEB)
def test_a_web_process_killed_at_this_point_loses_and_doubles_nothing(house, client, point):
    arm(house, point)

    enquiry = client.enquire()

    assert enquiry.answers[0] == 0
    everything_settles(house, client)


def test_the_form_sent_again_after_a_crash_is_the_same_enquiry(house, client):
    phone = new_phone()
    hidden = client.open_form()
    arm(house, "before-answer")

    first = client.send_form(hidden, phone)
    eventually(lambda: client.send_form(hidden, phone) == 303, seconds=20)

    noted = (
        "SELECT l.id FROM leads_lead l JOIN leads_enquiry e ON e.lead_id = l.id "
        f"WHERE l.phone = '{phone}'"
    )
    assert first == 0
    assert len(house.sql(noted)) == 1
    eventually(lambda: house.sandbox.messages(phone) and house.sandbox.calls(phone))
    assert len(house.sandbox.messages(phone)) == len(house.sandbox.calls(phone)) == 1

"""The owner's rules about fees, as typed; what a person's timeline keeps; many hands at once."""

from functools import partial
from unittest.mock import Mock

import pytest
from django.db import connection

from coaching.centre.models import Profile
from leads.timeline import timeline
from payments import refunds
from payments.models import Payment, Refund
from tests.admin.money import Desk, address, look, stamp_of
from tests.admin.test_centre import PROFILE, profile_words
from tests.payments.at_once import at_once


@pytest.fixture
def desk(centre):
    return Desk()


def test_the_rules_are_typed_in_rupees_and_count_at_once(desk, browser_of):
    browser = browser_of("owner")

    browser.post(PROFILE, profile_words(
        approval_above_paise="2,500", refund_keeps_paise="250.50", early_discount_paise="0",
        refund_first_week_percent="25", fee_grace_days="7",
    ))  # fmt: skip

    profile = Profile.fresh()
    assert (profile.approval_above_paise, profile.refund_keeps_paise) == (250_000, 25_050)
    assert (profile.refund_first_week_percent, profile.fee_grace_days) == (25, 7)
    assert "Above ₹2,500 somebody else" in look(browser, address(desk.order(), "cash"))


@pytest.mark.parametrize(
    ("changed", "says"),
    [
        ({"refund_first_week_percent": "101"}, "less than or equal to 100"),
        ({"gst_percent": "41"}, "less than or equal to 40"),
        ({"approval_above_paise": "much"}, "“much” is no amount."),
        ({"fee_grace_days": "-1"}, "greater than or equal to 0"),
    ],
)
def test_a_rule_that_cannot_be_is_refused(desk, browser_of, changed, says):
    response = browser_of("owner").post(PROFILE, profile_words(**changed))

    errors = response.context["adminform"].form.errors
    assert list(errors) == list(changed) and says in str(errors)


def test_nought_means_always_a_second_person(desk, browser_of, set_limits):
    set_limits(approval_above_paise=0)

    says = look(browser_of("owner"), address(desk.order(), "cash"))

    assert "Somebody else has to approve it; until then nothing is unlocked." in says


def test_the_timeline_tells_what_was_paid_and_given_back(desk):
    order = desk.paid("Asha Rao")
    refunds.refund_order(order, 950_000, Refund.Why.GOODWILL, note="kindness")

    events = {event.title: event for event in timeline(order.contact)}

    assert {"Enrolment begun", "In the batch", "Enrolment ended"} <= events.keys()
    came, back = events["₹9,500 by Cash"], events["₹9,500 back: The centre's decision"]
    assert (came.state, came.text) == ("Paid", "desk\nPaper R/26-27/00001.")
    assert (back.state, back.text) == ("To be sent", "kindness")
    assert back.explanation == "It came by cash: pay it back by hand, then say so here."


@pytest.mark.django_db(transaction=True)
def test_ten_presses_at_once_of_what_was_looked_at_book_once(desk, browser_of):
    order = desk.order()

    pressed_at_once(browser_of, address(order, "cash"))

    assert [(p.state, p.amount_paise) for p in Payment.objects.all()] == [("paid", 90_000)]


@pytest.mark.django_db(transaction=True)
def test_control_without_the_persons_lock_they_book_more_than_once(desk, browser_of, monkeypatch):
    monkeypatch.setattr("payments.admin.dialogs.Contact", Mock())
    order = desk.order()

    pressed_at_once(browser_of, address(order, "cash"))

    assert Payment.objects.count() > 1 or connection.vendor == "sqlite"  # one writer at a time


def pressed_at_once(browser_of, page):
    browsers = [browser_of("owner") for _ in range(10)]
    seen = stamp_of(browsers[0].get(page))
    given = {"method": "cash", "amount": "900", "note": "desk", "seen": seen}
    at_once(partial(one.post, page, given) for one in browsers)

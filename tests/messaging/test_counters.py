"""Ways around the counters, and people locked out by them."""

import pytest

from coaching.common.http import client_ip
from leads import flood
from tests.leads.test_flood import ask, held, limits, numbers  # noqa: F401


def test_an_ipv4_visitor_of_a_dual_stack_server_is_counted_as_ipv4(rf):
    mapped = client_ip(rf.get("/", REMOTE_ADDR="::ffff:203.0.113.9"))

    assert mapped == "203.0.113.9"


def test_ipv4_visitors_of_a_dual_stack_server_are_known_by_their_ipv4_address(rf):
    request = rf.get("/", REMOTE_ADDR="::ffff:203.0.113.9")

    assert client_ip(request) == "203.0.113.9"


def test_one_mailbox_by_plus_addresses_is_one_mailbox(db, limits):  # noqa: F811
    for n, phone in enumerate(numbers(12)):
        ask(phone, email=f"victim+{n}@gmail.com")

    assert held("too_many_with_email") == 7


def test_one_mailbox_by_dots_is_one_mailbox(db, limits):  # noqa: F811
    spelt = [
        "victim",
        "v.ictim",
        "vi.ctim",
        "vic.tim",
        "vict.im",
        "victi.m",
        "v.i.ctim",
        "v.ic.tim",
    ]
    for name, phone in zip(spelt, numbers(8), strict=True):
        ask(phone, email=f"{name}@gmail.com")

    assert held("too_many_with_email") == 3


def test_somebody_who_asks_six_times_is_no_run_of_neighbours(db, limits):  # noqa: F811
    limits(sequential_numbers=5)

    for n in range(7):
        ask("+919876543210", message=f"Question {n}")

    assert held("sequential_numbers") == 0


def test_one_ipv6_household_meets_the_ceiling_of_an_address(db, limits):  # noqa: F811
    limits(leads_per_ip_hour=1)

    with pytest.raises(flood.TooManyEnquiries):
        for n, phone in enumerate(numbers(40)):
            ask(phone, ip=f"2001:db8:7:1::{n:x}")


def test_a_neighbour_is_not_locked_out_by_repeats_of_another_number(db, limits):  # noqa: F811
    limits(sequential_numbers=5)
    for n in range(6):
        ask("+919876543210", message=f"Question {n}")

    lead = ask("+919876543240", name="Ravi")

    assert lead.enquiries.get().suspicion == ""

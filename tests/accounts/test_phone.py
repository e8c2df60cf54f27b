"""Numbers are read however they are typed; what is no number is refused."""

import pytest

from coaching.accounts.phone import NotANumber, for_people, read_phone, why_not_reachable


@pytest.mark.parametrize(
    "typed",
    ["9876543210", "98765 43210", "09876543210", "098765-43210", "+91 98765 43210",
     "+91-98765-43210", "919876543210", "0091 98765 43210", "(+91) 98765.43210",
     "९८७६५४३२१०", "９８７６５４３２１０", " 98765\u00a043210 ", "+91 (0)98765 43210"],
)  # fmt: skip
def test_one_number_however_it_is_typed(typed):
    assert read_phone(typed).e164 == "+919876543210"


@pytest.mark.parametrize(
    "typed",
    ["", " ", "12345", "call me", "98765432101234567", "98765 4321", "0000000000", "+91",
     "asha@example.com", "9876543210 ext 5", None, "१२३", "\x00", "+" * 39],
)  # fmt: skip
def test_text_that_is_no_number_is_refused(typed):
    with pytest.raises(NotANumber):
        read_phone(typed)


@pytest.mark.parametrize(
    ("e164", "reason"),
    [
        ("+919876543210", ""),
        ("+917122555010", "number_not_mobile"),
        ("+911800111111", "number_not_mobile"),
        ("+14155550123", "number_abroad"),
        ("+870773111632", "number_abroad"),
        ("9876543210", "number_invalid"),
        ("+91987654321", "number_invalid"),
        ("whatsapp:+919876543210", "number_invalid"),
        ("+91 98765 43210", "number_invalid"),
    ],
)
def test_only_a_mobile_of_an_allowed_region_may_be_reached(e164, reason):
    assert why_not_reachable(e164, {"IN"}) == reason


def test_control_a_wider_region_list_lets_more_through():
    assert why_not_reachable("+447400123456", {"IN"}) == "number_abroad"
    assert why_not_reachable("+447400123456", {"IN", "GB"}) == ""


@pytest.mark.parametrize(
    ("e164", "shown"),
    [("+919876543210", "+91 98765 43210"), ("+910000045100", "+91 00000 45100"),
     ("+917122555010", "+91 712 255 5010"), ("+14155550123", "+1 415-555-0123"), ("x", "x")],
)  # fmt: skip
def test_numbers_are_shown_as_people_write_them(e164, shown):
    assert for_people(e164) == shown

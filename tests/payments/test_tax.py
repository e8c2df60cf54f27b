"""GST to the paisa, over all prices, rates, parts and refunds; states and financial years."""

import datetime as dt
from fractions import Fraction
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from payments.tax import (
    STATES,
    Gst,
    financial_year,
    gst,
    gst_of_payment,
    gst_of_refund,
    place_of_supply,
    state_name,
)

amounts = st.integers(min_value=1, max_value=2_000_000_000)
rates = st.sampled_from([0, 1, 3, 5, 7, 12, 17, 18, 28, 40, 99])
either = st.booleans()


@st.composite
def cuts(draw):
    """An amount in paise and where it is cut into parts: 0 = first < … < last = the amount."""
    total = draw(amounts)
    inner = draw(st.sets(st.integers(min_value=1, max_value=total), max_size=12))
    return sorted({0, total, *inner})


def add(parts):
    return Gst(*(sum(column) for column in zip(*map(columns, parts), strict=True)))


def columns(part):
    return (part.taxable_paise, part.cgst_paise, part.sgst_paise, part.igst_paise)


@pytest.mark.parametrize(
    ("amount_paise", "is_same_state", "parts"),
    [
        (1_180_000, True, Gst(1_000_000, 90_000, 90_000, 0)),
        (1_180_000, False, Gst(1_000_000, 0, 0, 180_000)),
        (1_150_000, True, Gst(974_576, 87_712, 87_712, 0)),
        (1_150_000, False, Gst(974_576, 0, 0, 175_424)),
        (100, True, Gst(84, 8, 8, 0)),
        (100, False, Gst(85, 0, 0, 15)),
        (1, True, Gst(1, 0, 0, 0)),
    ],
)
def test_eighteen_percent_is_backed_out_of_the_price(amount_paise, is_same_state, parts):
    assert gst(amount_paise, 18, is_same_state) == parts


@given(amounts, rates, either)
def test_the_parts_sum_to_the_price_and_the_tax_is_the_nearest_there_is(amount, rate, same):
    tax = gst(amount, rate, same)

    exact = Fraction(amount * rate, 100 + rate)
    assert tax.amount_paise == amount
    assert tax.cgst_paise == tax.sgst_paise
    assert min(columns(tax)) >= 0
    if same:
        assert tax.igst_paise == 0
        assert abs(tax.cgst_paise - exact / 2) <= Fraction(1, 2)
    else:
        assert tax.cgst_paise == 0
        assert abs(tax.igst_paise - exact) <= Fraction(1, 2)


@given(cuts(), rates, either)
def test_the_invoices_of_an_order_sum_to_the_tax_of_the_whole(edges, rate, same):
    invoices = [
        gst_of_payment(after - before, before, rate, same) for before, after in pairwise(edges)
    ]

    assert add(invoices) == gst(edges[-1], rate, same)
    assert all(invoice.cgst_paise == invoice.sgst_paise for invoice in invoices)
    assert [invoice.amount_paise for invoice in invoices] == [
        after - before for before, after in pairwise(edges)
    ]


def test_tax_rounded_payment_by_payment_would_not_sum_to_that_of_the_whole():
    rounded_alone = add(gst(333_333, 18, True) for _ in range(3))

    assert rounded_alone != gst(999_999, 18, True)


@given(st.integers(0, 2_000_000_000), st.integers(100, 2_000_000_000), rates, either)
def test_no_invoice_of_a_rupee_or_more_has_a_negative_part(before, amount, rate, same):
    invoice = gst_of_payment(amount, before, rate, same)

    assert min(columns(invoice)) >= 0


@given(amounts, st.integers(0, 100), rates, either)
def test_a_discount_lowers_price_and_tax_together(price, percent_off, rate, same):
    discounted = price - price * percent_off // 100

    assert gst(discounted, rate, same).tax_paise <= gst(price, rate, same).tax_paise
    assert gst(discounted, rate, same).amount_paise == discounted


@given(cuts(), rates, either)
def test_credit_notes_take_back_exactly_what_was_charged_when_all_is_refunded(edges, rate, same):
    charged = gst(edges[-1], rate, same)

    notes = [gst_of_refund(charged, after - before, before) for before, after in pairwise(edges)]

    assert add(notes) == charged
    assert all(note.cgst_paise == note.sgst_paise for note in notes)


@given(cuts(), rates, either, st.data())
def test_credit_notes_never_take_back_more_tax_than_their_invoice_charged(edges, rate, same, data):
    before = data.draw(st.sampled_from(edges[:-1]))
    charged = gst_of_payment(edges[-1] - before, before, rate, same)
    first = data.draw(st.integers(0, charged.amount_paise))
    second = data.draw(st.integers(0, charged.amount_paise - first))

    notes = [gst_of_refund(charged, first), gst_of_refund(charged, second, first)]

    returned = add(notes)
    assert returned.amount_paise == first + second
    assert returned.cgst_paise == returned.sgst_paise <= charged.cgst_paise
    assert returned.igst_paise <= charged.igst_paise


def test_more_than_is_left_of_an_invoice_is_refused():
    charged = gst(1_180_000, 18, True)

    for amount_paise, credited_before_paise in ((1_180_001, 0), (1, 1_180_000), (-1, 0), (5, -1)):
        with pytest.raises(ValueError, match="cannot be credited"):
            gst_of_refund(charged, amount_paise, credited_before_paise)


def test_what_a_paper_stored_is_read_back():
    stored = {"sac": "999293", "rate_percent": 18, "taxable_paise": 84, "cgst_paise": 8,
              "sgst_paise": 8, "igst_paise": 0}  # fmt: skip

    assert Gst.read(stored) == gst(100, 18, True)


@pytest.mark.parametrize(
    ("student", "is_online", "place"),
    [("29", True, "29"), ("29", False, "27"), ("", True, "27"), ("27", True, "27")],
)
def test_only_an_online_class_is_supplied_where_the_student_lives(student, is_online, place):
    assert place_of_supply("27", student, is_online) == place


def test_a_state_has_its_name_in_both_languages_and_an_unknown_one_has_none():
    assert (state_name("27", "en-in"), state_name("27", "hi")) == ("Maharashtra", "महाराष्ट्र")
    assert state_name("", "en-in") == state_name("00", "hi") == ""


def test_every_state_has_both_names_once():
    english, hindi = zip(*STATES.values(), strict=True)

    assert len(set(english)) == len(set(hindi)) == len(STATES) == 37
    assert all("\u0900" <= letter <= "\u097f" or letter == " " for name in hindi for letter in name)


@pytest.mark.parametrize(
    ("moment", "year"),
    [
        (dt.datetime(2027, 3, 31, 18, 29, 59, tzinfo=dt.UTC), "26-27"),
        (dt.datetime(2027, 3, 31, 18, 30, tzinfo=dt.UTC), "27-28"),
        (dt.datetime(2026, 11, 23, 6, 0, tzinfo=dt.UTC), "26-27"),
        (dt.datetime(2026, 1, 1, tzinfo=dt.UTC), "25-26"),
        (dt.datetime(2100, 1, 1, tzinfo=dt.UTC), "99-00"),
    ],
)
def test_the_financial_year_turns_at_midnight_of_the_first_of_april_in_india(moment, year):
    assert financial_year(moment) == year


def test_a_moment_without_a_zone_belongs_to_no_year():
    with pytest.raises(ValueError, match="naive"):
        financial_year(dt.datetime(2026, 4, 1))

"""Papers: one for each payment and refund, without a gap, never changed; tax to the paisa."""

from importlib import import_module

import pytest
from django.core.exceptions import PermissionDenied
from django.db import DatabaseError, connection, transaction

from coaching.centre.models import Profile
from payments import receipts, refunds
from payments.models import Receipt, Refund, Series
from payments.services import receive, record
from tests.payments import books

pytestmark = pytest.mark.django_db
GSTIN = "27ABCDE1234F1Z5"


@pytest.fixture
def cash(desk, owner):
    def cash(order, paise=None):
        paise = paise or order.total_paise
        return record(order, method="cash", amount_paise=paise, by=owner, note="at the desk")

    return cash


def registered(gstin):
    profile = Profile.fresh()
    profile.gstin = gstin
    profile.save()


def test_every_payment_has_its_paper_with_the_next_number(desk, cash):
    registered("")
    order = desk.order(desk.batch(), plan="instalments")

    first = cash(order, order.instalments.first().amount_paise)
    second = cash(order, order.instalments.last().amount_paise)

    year = Series.objects.get().year
    assert (first.receipt.number, second.receipt.number) == (f"R/{year}/00001", f"R/{year}/00002")
    assert first.receipt.paper["tax"] is None
    assert second.receipt.paper["paid_so_far_paise"] == order.total_paise
    assert books.wrong() == []


def test_a_booking_that_fails_takes_no_number(desk, owner, monkeypatch):
    order = desk.order(desk.batch())
    with pytest.raises(RuntimeError), transaction.atomic():
        monkeypatch.setattr("payments.notices.received", _fails)
        record(order, method="cash", amount_paise=order.total_paise, by=owner, note="")
    monkeypatch.undo()

    payment = record(order, method="cash", amount_paise=order.total_paise, by=owner, note="")

    assert payment.receipt.serial == 1
    assert Receipt.objects.count() == 1


def _fails(*_):
    raise RuntimeError


def test_the_invoices_of_an_order_make_the_tax_of_the_whole(desk, cash):
    registered(GSTIN)
    order = desk.order(desk.batch(), plan="instalments")

    invoices = [cash(order, part.amount_paise).receipt for part in order.instalments.all()]

    [tax_line] = order.lines.filter(kind="tax")
    taxes = [invoice.paper["tax"] for invoice in invoices]
    charged = sum(tax["cgst_paise"] + tax["sgst_paise"] + tax["igst_paise"] for tax in taxes)
    assert {invoice.kind for invoice in invoices} == {"tax_invoice"}
    assert charged == tax_line.amount_paise
    assert {tax["place_of_supply"] for tax in taxes} == {"27"}
    assert books.wrong() == []


@pytest.mark.parametrize(
    ("mode", "student", "kind"),
    [
        ("online", "29", "igst_paise"),
        ("online", "27", "cgst_paise"),
        ("online", "", "cgst_paise"),
        ("offline", "29", "cgst_paise"),
    ],
)
def test_the_kind_of_gst_follows_from_where_it_is_taught(desk, cash, mode, student, kind):
    registered(GSTIN)
    order = desk.order(desk.batch(mode=mode), state_code=student)

    tax = cash(order).receipt.paper["tax"]

    assert tax[kind] > 0
    assert (tax["igst_paise"] == 0) == (kind == "cgst_paise")


def test_a_credit_note_takes_back_what_its_invoice_charged(desk, cash, owner):
    registered(GSTIN)
    payment = cash(desk.order(desk.batch()))
    for paise in (100_001, 33_333, payment.amount_paise - 133_334):
        [refund] = refunds.refund_order(payment.order, paise, Refund.Why.GOODWILL, by=owner)
        assert refunds.paid_back_by_hand(refund, by=owner, note="handed over")

    notes = Receipt.objects.filter(kind="credit_note").order_by("serial")

    for name in ("taxable_paise", "cgst_paise", "sgst_paise", "igst_paise"):
        returned = sum(note.paper["tax"][name] for note in notes)
        assert returned == payment.receipt.paper["tax"][name]
    assert {note.paper["against"] for note in notes} == {payment.receipt.number}
    assert books.wrong() == []


def test_money_that_bought_nothing_is_no_invoice(desk, owner, cash):
    registered(GSTIN)
    batch = desk.batch(seats=1)
    from academics import seats
    from payments.models import Payment

    late = desk.order(batch)
    seats.let_go(late.enrollment)
    cash(desk.order(batch))
    payment = Payment.objects.create(
        order=late, method="cash", amount_paise=late.total_paise, recorded_by=owner,
        state=Payment.State.APPROVAL,
    )  # fmt: skip

    from django.utils import timezone

    receive(payment, timezone.now())

    assert (payment.receipt.kind, payment.receipt.paper["tax"]) == ("receipt", None)
    assert books.wrong() == []


def with_the_trigger_on_deletion():
    """The suite takes it away on SQLite (`tests/conftest.py`); here it is put back."""
    if connection.vendor == "sqlite":
        statements = import_module("payments.migrations.0002_papers_stay").SQLITE
        with connection.cursor() as cursor:
            cursor.execute(statements[1])


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE payments_receipt SET number = 'X'",
        "UPDATE payments_receipt SET paper = '{}'",
        "DELETE FROM payments_receipt",
    ],
)
def test_the_database_refuses_to_change_or_delete_a_paper(desk, cash, statement):
    payment = cash(desk.order(desk.batch()))
    with_the_trigger_on_deletion()

    refused = pytest.raises(DatabaseError, match="stays as it is")
    with refused, transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)

    assert Receipt.objects.get().number == payment.receipt.number


def test_the_model_refuses_it_too(desk, cash):
    receipt = cash(desk.order(desk.batch())).receipt

    with pytest.raises(PermissionDenied):
        receipt.save()
    with pytest.raises(PermissionDenied):
        receipt.delete()


def test_the_numbers_begin_anew_with_the_financial_year(desk, cash, monkeypatch):
    registered("")
    batch = desk.batch()
    cash(desk.order(batch))
    monkeypatch.setattr(receipts, "financial_year", lambda _: "99-00")

    assert cash(desk.order(batch)).receipt.number == "R/99-00/00001"
    assert books.wrong() == []

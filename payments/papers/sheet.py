"""What a paper says, in the paper's own language: the page and the PDF only lay it out."""

import datetime as dt
import unicodedata

from django.utils import timezone, translation
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext

from coaching.accounts.phone import for_people
from coaching.common.money import rupees
from payments.models import Payment
from payments.tax import UNION_TERRITORIES, state_name
from payments.words import in_words

TITLES = {
    "receipt": gettext_lazy("Receipt"),
    "tax_invoice": gettext_lazy("Tax invoice"),
    "credit_note": gettext_lazy("Credit note"),
    "refund_note": gettext_lazy("Refund note"),
}
STUDENTS = {  # what the student is to the paper
    "receipt": gettext_lazy("Received from"),
    "tax_invoice": gettext_lazy("Billed to"),
    "credit_note": gettext_lazy("Refunded to"),
    "refund_note": gettext_lazy("Refunded to"),
}
METHODS = dict(Payment.Method.choices)
JOINERS = "\u200c\u200d"  # without width, but Devanagari is spelt with them


def sheet(paper):
    """Return the texts of `paper` (see `payments.papers`), ready to be shown and safe as JSON.

    Pairs are (label, text); what does not apply is left out or "". Without `tax` no text of ours
    speaks of it.
    """
    with translation.override(paper["language"]):
        return _sheet(_readable(paper))


def _sheet(paper):
    tax, is_return = paper["tax"], paper["kind"] in ("credit_note", "refund_note")
    return {
        "language": paper["language"][:2],
        "kind": paper["kind"],
        "title": str(TITLES[paper["kind"]]),
        "copy": _("Original for recipient") if paper["kind"] == "tax_invoice" else "",
        "number": paper["number"],
        "facts": _stated(
            (_("Number"), paper["number"]),
            (_("Date"), _day(paper["issued_on"])),
            (_("Against"), _against(paper)),
            *_supply(tax),
        ),
        "seller": _party(paper["seller"]),
        "buyer_label": str(STUDENTS[paper["kind"]]),
        "buyer": _party(paper["buyer"], with_state=bool(tax)),
        "columns": (_("Description"), _("Amount, GST included") if tax else _("Amount")),
        "lines": [(line["text"], _amount(line["amount_paise"])) for line in paper["lines"]],
        "course": " · ".join(filter(None, (paper["course"], paper["batch"]))),
        "total_label": _("Total refunded") if is_return else _("Total received"),
        "total": _amount(paper["amount_paise"]),
        "words": in_words(paper["amount_paise"], paper["language"]),
        "payment_label": _("Refund") if is_return else _("Payment"),
        "payment": _payment(paper, is_return),
        "sums": _stated(
            (_("GST within this amount"), _tax(tax)),
            (_("Your fee"), [] if is_return else _order(paper)),
        ),
        "note": _("Made by computer; it needs no signature."),
    }


def _party(party, *, with_state=False):
    state = party.get("state_code", "") if with_state else ""
    address, city, postal = (party.get(key, "") for key in ("address", "city", "postal_code"))
    place = "" if (postal or city) in address else f"{city} {postal}".strip()
    reach = (for_people(party["phone"]) if party["phone"] else "", party["email"])
    lines = [
        address,
        place,
        " · ".join(filter(None, reach)),
        f"GSTIN {party['gstin']}" if party.get("gstin") else "",
        _("State") + f": {_state(state)}" if state else "",
    ]
    return {"name": party["name"], "lines": list(filter(None, lines))}


def _against(paper):
    if not paper["against"]:
        return ""
    return _("%(number)s of %(day)s") % {
        "number": paper["against"],
        "day": _day(paper["against_on"]),
    }


def _supply(tax):
    if not tax:
        return ()
    return (
        ("SAC", tax["sac"]),
        (_("Place of supply"), _state(tax["place_of_supply"])),
        (_("Reverse charge"), pgettext("reverse charge", "No")),
    )


def _tax(tax):
    if not tax:
        return []
    rows = [(_("Taxable value"), _amount(tax["taxable_paise"]))]
    if tax["igst_paise"]:
        return [*rows, (f"IGST {tax['rate_percent']}%", _amount(tax["igst_paise"]))]
    half = f"{tax['rate_percent'] / 2:g}%"
    local = "UTGST" if tax["place_of_supply"] in UNION_TERRITORIES else "SGST"
    return [
        *rows,
        (f"CGST {half}", _amount(tax["cgst_paise"])),
        (f"{local} {half}", _amount(tax["sgst_paise"])),
    ]


def _payment(paper, is_return):
    moment = timezone.localtime(
        dt.datetime.fromisoformat(paper["paid_at"]), timezone.get_default_timezone()
    )
    return _stated(
        (
            _("Refunded by") if is_return else _("Paid by"),
            str(METHODS.get(paper["method"], paper["method"])),
        ),
        (_("Reference"), paper["reference"]),
        (
            _("Refunded on") if is_return else _("Paid on"),
            date_format(moment, "j F Y, g:i A") + " IST",
        ),
        (_("Reason"), paper["reason"]),
    )


def _order(paper):
    """Where the order stands, unless it was paid at once and in full."""
    if paper["order_total_paise"] == paper["amount_paise"]:
        return []
    left_paise = max(paper["order_total_paise"] - paper["paid_so_far_paise"], 0)
    return [
        (_("The whole fee"), _amount(paper["order_total_paise"])),
        (_("Paid so far"), _amount(paper["paid_so_far_paise"])),
        (_("Still to pay"), _amount(left_paise)),
    ]


def _state(code):
    return f"{code} {state_name(code, translation.get_language())}".strip()


def _day(day):
    return date_format(dt.date.fromisoformat(day), "j F Y")


def _amount(paise):
    """Rupees with both decimals, so that they stand under each other."""
    return ("−" if paise < 0 else "") + "₹" + rupees(abs(paise))


def _stated(*pairs):
    return [(label, text) for label, text in pairs if text]


def _readable(value):
    """Drop what no paper can show from all texts: control and direction marks, lone surrogates."""
    if isinstance(value, dict):
        return {key: _readable(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_readable(item) for item in value]
    if isinstance(value, str):
        return " ".join("".join(map(_shown, value)).split())
    return value


def _shown(character):
    kind = unicodedata.category(character)
    if kind in ("Cc", "Zl", "Zp"):
        return " "
    return character if kind[0] != "C" or character in JOINERS else ""

"""A paper of each kind, as the till stores it."""

import copy

from payments.tax import gst

SELLER = {
    "name": "Pathkriti Python Academy",
    "address": "2nd floor, Sai Plaza, near Law College Square, Nagpur 440010",
    "city": "Nagpur",
    "postal_code": "440010",
    "phone": "+917120000100",
    "email": "hello@pathkriti.example.com",
    "gstin": "",
}
RECEIPT = {
    "kind": "receipt",
    "number": "RCT/26-27/00042",
    "issued_on": "2026-11-23",
    "language": "en-in",
    "seller": SELLER,
    "buyer": {
        "name": "Asha Rao",
        "phone": "+919876543210",
        "email": "asha@example.com",
        "state_code": "27",
    },
    "course": "Python Foundation",
    "batch": "Weekday evenings from 7 December 2026",
    "lines": [
        {"text": "Course fee", "amount_paise": 1_200_000},
        {"text": "Whole fee before the batch starts", "amount_paise": -50_000},
    ],
    "amount_paise": 1_150_000,
    "tax": None,
    "method": "phonepe",
    "reference": "OM2611231104171234567890",
    "paid_at": "2026-11-23T11:34:05+00:00",
    "order_total_paise": 1_150_000,
    "paid_so_far_paise": 1_150_000,
    "against": "",
    "against_on": "",
    "reason": "",
}
INSTALMENT = {
    "lines": [{"text": "Part of the fee", "amount_paise": 600_000}],
    "amount_paise": 600_000,
    "order_total_paise": 12_345_650,
    "paid_so_far_paise": 600_000,
}
RETURN = {
    "lines": [{"text": "Fee given back", "amount_paise": 500_000}],
    "amount_paise": 500_000,
    "against_on": "2026-11-20",
    "reason": "The student left",
}


def paper(kind="receipt", **changes):
    """Return a paper; one about tax comes from a centre in Maharashtra, at 18%."""
    changes = {"kind": kind, **changes}
    if kind in ("refund_note", "credit_note"):
        changes = {**RETURN, "number": "CRN/26-27/00007", "against": "INV/26-27/00042", **changes}
    made = copy.deepcopy({**RECEIPT, **changes})
    if kind in ("tax_invoice", "credit_note"):
        made["seller"]["gstin"] = "27ABCDE1234F1Z5"
        made["tax"] = tax_of(made)
    return made


def tax_of(made):
    place = made["buyer"]["state_code"]
    parts = gst(made["amount_paise"], 18, place == "27")
    return {"sac": "999293", "rate_percent": 18, "place_of_supply": place, **vars(parts)}

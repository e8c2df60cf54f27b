"""The papers of the till: receipt, tax invoice, credit note, refund note.

A paper is a plain dict. It is stored as JSON with the receipt's row when it is issued, is never
changed, and holds all that it ever shows, so that an old paper always looks the same. `sheet`
puts it into words; the page (`templates/payments/paper/page.html`) and the PDF lay those out.

    kind          "receipt", "refund_note"; with a GSTIN "tax_invoice", "credit_note"
    number        unique in a financial year, at most 16 characters of A-Z, 0-9, "-" and "/"
    issued_on     "2026-11-23", the day in India
    language      "en-in" or "hi"
    seller        name, address, city, postal_code, phone, email, gstin
    buyer         name, phone, email, state_code; address and gstin where they are known
    course, batch as the student reads them; "" where there is none
    lines         [{"text", "amount_paise"}]: what amount_paise consists of; discounts are negative
    amount_paise  what was paid, or given back: always positive
    tax           None, or {"sac", "rate_percent", "place_of_supply", and the fields of `tax.Gst`}
    method        a `Payment.Method`, or as it is to be shown
    reference     the payment's number at the bank or provider, or ""
    paid_at       ISO 8601 with its zone
    order_total_paise, paid_so_far_paise
                  the whole order, and what of it is paid with this payment
    against, against_on
                  number and day of the paper that a credit or refund note corrects, or ""
    reason        why money went back, or ""

What a paper must carry: CGST Rules 46 (tax invoice), 48(2) (its copies) and 53(1A) (credit note).
Rule 46's fifth proviso asks no signature of an electronic invoice. An address of the student is
asked for only from ₹50,000 on (Rule 46(e)); for a class online the state is enough (Circular
242/36/2024).
"""

"""One enquiry of ours as it lies in the database: what the others are given to write."""

import json

ABOUT_THE_CONTACT = "(SELECT id FROM accounts_contact WHERE phone = '{phone}')"
ROWS = (
    "accounts_contact WHERE id = {contact}",
    "accounts_consent WHERE contact_id = {contact}",
    "leads_lead WHERE contact_id = {contact}",
    "leads_enquiry WHERE lead_id IN (SELECT id FROM leads_lead WHERE contact_id = {contact})",
    "messaging_communicationlog WHERE contact_id = {contact}",
)
COUNTERS = [f"{kind}:203.0.113.77:2026010112" for kind in ("ip", "network", "prefix", "next")]


def words(product, phone):
    """The three messages, as the other service gets them."""
    contact = ABOUT_THE_CONTACT.format(phone=phone)
    rows = product.sql(
        f"SELECT channel, context FROM messaging_communicationlog WHERE contact_id = {contact}"
    )
    return [
        {"channel": channel, "context": json.loads(text) if isinstance(text, str) else text}
        for channel, text in rows
    ]


def bodies(product, phone):
    """Each row as one text: the bytes that any client has to bring to the database."""
    contact = ABOUT_THE_CONTACT.format(phone=phone)
    rows = [
        row for rest in ROWS for row in product.sql(f"SELECT * FROM {rest.format(contact=contact)}")
    ]
    return [json.dumps(row, default=str, ensure_ascii=False) for row in rows] + COUNTERS

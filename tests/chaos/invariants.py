"""What must hold after any fault, as sentences about what does not: an empty list is good.

They compare three witnesses: what the visitors were told, the database, and the log of the
provider, which the product cannot write.
"""

from collections import Counter

OVER = ("sent", "delivered", "read", "answered", "failed", "held", "cancelled")
ROWS = """
    SELECT l.id, l.phone, m.channel, m.state, m.reason
    FROM leads_lead l
    LEFT JOIN messaging_communicationlog m ON m.subject = 'lead:' || l.id AND m.direction = 'out'
"""


def channels_of(enquiry):
    return {"whatsapp", "voice", "email"} if enquiry.email else {"whatsapp", "voice"}


def broken_promises(house, client):
    """I1 and I7: what was acknowledged is there, whole and once, under the id that was told."""
    rows = house.sql(ROWS)
    phones = {lead: phone for lead, phone, *_ in rows}
    outbox = {}
    for lead, _, channel, *_ in rows:
        outbox.setdefault(lead, set()).add(channel)
    noted = Counter(lead for (lead,) in house.sql("SELECT lead_id FROM leads_enquiry"))
    leads_of = Counter(phones.values())
    found = []
    for enquiry in client.enquiries:
        if len(enquiry.ids) > 1:
            found.append(f"{enquiry.phone} was told two ids: {sorted(enquiry.ids)}")
        if leads_of[enquiry.phone] > 1:
            found.append(f"{enquiry.phone} is {leads_of[enquiry.phone]} leads")
        for lead in enquiry.ids:
            if phones.get(lead) != enquiry.phone:
                found.append(f"lead {lead} of {enquiry.phone} is not there")
            elif missing := channels_of(enquiry) - outbox[lead]:
                found.append(f"lead {lead} has no row for {', '.join(sorted(missing))}")
            if noted[lead] > 1:
                found.append(f"one enquiry of lead {lead} was noted {noted[lead]} times")
    return found


def unsettled(house, client):
    """I2: rows that are neither out, nor stopped with a reason."""
    ours = {enquiry.phone for enquiry in client.acknowledged}
    return [
        f"lead {lead}: {channel} is {state}"
        for lead, phone, channel, state, reason in house.sql(ROWS)
        if phone in ours
        and (state not in OVER or (state in ("failed", "held", "cancelled") and not reason))
    ]


def received(house):
    """How often each address got each thing, by the provider's own log; letters by Message-ID."""
    got = Counter(
        ("whatsapp", row["to"].removeprefix("whatsapp:")) for row in house.sandbox.messages()
    )
    got.update(("voice", row["to"]) for row in house.sandbox.calls())
    got.update(("email", address) for address, _ in letters(house))
    return got


def letters(house):
    """Each letter by address and Message-ID, and how often it arrived."""
    mails = house.sandbox.log("mail")
    return Counter((row["to"], row["form"]["Message-ID"]) for row in mails if row["accepted"])


def repeated_mails(house):
    """How many letters came again as what they are: the same letter, by its Message-ID."""
    return sum(times - 1 for times in letters(house).values())


def _each(client):
    """(enquiry, channel, address) of everything that acknowledged enquiries should bring."""
    for enquiry in client.acknowledged:
        for channel in sorted(channels_of(enquiry)):
            yield enquiry, channel, enquiry.email if channel == "email" else enquiry.phone


def lost(house, client):
    """I2 at the other end: what an acknowledged enquiry should have brought, and did not."""
    got = received(house)
    return [
        f"{enquiry.phone} got no {channel}"
        for enquiry, channel, address in _each(client)
        if not got[channel, address]
    ]


def doubled(house, client):
    """I3: what a person got more than once. Repeats of one letter are counted elsewhere."""
    got = received(house)
    return [
        f"{enquiry.phone} got {got[channel, address]} × {channel}"
        for enquiry, channel, address in _each(client)
        if got[channel, address] > 1
    ]


def violations(house, client):
    return [
        *broken_promises(house, client),
        *unsettled(house, client),
        *lost(house, client),
        *doubled(house, client),
    ]

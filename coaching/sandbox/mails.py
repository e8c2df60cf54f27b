"""The mailbox: every mail that arrived, as it came and taken apart."""

from email import message_from_bytes, policy

from coaching.sandbox.numbers import bare

PHONE_HEADER = "X-Sandbox-Phone"  # the product may name the phone a mail belongs to


def read(raw):
    return message_from_bytes(raw, policy=policy.default)


def keep(world, sender, recipients, raw, at):
    """Stores a mail and ties its address to a phone when the mail names one. Returns its id."""
    mail, store = read(raw), world.store
    number = bare(_header(mail, PHONE_HEADER)) or None
    with store.together():
        mail_id = store.insert(
            "mails",
            at=at,
            sender=sender,
            recipients=recipients,
            number=number,
            subject=_header(mail, "Subject"),
            message_id=_header(mail, "Message-ID"),
            raw=raw,
        )
        for address in {one.lower() for one in recipients}:
            store.insert("mail_recipients", address=address, mail_id=mail_id)
        if number:
            store.touch_phone(number)
            store.run(
                "UPDATE phones SET email = ? WHERE number = ? AND email IS NULL",
                recipients[0].lower(),
                number,
            )
    world.hub.changed()
    return mail_id


def taken_apart(row):
    """Headers, text and HTML of a stored mail."""
    mail = read(row["raw"])
    return {
        "id": row["id"],
        "at": row["at"],
        "envelope_from": row["sender"],
        "from": _header(mail, "From"),
        "to": _header(mail, "To"),
        "subject": row["subject"],
        "message_id": row["message_id"],
        "headers": {name: str(value) for name, value in mail.items()},
        "text": _part(mail, "plain"),
        "html": _part(mail, "html"),
        "attachments": [part.get_filename() or "" for part in mail.iter_attachments()],
    }


def to_address(store, address, limit=50):
    return store.all(
        "SELECT mails.* FROM mail_recipients JOIN mails ON mails.id = mail_id"
        " WHERE address = ? ORDER BY mail_id DESC LIMIT ?",
        address.lower(),
        limit,
    )


def of_phone(store, phone, limit=20):
    """Mails that name the phone, and mails to the address known to be its owner's."""
    return store.all(
        "SELECT * FROM mails WHERE number = ?1 OR id IN"
        " (SELECT mail_id FROM mail_recipients WHERE address = ?2) ORDER BY id DESC LIMIT ?3",
        phone["number"],
        phone["email"] or "",
        limit,
    )


def _header(mail, name):
    return str(mail.get(name, "") or "")


def _part(mail, kind):
    """A mail that cannot be decoded is still shown: this must never raise."""
    part = mail.get_body((kind,))
    if part is None:
        return ""
    try:
        return part.get_content()
    except (LookupError, ValueError):
        return (part.get_payload(decode=True) or b"").decode("utf-8", "replace")

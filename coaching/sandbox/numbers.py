"""One spelling for a phone number, whatever channel prefix it came with."""

import re

E164 = re.compile(r"\+[1-9]\d{6,14}")
WHATSAPP = "whatsapp:"


def bare(address):
    """`whatsapp:+9198…`, `9198…` and `+91 98…` are the same phone: `+9198…`."""
    digits = re.sub(r"\D", "", (address or "").removeprefix(WHATSAPP))
    return "+" + digits if digits else ""


def is_e164(address):
    return bool(E164.fullmatch(address))


def is_whatsapp(address):
    return address.startswith(WHATSAPP) and is_e164(address.removeprefix(WHATSAPP))


def readable(number):
    """+919876543210 as an Indian reads it: +91 98765 43210."""
    if number.startswith("+91") and len(number) == 13:
        return f"+91 {number[3:8]} {number[8:]}"
    return number

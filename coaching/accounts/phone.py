"""Telephone numbers: read however they are typed, and allowed or held by region and type.

`is_valid_number` alone also accepts premium, shared-cost, toll-free and satellite numbers, which
is how a public form becomes somebody's phone bill. So: text that is no number is refused, a valid
number is kept, and only a mobile number of an allowed region is ever messaged or called.
"""

import re
from dataclasses import dataclass

import phonenumbers
from phonenumbers import PhoneNumberFormat, PhoneNumberType

MOBILE_TYPES = {PhoneNumberType.MOBILE, PhoneNumberType.FIXED_LINE_OR_MOBILE}
HOME_REGION = "IN"


class NotANumber(ValueError):
    """The text is not a telephone number that exists anywhere."""


@dataclass(frozen=True)
class Phone:
    """One number: E.164 text, two-letter region ('' when it has none), and whether it is mobile."""

    e164: str
    region: str
    is_mobile: bool


def read_phone(text):
    """Return the `Phone` that `text` means to somebody in India; raises NotANumber.

    Accepts '98765 43210', '098765-43210', '+91 98765 43210', '0091…', '919876543210' and digits
    of other scripts; a number abroad needs its country code.
    """
    text = str(text or "").strip()
    if not text or len(text) > 40:
        raise NotANumber(text)
    try:
        number = phonenumbers.parse(text, HOME_REGION)
    except phonenumbers.NumberParseException as error:
        raise NotANumber(text) from error
    if number.extension or not phonenumbers.is_valid_number(number):
        raise NotANumber(text)
    e164 = phonenumbers.format_number(number, PhoneNumberFormat.E164)
    if len(e164) > 16:  # E.164 ends at 15 digits; some German numbers are listed with more
        raise NotANumber(text)
    return Phone(
        e164=e164,
        region=phonenumbers.region_code_for_number(number) or "",
        is_mobile=phonenumbers.number_type(number) in MOBILE_TYPES,
    )


def why_not_reachable(e164, regions):
    """Return the reason why `e164` may be neither messaged nor called, or '' when it may.

    Asked when a message is queued and again right before it is sent, whatever wrote the row.
    """
    try:
        phone = read_phone(e164)
    except NotANumber:
        return "number_invalid"
    if phone.e164 != e164:
        return "number_invalid"
    if phone.region not in regions:
        return "number_abroad"
    if not phone.is_mobile:
        return "number_not_mobile"
    return ""


def for_people(e164):
    """Format an E.164 number as people write it: '+91 98765 43210'."""
    try:
        number = phonenumbers.parse(e164, None)
    except phonenumbers.NumberParseException:
        return e164
    if re.fullmatch(r"\+91\d{10}", e164) and not phonenumbers.is_valid_number(number):
        return f"+91 {e164[3:8]} {e164[8:]}"  # the demo's invented numbers
    return phonenumbers.format_number(number, PhoneNumberFormat.INTERNATIONAL)

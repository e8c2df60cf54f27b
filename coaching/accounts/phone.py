"""Telephone numbers: read however they are typed, and allowed or held by region and type.

`is_valid_number` alone also accepts premium, shared-cost, toll-free and satellite numbers, which
is how a public form becomes somebody's phone bill. So: text that is no number is refused, a valid
number is kept, and only a mobile number of an allowed region is ever messaged or called.
"""

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache

import phonenumbers
from phonenumbers import PhoneNumberFormat, PhoneNumberType

MOBILE_TYPES = {PhoneNumberType.MOBILE, PhoneNumberType.FIXED_LINE_OR_MOBILE}
HOME_REGION = "IN"
# As the table of contacts has it. Some German numbers are longer, some Iranian ones shorter.
E164 = re.compile(r"\+[1-9][0-9]{6,14}")
BETWEEN_DIGITS = {"Zs", "Pd", "Ps", "Pe", "Cf"}  # spaces, dashes, brackets, unseen marks


class NotANumber(ValueError):
    """The text is not a telephone number that exists anywhere."""


@dataclass(frozen=True)
class Phone:
    """One number: E.164 text, two-letter region ('' when it has none), and whether it is mobile."""

    e164: str
    region: str
    is_mobile: bool


@lru_cache(maxsize=1024)  # one enquiry asks for the same number at each of its gates
def read_phone(text):
    """Return the `Phone` that `text` means to somebody in India; raises NotANumber.

    Accepts '98765 43210', '098765-43210', '+91 98765 43210', '0091…', '919876543210' and digits
    of other scripts; a number abroad needs its country code.
    """
    text = str(text or "")
    if len(text) > 40:
        raise NotANumber(text)
    try:
        number = phonenumbers.parse(_plain(text), HOME_REGION)
    except phonenumbers.NumberParseException as error:
        raise NotANumber(text) from error
    if not phonenumbers.is_valid_number(number):
        raise NotANumber(text)
    e164 = phonenumbers.format_number(number, PhoneNumberFormat.E164)
    if not E164.fullmatch(e164):
        raise NotANumber(text)
    return Phone(
        e164=e164,
        region=phonenumbers.region_code_for_number(number) or "",
        is_mobile=phonenumbers.number_type(number) in MOBILE_TYPES,
    )


def _plain(text):
    """Return the ASCII digits of `text`, after a + if it begins with one; raises NotANumber.

    People put spaces, dashes, brackets, dots and slashes between digits, and copying adds marks
    that nobody sees. Anything else is refused rather than guessed at: letters that a parser would
    read as digits, extensions, `tel:` parameters, * and # of service codes, control characters.
    """
    plain = ""
    for c in text:
        category = unicodedata.category(c)
        if category == "Nd":
            plain += str(unicodedata.decimal(c))
        elif c in "+＋" and not plain:
            plain = "+"
        elif category not in BETWEEN_DIGITS and c not in "./":
            raise NotANumber(text)
    return plain


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

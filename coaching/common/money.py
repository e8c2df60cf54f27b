"""Money is integer paise; only a person ever sees rupees."""

import re

MAX_PAISE = 2_000_000_000  # the most that is typed: it fits the integers of both databases


def inr(paise):
    """Format paise as rupees with Indian grouping: 12345600 -> '₹1,23,456'; 50 -> '₹0.50'."""
    sign = "-" if paise < 0 else ""
    rupees, rest = divmod(abs(int(paise)), 100)
    digits = str(rupees)
    head, tail = digits[:-3], digits[-3:]
    groups = []
    while head:
        groups.insert(0, head[-2:])
        head = head[:-2]
    return f"{sign}₹{','.join([*groups, tail])}" + (f".{rest:02d}" if rest else "")


def rupees(paise):
    """Format paise for a field to type in: 12345650 -> '1,23,456.50'; 50000 -> '500.00'."""
    return f"{inr(paise - paise % 100).removeprefix('₹')}.{paise % 100:02d}"


def read_rupees(text):
    """Read an amount as people type it: '₹ 1,250.5', 'Rs 1250.50' or '1250.5/-' -> 125050 paise.

    Raises ValueError for anything else: no signs, no exponents, no more than two decimals.
    """
    bare = re.sub(r"^(₹|rs\.?|inr)", "", text.strip().lower()).replace(",", "")
    found = re.fullmatch(r"(\d{1,9})(?:\.(\d{0,2}))?", bare.removesuffix("/-").strip())
    if not found:
        raise ValueError(text)
    return int(found[1]) * 100 + int((found[2] or "").ljust(2, "0"))

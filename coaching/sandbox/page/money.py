"""Paise as an Indian reads them."""

import re


def rupees(paise):
    """12345600 is ₹1,23,456 and 12345650 is ₹1,23,456.50."""
    whole, rest = divmod(paise, 100)
    lakhs = re.sub(r"\B(?=(\d\d)+$)", ",", str(whole // 1000)) if whole >= 1000 else ""
    tail = f"{lakhs},{whole % 1000:03}" if lakhs else str(whole)
    return f"₹{tail}.{rest:02}" if rest else f"₹{tail}"

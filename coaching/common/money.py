"""Money is integer paise; only a person ever sees rupees."""


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

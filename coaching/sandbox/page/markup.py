"""Text templates that escape whatever is put into them."""

from html import escape
from string import Template


class Safe(str):
    """HTML made here; it is put in as it is. Everything else is escaped."""


def fill(template, **values):
    return Safe(Template(template).substitute({name: _html(v) for name, v in values.items()}))


def join(parts):
    return Safe("".join(parts))


def options(choices, chosen):
    """<option>s for (value, label) pairs."""
    return join(
        fill(
            '<option value="$value"$chosen>$label</option>',
            value=value,
            label=label,
            chosen=Safe(" selected") if value == chosen else "",
        )
        for value, label in choices
    )


def _html(value):
    if value is None:
        return ""
    return value if isinstance(value, Safe) else escape(str(value))

"""How long something took or is ago, and when it will be, in few words."""

from django import template
from django.utils import timezone

register = template.Library()


@register.filter
def seconds(value):
    """0.042 -> '42 ms'; 1.23 -> '1.2 s'; 75 -> '1 min 15 s'; 7500 -> '2 h 5 min'; None -> '–'."""
    if value is None:
        return "–"
    if value < 1:
        return f"{value * 1000:.0f} ms"
    if value < 10:
        return f"{value:.1f} s"
    if value < 60:
        return f"{value:.0f} s"
    if value < 3600:
        return f"{value // 60:.0f} min {value % 60:.0f} s"
    if value < 86400:
        return f"{value // 3600:.0f} h {value % 3600 // 60:.0f} min"
    return f"{value // 86400:.0f} d {value % 86400 // 3600:.0f} h"


@register.filter
def ago(moment):
    """'just now', '3 min ago', '2 h ago', '5 days ago'."""
    past = (timezone.now() - moment).total_seconds()
    if past < 60:
        return "just now"
    if past < 3600:
        return f"{past // 60:.0f} min ago"
    if past < 86400:
        return f"{past // 3600:.0f} h ago"
    days = int(past // 86400)
    return "yesterday" if days == 1 else f"{days} days ago"


@register.filter
def at(moment):
    """'at 5:00 PM', 'tomorrow at 12:00 AM', 'on 3 Dec at 9:00 AM', always in India."""
    local = timezone.localtime(moment)
    days = (local.date() - timezone.localdate()).days
    day = {0: "", 1: "tomorrow "}.get(days, f"on {local.day} {local:%b} ")
    return f"{day}at {local.hour % 12 or 12}:{local:%M %p}"

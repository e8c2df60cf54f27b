"""What the public pages and the e-mails need to say numbers, days and links as people do."""

import re
from urllib.parse import quote

from django import template
from django.utils import timezone
from django.utils.formats import date_format, time_format
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from coaching.accounts.phone import for_people

register = template.Library()
register.filter("phone", for_people)


@register.simple_tag
def whatsapp_link(number, *, course=None, has_asked=False, text=""):
    """Return the click-to-chat address: digits only, with a first message that names the course."""
    if not text and has_asked:
        text = _("Hello, I have just sent an enquiry on your website.")
    elif not text and course:
        text = _("Hello, I would like to know more about %(course)s.") % {"course": titled(course)}
    elif not text:
        text = _("Hello, I would like to know more about your courses.")
    return f"https://wa.me/{re.sub(r'[^0-9]', '', number)}?text={quote(text, safe='')}"


@register.filter
def titled(course):
    """Return the course's title in the visitor's language."""
    return course.title_in(get_language())


@register.filter
def summarised(course):
    return course.summary_in(get_language())


@register.filter
def promise(centre):
    """Return the centre's tagline in the visitor's language, '' if it has none."""
    return (centre.tagline_hi if get_language() == "hi" else "") or centre.tagline


@register.simple_tag
def map_link(address):
    return f"https://www.google.com/maps/search/?api=1&query={quote(address, safe='')}"


@register.filter
def day_in_words(moment):
    """Return 'today', 'tomorrow' or the date of an aware moment, in India's days."""
    day = timezone.localtime(moment).date()
    days = (day - timezone.localdate()).days
    return {0: _("today"), 1: _("tomorrow")}.get(days) or date_format(day, "j F")


@register.filter
def hours(batch):
    """Return '7:30–9:30 PM', or '10 AM–1 PM' where the halves of the day differ."""
    starts, ends = batch.start_time, batch.end_time
    same_half = (starts.hour < 12) == (ends.hour < 12)
    return time_format(starts, "f" if same_half else "f A") + "–" + time_format(ends, "f A")


@register.filter
def due_in_words(text):
    """Translate when an instalment is due, where it is said the usual way ('week 4')."""
    week = re.fullmatch(r"week (\d+)", text.strip())
    if week:
        return _("week %(number)s") % {"number": week[1]}
    return {"at joining": _("at joining")}.get(text.strip(), text)


@register.filter
def level_in_words(text):
    """Translate a course's level, where it is said the usual way."""
    usual = {
        "beginner": _("Beginner"),
        "intermediate": _("Intermediate"),
        "intermediate to advanced": _("Intermediate to advanced"),
        "advanced": _("Advanced"),
    }
    return usual.get(text.strip().lower(), text)

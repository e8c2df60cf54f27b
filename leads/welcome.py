"""What the welcome says: everything from the database as it is now, nothing invented."""

from django.utils.formats import date_format, time_format
from django.utils.translation import get_language, override
from django.utils.translation import gettext as _

from academics.offer import offered_courses
from coaching.centre.models import Profile
from coaching.common import remember
from coaching.common.money import inr
from coaching.messaging.links import in_language
from coaching.messaging.services import queue


def welcome(lead, *, held=""):
    """Queue the welcome on every channel the lead can be reached by, once per number and window.

    `held` is a reason for which staff look first. The lead's contact is locked, its window open.
    Joins the caller's transaction.
    """
    window = lead.contact.welcome_window_started_at
    return queue(
        lead.contact,
        "enquiry_welcome",
        welcome_context(lead),
        subject=lead.subject,
        dedupe_key=f"enquiry_welcome:{lead.contact_id}:{window.timestamp():.6f}",
        email=lead.email,
        language=lead.language,
        held=held,
    )


def welcome_context(lead):
    """Return what the wordings of `enquiry_welcome` may use, in the lead's language."""
    return {"name": lead.name.split(" ")[0], **_facts(lead.course_id, lead.language)}


@remember.for_seconds(1)
def _facts(course_id, language):
    courses = offered_courses()
    chosen = next((course for course in courses if course.pk == course_id), None)
    centre = Profile.current()
    with override(language):
        return {
            "centre": centre.name,
            "address": centre.address,
            "phone": centre.phone,
            "has_course": bool(chosen),
            "courses": [_about(course) for course in ([chosen] if chosen else courses)],
            **(_in_short(chosen) if chosen else _all_in_short(courses)),
        }


def _in_short(course):
    """Return the one-line answers about one course, for WhatsApp and the call."""
    free = [batch for batch in course.open_batches if not batch.is_full]
    return {
        "course": course.title_in(get_language()),
        "fee": inr(course.price_paise),
        "next_batch": _batch_in_short(free[0]) if free else _("dates on request"),
        "link": in_language(course.get_absolute_url(), get_language()),
    }


def _all_in_short(courses):
    """Return the same for somebody who has not chosen a course yet."""
    lowest = min((course.price_paise for course in courses), default=None)
    return {
        "course": _("our Python courses"),
        "fee": _("from %(fee)s") % {"fee": inr(lowest)} if lowest else _("on request"),
        "next_batch": _("dates on our website"),
        "link": in_language("/", get_language()),
    }


def _about(course):
    """Return what the e-mail says about one course."""
    return {
        "title": course.title_in(get_language()),
        "fee": inr(course.price_paise),
        "weeks": course.duration_weeks,
        "hours": course.hours,
        "prerequisites": course.prerequisites,
        "trainer": course.trainer,
        "trainer_experience": course.trainer_experience,
        "syllabus": course.syllabus,
        "instalments": [
            {"amount": inr(part["paise"]), "when": part["when"]} for part in course.instalments
        ],
        "batches": [_about_batch(batch) for batch in course.open_batches],
        "url": in_language(course.get_absolute_url(), get_language()),
    }


def _about_batch(batch):
    return {
        "date": date_format(batch.starts_on, "j F Y"),
        "days": batch.days_text,
        "times": f"{time_format(batch.start_time)} – {time_format(batch.end_time)}",
        "mode": batch.get_mode_display(),
        "seats_left": batch.seats_left,
    }


def _batch_in_short(batch):
    return "{date}, {days}, {times} ({mode})".format(**_about_batch(batch))

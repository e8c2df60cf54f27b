"""What a place in a batch costs on a day, and by when: everything from the rows, in paise."""

import datetime as dt
import re
from dataclasses import dataclass, field

from django.utils.translation import gettext as _

from payments.models import Order, OrderLine

Kind, Plan = OrderLine.Kind, Order.Plan
MONTH = dt.timedelta(days=30)


class CouponRefused(Exception):
    """The code does not count here; the text says why, in the reader's language."""


@dataclass(frozen=True)
class Quote:
    """The lines of an order (kind, text, paise), its total, and its parts as (paise, day)."""

    plan: str
    lines: list
    parts: list
    coupon: object = None
    total_paise: int = field(init=False)

    def __post_init__(self):
        object.__setattr__(self, "total_paise", sum(paise for _, _, paise in self.lines))


def quote(batch, plan, day, profile, coupon=None, language="en-in"):
    """Price a place in `batch` on `day` (IST) by a plan. Raises CouponRefused.

    The centre's discount is for the whole fee at once, before the batch starts. A coupon takes its
    part of what is left. Instalments are the course's; what a coupon takes comes off the last.
    """
    course = batch.course
    lines = [(Kind.FEE, course.title_in(language), course.price_paise)]
    early = profile.early_discount_paise
    if plan == Plan.FULL and early and day < batch.starts_on and early < course.price_paise - 100:
        lines.append((Kind.DISCOUNT, _("Whole fee before the batch starts"), -early))
    if coupon:
        if not coupon.counts_on(day, course):
            raise CouponRefused(_("This code does not count for this course today."))
        left = sum(paise for _, _, paise in lines)
        lines.append((Kind.COUPON, coupon.code, -coupon.off_paise(left)))
    total = sum(paise for _, _, paise in lines)
    wanted = course.instalments if plan == Plan.INSTALMENTS else []
    parts = [(part["paise"], due_on(part["when"], n, batch, day)) for n, part in enumerate(wanted)]
    return Quote(plan, lines, fitted(parts or [(total, day)], total), coupon)


def fitted(parts, total_paise):
    """Return the parts so that they make the total: the last ones carry the difference."""
    parts = sorted(parts, key=lambda part: part[1])
    difference = total_paise - sum(paise for paise, _ in parts)
    while parts:
        paise, day = parts.pop()
        if paise + difference > 0:
            return [*parts, (paise + difference, day)]
        difference += paise  # it is gone whole
    raise ValueError("nothing is left to be paid")


def due_on(when, number, batch, day):
    """Return the day (IST) of an instalment: 'at joining', 'week 4', '30 days', '2026-12-31'.

    Weeks count from the batch's start, days from joining. Words that say none of this fall due a
    month after the one before.
    """
    text = when.strip().lower()
    if "join" in text or number == 0 and not re.search(r"\d", text):
        return day
    if found := re.fullmatch(r"(\d{4}-\d{2}-\d{2})", text):
        return max(day, dt.date.fromisoformat(found[1]))
    if found := re.search(r"week\s*(\d{1,2})", text):
        return max(day, batch.starts_on + dt.timedelta(weeks=int(found[1]) - 1))
    if found := re.search(r"(\d{1,3})\s*days?", text):
        return day + dt.timedelta(days=int(found[1]))
    return max(day, batch.starts_on) + number * MONTH

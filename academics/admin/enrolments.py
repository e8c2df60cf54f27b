"""Who is in which batch, and who waits for a seat: what everybody on staff may see of it.

The till adds what is owed and what can be done (`payments.admin`), and registers both.
"""

from django.template.defaultfilters import date
from django.utils import timezone
from django.utils.html import format_html
from unfold.contrib.filters.admin import ChoicesDropdownFilter, DropdownFilter
from unfold.decorators import display

from academics.models import Batch, Course, Enrollment, WaitingPlace
from coaching.accounts.models import Contact
from coaching.accounts.phone import for_people
from coaching.common.admin import an_id

BADGES = {"Waiting for payment": "warning", "Active": "success", "Completed": "info",
          "Waiting": "warning", "Seat offered": "info", "Seat taken": "success"}  # fmt: skip
RECENT = 100


class RelatedFilter(DropdownFilter):
    """Rows of one batch or course; `path` leads there from the listed row."""

    path = ""

    def queryset(self, request, queryset):
        pk = an_id(self.value())
        return queryset if pk is None else queryset.filter(**{self.path: pk})


class BatchFilter(RelatedFilter):
    title = "batch"
    parameter_name = "batch"
    path = "batch"

    def lookups(self, request, model_admin):
        newest = Batch.objects.order_by("-starts_on", "-pk").values_list("pk", "code")[:RECENT]
        return [(str(pk), code) for pk, code in newest]


class CourseFilter(RelatedFilter):
    title = "course"
    parameter_name = "course"
    path = "batch__course"

    def lookups(self, request, model_admin):
        return [(str(pk), title) for pk, title in Course.objects.values_list("pk", "title")]


def find_people(rows, text, *, name, contact):
    """Return the rows of people whose name or number begins so; `name` and `contact` lead there."""
    text = text.strip()
    if any(c.isdigit() for c in text):
        return rows.filter(**{f"{contact}__in": Contact.objects.starting(text)})
    return rows.filter(**{f"{name}__istartswith": text}) if text else rows


class OfAStudent:
    """What a list of rows with a `user` and a `batch` shows of both, and finds them by."""

    search_fields = ["user__name"]  # switches the box on; get_search_results says what it finds
    search_help_text = "Name, or number (its beginning)"
    ordering = ["-pk"]

    def get_queryset(self, request):
        rows = super().get_queryset(request)
        return rows.select_related("user__contact", "batch__course")

    def get_search_results(self, request, queryset, search_term):
        found = find_people(queryset, search_term, name="user__name", contact="user__contact")
        return found, False

    @display(description="Student")
    def student(self, row):
        return format_html("<strong>{}</strong>", row.user)

    @display(description="Number")
    def number(self, row):
        number = for_people(row.user.contact.phone) if row.user.contact else "–"
        return format_html('<span class="desk-one-line">{}</span>', number)

    @display(description="Batch")
    def of_batch(self, row):
        return format_html('{}<br><span class="desk-quiet">{}</span>', row.batch, row.batch.course)

    def get_list_display(self, request):
        """Numbers are for those who may see whose they are."""
        sees = request.user.has_perm("accounts.view_contact")
        return [name for name in self.list_display if name != "number" or sees]


class EnrollmentAdmin(OfAStudent):
    """Mixed into the till's admin of enrolments."""

    empty_text = "Enrol somebody from their enquiry, or let them enrol on the course's page."
    list_display = ["student", "number", "of_batch", "status_badge", "access"]
    list_filter = [("status", ChoicesDropdownFilter), BatchFilter, CourseFilter]

    @display(description="Status", label=BADGES)
    def status_badge(self, enrollment):
        return enrollment.get_status_display()

    @display(description="Seat, access")
    def access(self, enrollment):
        return access_text(enrollment)


def access_text(enrollment):
    """Return in words until when a seat is held, or the classroom is open."""
    if enrollment.status == Enrollment.Status.PENDING:
        if not enrollment.has_seat:
            return "no seat is held any more"
        return f"seat held until {date(timezone.localtime(enrollment.held_until), 'j M, g:i A')}"
    if enrollment.status == Enrollment.Status.CANCELLED:
        return "ended" + (f" {date(timezone.localtime(enrollment.ended_at), 'j M Y')}"
                          if enrollment.ended_at else "")  # fmt: skip
    if enrollment.access_until is None:
        return "open"
    is_open = enrollment.is_open_on(timezone.localdate())
    return f"{'open until' if is_open else 'locked since'} {date(enrollment.access_until, 'j M Y')}"


class WaitingPlaceAdmin(OfAStudent):
    """Mixed into the till's admin of waiting lists: who came first is first."""

    empty_text = "Who wants a seat in a full batch is listed here, and offered the next free one."
    ordering = ["batch__starts_on", "batch", "pk"]
    list_display = ["student", "number", "of_batch", "state_badge", "joined"]
    list_filter = [("state", ChoicesDropdownFilter), BatchFilter, CourseFilter]

    @display(description="State", label=BADGES)
    def state_badge(self, place):
        if place.state == WaitingPlace.State.OFFERED:
            return "Seat offered"
        return place.get_state_display()

    @display(description="On the list since")
    def joined(self, place):
        return date(timezone.localtime(place.joined_at), "j M Y, g:i A")

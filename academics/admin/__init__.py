"""Courses and batches in the command centre."""

from django.contrib import admin
from django.utils import timezone
from django.utils.html import format_html
from unfold.contrib.filters.admin import DropdownFilter
from unfold.decorators import display

from academics.admin.forms import BatchForm, CourseForm
from academics.models import Batch, Course, WaitingPlace
from coaching.common.admin import OfficeAdmin
from coaching.common.money import inr


class OfferedFilter(DropdownFilter):
    """What is offered comes first; what is archived is one choice away."""

    title = "offered"
    parameter_name = "offered"

    def lookups(self, request, model_admin):
        return [("no", "Archived"), ("all", "All")]

    def queryset(self, request, queryset):
        if self.value() == "all":
            return queryset
        return queryset.filter(is_archived=self.value() == "no")


class ComingFilter(DropdownFilter):
    title = "begins"
    parameter_name = "begins"

    def lookups(self, request, model_admin):
        return [("coming", "Still to begin"), ("begun", "Has begun")]

    def queryset(self, request, queryset):
        today = timezone.localdate()
        if self.value() == "coming":
            return queryset.filter(starts_on__gte=today)
        return queryset.filter(starts_on__lt=today) if self.value() == "begun" else queryset


@admin.register(Course)
class CourseAdmin(OfficeAdmin):
    form = CourseForm
    list_display = ["title", "price", "duration", "trainer", "next_batches"]
    list_filter = [OfferedFilter]
    search_fields = ["title__istartswith"]
    ordering = ["position", "pk"]
    prepopulated_fields = {"slug": ["title"]}
    change_form_outer_after_template = "admin/academics/course/batches.html"
    fieldsets = [
        (None, {"fields": ["title", "title_hi", "slug", "summary", "summary_hi", "level"]}),
        ("Fee", {"fields": ["price_paise", "instalments"]}),
        ("What is taught", {"fields": ["duration_weeks", "hours", "syllabus", "prerequisites",
                                       "trainer", "trainer_experience"]}),
        ("On the website", {"fields": ["aliases", "position", "is_archived"]}),
    ]  # fmt: skip

    def get_queryset(self, request):
        return super().get_queryset(request).with_batches()

    def get_prepopulated_fields(self, request, obj=None):
        return {} if obj else super().get_prepopulated_fields(request, obj)

    def get_fieldsets(self, request, obj=None):
        if obj and not self.has_change_permission(request, obj):
            return READ_COURSE
        return super().get_fieldsets(request, obj)

    def get_readonly_fields(self, request, obj=None):
        if obj and not self.has_change_permission(request, obj):
            return ["price", "instalments_text", "syllabus_text"]
        return []

    def render_change_form(self, request, context, *args, obj=None, **kwargs):
        if obj:
            context["batches"] = obj.batches.order_by("-starts_on", "-pk")[:20]
            context["may_add_batch"] = request.user.has_perm("academics.add_batch")
        return super().render_change_form(request, context, *args, obj=obj, **kwargs)

    @display(description="Price")
    def price(self, course):
        return inr(course.price_paise)

    @display(description="Length")
    def duration(self, course):
        return f"{course.duration_weeks} weeks, {course.hours} hours"

    @display(description="Next batch")
    def next_batches(self, course):
        if not course.open_batches:
            return "–"
        batch = course.open_batches[0]
        return f"{batch.starts_on:%-d %b}, {batch.seats_left} seats left"

    @display(description="Instalments")
    def instalments_text(self, course):
        parts = [f"{inr(part['paise'])} {part['when']}" for part in course.instalments]
        return ", ".join(parts) or "Paid at once"

    @display(description="Syllabus")
    def syllabus_text(self, course):
        return "\n".join(course.syllabus)


READ_COURSE = [
    (None, {"fields": ["title", "summary", "level", "price", "instalments_text", "duration_weeks",
                       "hours", "syllabus_text", "prerequisites", "trainer"]}),
]  # fmt: skip


@admin.register(Batch)
class BatchAdmin(OfficeAdmin):
    form = BatchForm
    list_display = ["code", "course", "begins", "when", "mode", "seats_text"]
    list_filter = [OfferedFilter, ComingFilter]
    search_fields = ["code__istartswith"]
    ordering = ["starts_on", "pk"]
    list_select_related = ["course"]
    change_form_outer_after_template = "admin/academics/batch/students.html"
    fieldsets = [
        (None, {"fields": ["code", "course", "mode"]}),
        ("When (IST)", {"fields": ["starts_on", "days", "start_time", "end_time"]}),
        ("Seats", {"fields": ["seats", "seats_taken_elsewhere"]}),
        ("Class", {"fields": ["meeting_link", "is_archived"]}),
    ]  # fmt: skip

    def get_fieldsets(self, request, obj=None):
        if obj and not self.has_change_permission(request, obj):
            return READ_BATCH  # without the meeting link
        return super().get_fieldsets(request, obj)

    def get_readonly_fields(self, request, obj=None):
        if obj and not self.has_change_permission(request, obj):
            return ["when", "seats_text"]
        return []

    def render_change_form(self, request, context, *args, obj=None, **kwargs):
        if obj:
            waiting = obj.waiting_places.filter(state=WaitingPlace.State.WAITING)
            context |= {
                "students": obj.enrollments.live().count(),
                "waiting": waiting.count(),
                "sees_queue": request.user.has_perm("academics.view_waitingplace"),
            }
        return super().render_change_form(request, context, *args, obj=obj, **kwargs)

    @display(description="First class", ordering="starts_on")
    def begins(self, batch):
        return f"{batch.starts_on:%a %-d %b %Y}"

    @display(description="When (IST)")
    def when(self, batch):
        return f"{batch.days_text}, {batch.start_time:%-I:%M %p} – {batch.end_time:%-I:%M %p}"

    @display(description="Seats")
    def seats_text(self, batch):
        left = "full" if batch.is_full else f"{batch.seats_left} left"
        return format_html("<strong>{}</strong> of {}", left, batch.seats)


READ_BATCH = [
    (None, {"fields": ["code", "course", "mode", "starts_on", "when", "seats_text"]}),
]

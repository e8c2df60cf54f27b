"""The few filters of the enquiry list. None of them reads the whole table for its choices."""

from unfold.contrib.filters.admin import DropdownFilter

from academics.admin import enrolments
from coaching.accounts.models import User
from coaching.common.admin import an_id
from coaching.messaging.admin.filters import HeldFilter
from coaching.messaging.models import CommunicationLog
from leads import reports
from leads.models import Lead
from leads.templatetags.sources import source_name

RECENT = 2000


class CreatedFilter(DropdownFilter):
    title = "when"
    parameter_name = "when"

    def lookups(self, request, model_admin):
        return [("today", "Today"), ("yesterday", "Yesterday and today"),
                ("7d", "Last 7 days"), ("30d", "Last 30 days")]  # fmt: skip

    def queryset(self, request, queryset):
        days = {"today": 0, "yesterday": 1, "7d": 6, "30d": 29}.get(self.value())
        if days is None:
            return queryset
        return queryset.filter(created_at__gte=reports.start_of_day(days))


class HeldForALookFilter(HeldFilter):
    """People on whose number messages are held."""

    title = "messages held because of"

    def queryset(self, request, queryset):
        if not self.value():
            return queryset
        return queryset.filter(contact__in=self.held(CommunicationLog.objects).values("contact"))


class SourceFilter(DropdownFilter):
    """Sources come from campaign links, so the choices are those of the newest enquiries."""

    title = "source"
    parameter_name = "source"

    def lookups(self, request, model_admin):
        newest = Lead.objects.order_by("-pk").values_list("source", flat=True)[:RECENT]
        return [(source, source_name(source)) for source in sorted(set(newest))]

    def queryset(self, request, queryset):
        return queryset.filter(source=self.value()) if self.value() else queryset


class CourseFilter(enrolments.CourseFilter):
    path = "course"


class CounsellorFilter(DropdownFilter):
    title = "counsellor"
    parameter_name = "counsellor"

    def lookups(self, request, model_admin):
        staff = User.objects.filter(is_staff=True, is_active=True)
        return [("me", "Me"), ("nobody", "Nobody yet")] + [
            (str(user.pk), str(user)) for user in staff if user != request.user
        ]

    def queryset(self, request, queryset):
        value = self.value() or ""
        if value == "me":
            return queryset.filter(assigned_to=request.user)
        if value == "nobody":
            return queryset.filter(assigned_to=None)
        pk = an_id(value)
        return queryset if pk is None else queryset.filter(assigned_to_id=pk)

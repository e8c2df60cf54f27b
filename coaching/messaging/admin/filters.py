"""The filters of the message list. None of them reads the table for its choices."""

from datetime import timedelta

from django.utils import timezone
from unfold.contrib.filters.admin import DropdownFilter

from coaching.messaging import reports
from coaching.messaging.catalogue import CATALOGUE
from coaching.messaging.models import State


class WhenFilter(DropdownFilter):
    title = "when"
    parameter_name = "when"

    def lookups(self, request, model_admin):
        return [("1d", "Last 24 hours"), ("7d", "Last 7 days"), ("30d", "Last 30 days")]

    def queryset(self, request, queryset):
        days = {"1d": 1, "7d": 7, "30d": 30}.get(self.value())
        if days is None:
            return queryset
        moment = timezone.now() - timedelta(days=days)
        return queryset.filter(pk__gte=reports.first_id_since(moment), created_at__gte=moment)


class PurposeFilter(DropdownFilter):
    title = "message"
    parameter_name = "purpose"

    def lookups(self, request, model_admin):
        return [(name, name.replace("_", " ").capitalize()) for name in [*CATALOGUE, "inbound"]]

    def queryset(self, request, queryset):
        return queryset.filter(purpose=self.value()) if self.value() else queryset


class HeldFilter(DropdownFilter):
    """Held for one reason, or for any; the choices are the reasons there are, in plain words."""

    title = "held because of"
    parameter_name = "held"

    def lookups(self, request, model_admin):
        return [
            ("any", "Anything"),
            ("program", "All that looks like a program"),
            *((reason, words.capitalize()) for reason, words in reports.HELD_BECAUSE.items()),
        ]

    def queryset(self, request, queryset):
        return self.held(queryset) if self.value() else queryset

    def held(self, logs):
        """Return those of `logs` that are held for the chosen reason."""
        held = logs.filter(state=State.HELD)
        if self.value() == "any":
            return held
        if self.value() == "program":
            return held.filter(reason__in=reports.LIKE_A_PROGRAM)
        return held.filter(reason=self.value())

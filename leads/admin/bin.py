"""Enquiries that are no person's, in the command centre: into the bin, and back.

One enquiry by a button on its page; ticked ones, and all that a list shows, by a look at how many
and whose, then a POST, as held messages are released.
"""

from collections.abc import Callable
from dataclasses import dataclass

from django.contrib import admin, messages
from django.contrib.admin.options import IncorrectLookupParameters
from django.core.exceptions import PermissionDenied
from django.http import HttpResponseRedirect, QueryDict
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.html import format_html

from coaching.common import looks
from coaching.common.lookups import AtLeast, capped_count, planned_anew
from coaching.messaging import bulk
from coaching.messaging.admin.bulk import BulkViews
from coaching.messaging.services import TAKEN_BACK
from leads import bin
from leads.models import Lead

SHOWN = 6  # names on the look page


@dataclass(frozen=True)
class Act:
    """What is done to many: `which` of the rows move, how, and `messages` that go along."""

    name: str
    which: Callable
    do: Callable
    messages: Callable
    label: str  # on the button, around how many


ACTS = [
    Act("bin", bin.can_be_binned, bin.throw_away, bin.waiting, "Bin {}"),
    Act("take_back", bin.can_be_taken_back, bin.take_back, bin.cancelled, "Take {} back"),
]


class BinViews(BulkViews):
    """Mixed into the enquiry's admin. Who may release messages, the owner, may bin."""

    moves = ("release",)  # bots' messages go with their enquiries

    def has_bin_permission(self, request, obj=None):
        return self.has_change_permission(request) and self.has_release_permission(request)

    def get_custom_urls(self):
        return (
            *super().get_custom_urls(),
            *(
                (f"{act.name.replace('_', '-')}/", self._page_name(act.name), self._many(act))
                for act in ACTS
            ),
        )

    def _many(self, act):
        @planned_anew()
        def view(request, model_admin=None):
            if not self.has_bin_permission(request):
                raise PermissionDenied
            back = self._back(request)
            try:
                listed = self.get_changelist_instance(request).get_queryset(request)
            except IncorrectLookupParameters:
                return HttpResponseRedirect(self._list_url())
            seen_at = looks.seen_at(request)
            if request.method != "POST" or seen_at is None:
                return self._look_at_people(request, act, listed, back)
            self._do(request, act, listed, seen_at)
            left = capped_count(act.which(listed, seen_at))
            if not left:
                return HttpResponseRedirect(back)
            messages.info(request, f"{left} more are to go: press the button again.")
            return HttpResponseRedirect(request.get_full_path())

        return view

    def _look_at_people(self, request, act, listed, back):
        seen_at = timezone.now()
        movable = act.which(listed, seen_at)
        count = _count(movable)
        more = isinstance(count, AtLeast)
        how_many = f"{'the first ' if more else ''}{_enquiries(count)}"
        newest = list(movable.order_by("-pk")[:SHOWN])
        return TemplateResponse(
            request,
            "admin/leads/lead/bin.html",
            {
                **self.admin_site.each_context(request),
                "title": act.label.format(how_many),
                "opts": self.opts,
                "act": act.name,
                "count": int(count),
                "more": more,
                "newest": newest,
                "others": count - len(newest),
                "messages_count": _count(act.messages(movable.order_by().values("contact"))),
                "stay": self._stay(act, listed, seen_at),
                "seen_at": seen_at.isoformat(),
                "next": back,
            },
        )

    def _stay(self, act, listed, seen_at):
        """How many cannot be taken back, because the person has another open enquiry."""
        in_the_bin = bin.in_the_bin(listed, seen_at)
        return capped_count(in_the_bin.filter(bin.HAS_OPEN_TWIN)) if act.name != "bin" else 0

    def _do(self, request, act, listed, seen_at):
        begun = timezone.now()
        moved = act.do(listed, seen_at)
        if not moved:
            messages.info(request, "Nothing of it could be moved; nothing was changed.")
        elif act.name == "bin":
            these = self._listed(status__exact=Lead.Status.JUNK, updated_at__gte=begun.isoformat())
            text = '{} binned. <a class="underline" href="{}">Undo…</a>'
            messages.success(request, format_html(text, _enquiries(moved), these))
        else:
            held = self._listed(held=TAKEN_BACK)
            text = '{} taken back. <a class="underline" href="{}">Their messages are held</a>.'
            messages.success(request, format_html(text, _enquiries(moved), held))
        if stay := self._stay(act, listed, seen_at):
            messages.warning(
                request, f"In the bin stay {stay}: the person has another open enquiry."
            )

    def _listed(self, **filters):
        """Return the address of the list with these filters."""
        query = QueryDict(mutable=True)
        query.update(filters)
        return self._list_url(query)

    def do_bin(self, request, lead):
        self._check_bin_permission(request)
        if bin.throw_away(Lead.objects.filter(pk=lead.pk), timezone.now()):
            self.log_change(request, lead, "Binned: not a person.")
            messages.success(request, f"{lead.name} is in the bin.")
        else:
            messages.info(request, f"{lead.name} is enrolled, in the bin, or asking right now.")

    def do_take_back(self, request, lead):
        self._check_bin_permission(request)
        if bin.take_back(Lead.objects.filter(pk=lead.pk), timezone.now()):
            self.log_change(request, lead, "Taken back from the bin.")
            messages.success(request, f"{lead.name} is a new enquiry again.")
        else:
            messages.error(
                request,
                f"{lead.name} is not in the bin, or has another open enquiry: carry on with that.",
            )

    def _check_bin_permission(self, request):
        if not self.has_bin_permission(request):
            raise PermissionDenied

    @admin.action(description="Not people: bin them…", permissions=["bin"])
    def bin_selected(self, request, queryset):
        return self._to_the_look(request, queryset, "bin")

    @admin.action(description="Take back from the bin…", permissions=["bin"])
    def take_back_selected(self, request, queryset):
        return self._to_the_look(request, queryset, "take_back")


def _count(rows):
    """Count up to what one step moves."""
    found = rows.order_by().values("pk")[: bulk.AT_ONCE + 1].count()
    return AtLeast(bulk.AT_ONCE) if found > bulk.AT_ONCE else found


def _enquiries(count):
    return f"{count:,} {'enquiry' if count == 1 else 'enquiries'}"

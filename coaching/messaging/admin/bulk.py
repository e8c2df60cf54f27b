"""Everything that a list shows, released or cancelled: a look at what and how dear, then a POST.

The page's address carries the list's own filters, so that ticked rows (`?id__in=…`) and ten
thousand filtered ones go the same way. What came after the look is not moved.
"""

from dataclasses import dataclass

from django.contrib import messages
from django.contrib.admin.options import IncorrectLookupParameters
from django.core.exceptions import PermissionDenied
from django.http import HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.dateparse import parse_datetime

from coaching.centre.models import Profile
from coaching.common.lookups import AtLeast, capped_count
from coaching.messaging import bulk, reasons, switches
from coaching.messaging.models import Channel

MANY = {  # act: (what does it, on the button, when it is done)
    "release": (bulk.release_many, "Release", "released"),
    "cancel": (bulk.cancel_many, "Cancel", "cancelled"),
}


@dataclass(frozen=True)
class Share:
    """The messages of one channel among those looked at, and what they cost at most."""

    switch: switches.Switch
    count: int

    @property
    def count_text(self):
        return str(self.count) if isinstance(self.count, AtLeast) else f"{self.count:,}"

    @property
    def cost_paise(self):
        return self.count * self.switch.price_paise

    @property
    def fits(self):
        """How many of them the budget lets leave in this hour."""
        left, price = self.switch.left_paise, self.switch.price_paise
        return self.count if left is None or not price else min(self.count, left // price)

    @property
    def obstacle(self):
        """Why none of them would leave now, in plain words, or ''."""
        if not self.switch.is_configured:
            return reasons.explain("channel_not_configured")
        for pause, reason in (
            (self.switch.off, "switched_off"),
            (self.switch.broken, "too_few_arrive"),
            (self.switch.refused, "channel_paused"),
        ):
            if pause:
                return reasons.explain(reason)
        return ""


def shares(rows):
    """Return a Share for each channel that has any of the held `rows`, counted up to AT_ONCE."""
    found = []
    for channel, switch in switches.now().items():
        of_channel = rows.filter(channel=channel).order_by().values("pk")
        count = of_channel[: bulk.AT_ONCE + 1].count()
        if count:
            found.append(Share(switch, AtLeast(bulk.AT_ONCE) if count > bulk.AT_ONCE else count))
    return found


class BulkViews:
    """Mixed into an admin whose list stands for messages: `messages_of(rows)` says for which."""

    def messages_of(self, rows):
        return rows

    def has_release_permission(self, request, obj=None):
        return request.user.has_perm("messaging.release_communicationlog")

    def get_custom_urls(self):
        return (
            *super().get_custom_urls(),
            *((f"{act}/", self._page_name(act), self._moving(act)) for act in MANY),
        )

    def _page_name(self, act):
        return f"{self.opts.app_label}_{self.opts.model_name}_{act}_many"

    def _list_url(self, query=""):
        name = f"admin:{self.opts.app_label}_{self.opts.model_name}_changelist"
        return f"{reverse(name)}?{query}" if query else reverse(name)

    def _moving(self, act):
        do, label, done = MANY[act]

        def view(request, model_admin=None):
            if not (self.has_view_permission(request) and self.has_release_permission(request)):
                raise PermissionDenied
            try:
                listed = self.get_changelist_instance(request).get_queryset(request)
            except IncorrectLookupParameters:
                return HttpResponseRedirect(self._list_url())
            rows = self.messages_of(listed)
            seen_at = _moment(request.POST.get("seen_at", ""))
            if request.method != "POST" or seen_at is None:
                return self._look(request, act, label, rows)
            moved = do(rows, seen_at)
            left = capped_count(bulk.held_at(rows, seen_at))
            if not moved:
                messages.info(request, "Nothing of it is held any more; nothing was changed.")
            else:
                messages.success(request, f"{moved:,} {_messages(moved)} {done}.")
            if not left:
                return HttpResponseRedirect(self._list_url(request.GET.urlencode()))
            messages.info(request, f"{left} are still held. Press {label} for the next ones.")
            return HttpResponseRedirect(request.get_full_path())

        return view

    def _look(self, request, act, label, rows):
        seen_at = timezone.now()
        found = shares(bulk.held_at(rows, seen_at))
        held = sum(share.count for share in found)
        more = held > bulk.AT_ONCE or any(isinstance(share.count, AtLeast) for share in found)
        count = min(held, bulk.AT_ONCE)
        return TemplateResponse(
            request,
            "admin/messaging/many.html",
            {
                **self.admin_site.each_context(request),
                "title": f"{label} {'the first ' if more else ''}{count:,} {_messages(count)}",
                "opts": self.opts,
                "act": act,
                "label": label,
                "shares": found,
                "count": count,
                "cost_paise": sum(share.cost_paise for share in found),
                "falls_short": [share for share in found if share.fits < share.count],
                "obstacles": [share for share in found if share.obstacle],
                "calls_wait": any(share.switch.channel == Channel.VOICE for share in found)
                and not Profile.current().may_call_at(seen_at),
                "more": more,
                "seen_at": seen_at.isoformat(),
                "back": self._list_url(request.GET.urlencode()),
            },
        )

    def _to_the_look(self, request, queryset, act):
        """An action's answer: the look page, for the ticked rows or for all that the list shows."""
        query = request.GET.copy()
        if request.POST.get("select_across") != "1":
            query["id__in"] = ",".join(str(pk) for pk in queryset.values_list("pk", flat=True))
        return HttpResponseRedirect(
            f"{reverse(f'admin:{self._page_name(act)}')}?{query.urlencode()}"
        )

    def release_selected(self, request, queryset):
        return self._to_the_look(request, queryset, "release")

    release_selected.short_description = "Release held messages…"
    release_selected.allowed_permissions = ["release"]

    def cancel_selected(self, request, queryset):
        return self._to_the_look(request, queryset, "cancel")

    cancel_selected.short_description = "Cancel held messages…"
    cancel_selected.allowed_permissions = ["release"]


def _messages(count):
    return "message" if count == 1 else "messages"


def _moment(text):
    """Return the aware moment that a look page wrote, at most now; None for anything else."""
    try:
        moment = parse_datetime(text)
    except ValueError:
        return None
    return min(moment, timezone.now()) if moment and timezone.is_aware(moment) else None

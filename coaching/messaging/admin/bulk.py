"""Everything that a list shows, released or cancelled: a look at what and how dear, then a POST.

The page's address carries the list's own filters, so that ticked rows (`?id__in=…`) and ten
thousand filtered ones go the same way. What came after the look is not moved.
"""

from django.contrib import messages
from django.contrib.admin.options import IncorrectLookupParameters
from django.core.exceptions import PermissionDenied
from django.http import HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone

from coaching.common import looks
from coaching.common.admin import safe_next
from coaching.common.lookups import AtLeast, capped_count
from coaching.messaging import bulk
from coaching.messaging.outlook import shares

ACTS = {"release": ("Release", "released"), "cancel": ("Cancel", "cancelled")}


class BulkViews:
    """Mixed into an admin whose list stands for messages: `messages_of(rows)` says for which."""

    moves = tuple(ACTS)

    def messages_of(self, rows):
        return rows

    def has_release_permission(self, request, obj=None):
        return request.user.has_perm("messaging.release_communicationlog")

    def get_custom_urls(self):
        return (
            *super().get_custom_urls(),
            *((f"{act}/", self._page_name(act), self._moving(act)) for act in self.moves),
        )

    def _page_name(self, act):
        return f"{self.opts.app_label}_{self.opts.model_name}_{act}_many"

    def _list_url(self, query=None):
        name = f"admin:{self.opts.app_label}_{self.opts.model_name}_changelist"
        return f"{reverse(name)}?{query.urlencode()}" if query else reverse(name)

    def _moving(self, act):
        def view(request, model_admin=None):
            if not (self.has_view_permission(request) and self.has_release_permission(request)):
                raise PermissionDenied
            back = self._back(request)
            try:
                listed = self.get_changelist_instance(request).get_queryset(request)
            except IncorrectLookupParameters:
                return HttpResponseRedirect(self._list_url())
            rows = self.messages_of(listed)
            seen_at = looks.seen_at(request)
            if request.method != "POST" or seen_at is None:
                return self._look(request, act, rows, back)
            if _move(request, act, rows, seen_at):
                return HttpResponseRedirect(request.get_full_path())
            return HttpResponseRedirect(back)

        return view

    def _back(self, request):
        """Take `next` off the address; return it, or the list without the ticks, which are gone."""
        query = request.GET.copy()
        query.pop("next", None)
        unticked = query.copy()
        unticked.pop("id__in", None)
        back = safe_next(request, self._list_url(unticked))
        request.GET = query  # what is left are the list's filters
        return back

    def _look(self, request, act, rows, back):
        seen_at = timezone.now()
        found = shares(bulk.held_at(rows, seen_at))
        held = sum(share.count for share in found)
        moving = held if act == "cancel" else sum(share.fits for share in found)
        count = min(moving, bulk.AT_ONCE)
        more = moving > count or any(isinstance(share.count, AtLeast) for share in found)
        first = "the first " if more else ""
        label = ACTS[act][0]
        return TemplateResponse(
            request,
            "admin/messaging/many.html",
            {
                **self.admin_site.each_context(request),
                "title": f"{label} {first}{count or held:,} {_messages(count or held)}",
                "opts": self.opts,
                "act": act,
                "label": label,
                "shares": found,
                "held": held,
                "count": count,
                "cost_paise": sum(share.cost_paise for share in found),
                "calls_wait": any(share.opens_later and share.fits for share in found),
                "more": more,
                "seen_at": seen_at.isoformat(),
                "next": back,
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


def _move(request, act, rows, seen_at):
    """Do it and say what was done; True when another step is to follow."""
    label, done = ACTS[act]
    if act == "release":
        room = {share.switch.channel: share.fits for share in shares(bulk.held_at(rows, seen_at))}
        moved = bulk.release_many(rows, seen_at, room)
    else:
        moved = bulk.cancel_many(rows, seen_at)
    if moved:
        messages.success(request, f"{moved:,} {_messages(moved)} {done}.")
    left = shares(bulk.held_at(rows, seen_at))
    movable = sum(share.fits if act == "release" else share.count for share in left)
    if movable:
        count = capped_count(bulk.held_at(rows, seen_at))
        messages.info(request, f"{count} are still held. Press {label} for the next ones.")
    elif left:
        for share in left:
            why = share.obstacle or share.why_not_all
            messages.warning(request, f"{share.switch.label}, {share.count_text} still held: {why}")
    elif not moved:
        messages.info(request, "Nothing of it is held any more; nothing was changed.")
    return bool(movable)


def _messages(count):
    return "message" if count == 1 else "messages"

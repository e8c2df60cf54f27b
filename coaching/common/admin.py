"""What every list and page of the command centre shares: fast lists, nothing lost by accident."""

from django.core.paginator import Paginator
from django.utils.functional import cached_property
from django.utils.http import url_has_allowed_host_and_scheme
from unfold.admin import ModelAdmin

from coaching.common.lookups import capped_count, planned_anew


class CappedPaginator(Paginator):
    @cached_property
    def count(self):
        return capped_count(self.object_list)


def an_id(text):
    """Return the row id that a filter's parameter holds, or None: no database takes more digits."""
    return int(text) if text and text.isascii() and text.isdecimal() and len(text) < 19 else None


def take_spoken_times(form, *names):
    """Let these fields take “7:30 PM” as well as 19:30, and show no seconds."""
    for field in (form.fields[name] for name in names if name in form.fields):
        field.input_formats = ["%H:%M", "%H:%M:%S", "%I:%M %p", "%I:%M%p", "%I %p", "%I%p"]
        field.widget.format = "%H:%M"
        field.error_messages["invalid"] = "Write a time such as 7:30 PM or 19:30."


def safe_next(request, fallback):
    """Return where a form said to go back to, if that is on this site; else `fallback`."""
    target = request.POST.get("next") or request.GET.get("next") or ""
    if url_has_allowed_host_and_scheme(target, {request.get_host()}, request.is_secure()):
        return target
    return fallback


class OfficeAdmin(ModelAdmin):
    """The base of every page here: Unfold's, with capped counts and never a count of all rows."""

    paginator = CappedPaginator
    show_full_result_count = False
    list_per_page = 50
    list_max_show_all = 0
    list_filter_submit = True
    warn_unsaved_form = True

    def changelist_view(self, request, extra_context=None):
        with planned_anew():  # lists grow for ever, and each filter finds another share of them
            return super().changelist_view(request, extra_context)

    def changeform_view(self, request, object_id=None, form_url="", extra_context=None):
        context = {"show_save_and_add_another": False, **(extra_context or {})}
        return super().changeform_view(request, object_id, form_url, context)


class ReadOnlyAdmin(OfficeAdmin):
    """Rows that the system writes: looked at, never typed into."""

    def has_add_permission(self, request):
        return False

    def has_change_permission(self, request, obj=None):
        return False

    def has_delete_permission(self, request, obj=None):
        return False

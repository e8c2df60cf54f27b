"""Acts of the till as dialogs: looked at first (GET), then done, once (POST to the same address).

The form carries a stamp of what was looked at. Under the person's lock the row is read again; when
its stamp is another one by then, nothing is done: who pressed twice, or came second, is told so.
"""

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import reverse
from unfold.widgets import UnfoldAdminTextInputWidget

from coaching.accounts.models import Contact
from coaching.common.admin import ReadOnlyAdmin, safe_next

CHANGED = "Something changed meanwhile, so nothing was done. Look again."


class Refused(Exception):
    """It cannot be done; the text says why, and what to do."""


class NoteForm(forms.Form):
    note = forms.CharField(
        max_length=200, required=False, widget=UnfoldAdminTextInputWidget,
        help_text="For those who look at it later.",
    )  # fmt: skip


class NeededNoteForm(forms.Form):
    note = forms.CharField(
        max_length=200, widget=UnfoldAdminTextInputWidget,
        error_messages={"required": "Write a word or two: why, or by which paper."},
    )  # fmt: skip


class Dialog:
    """One act on one row. Subclasses say who may do it, what it does, and what is asked first."""

    noun = ""  # the last part of its address
    label = ""
    permission = ""
    form_class = forms.Form
    is_danger = False

    def may(self, user, row):
        return user.has_perm(self.permission)

    def refusal(self, row, user):
        """Return why it cannot be done now, or ''."""
        return ""

    def points(self, row):
        """Return the sentences that must be known before."""
        return []

    def initial(self, row):
        return {}

    def form(self, row, data=None):
        return self.form_class(data, initial=self.initial(row))

    def do(self, row, given, user):
        """Do it and return the sentence that says so. Raises Refused. In a transaction, under the
        person's lock."""
        raise NotImplementedError


class DialogAdmin(ReadOnlyAdmin):
    """Rows with acts. Subclasses say how a row is read, whose it is, and what its stamp is."""

    dialogs = ()

    def rows(self):
        return self.model.objects.all()

    def contact_of(self, row):
        raise NotImplementedError

    def stamp(self, row):
        raise NotImplementedError

    def get_fieldsets(self, request, obj=None):
        """None of the row's own fields: the page says it in words, above."""
        return [(None, {"fields": []})]

    def get_custom_urls(self):
        return (
            *super().get_custom_urls(),
            *(
                (f"<int:pk>/{dialog.noun}/", self._name(dialog), self._view(dialog()))
                for dialog in self.dialogs
            ),
        )

    def _name(self, dialog):
        return f"{self.opts.app_label}_{self.opts.model_name}_{dialog.noun.replace('-', '_')}"

    def acts(self, request, row):
        """Return (label, address, is it dangerous) of what this person may do with the row now."""
        return [
            (dialog.label, reverse(f"admin:{self._name(dialog)}", args=[row.pk]), dialog.is_danger)
            for dialog in (kind() for kind in self.dialogs)
            if dialog.may(request.user, row) and not dialog.refusal(row, request.user)
        ]

    def page_of(self, row):
        name = f"admin:{self.opts.app_label}_{self.opts.model_name}_change"
        return reverse(name, args=[row.pk])

    def _view(self, dialog):
        def view(request, pk, model_admin=None):
            row = get_object_or_404(self.rows(), pk=pk)
            if not dialog.may(request.user, row):
                raise PermissionDenied
            back = safe_next(request, self.page_of(row))
            refusal = dialog.refusal(row, request.user)
            form = dialog.form(row, request.POST if request.method == "POST" else None)
            if request.method == "POST" and refusal:
                messages.error(request, refusal)
                return HttpResponseRedirect(back)
            if request.method == "POST" and form.is_valid():
                try:
                    done = self._do(dialog, request, row, form.cleaned_data)
                except Refused as error:
                    form.add_error(None, str(error))
                else:
                    self.log_change(request, row, done)
                    messages.success(request, done)
                    return HttpResponseRedirect(back)
            return self._look(request, dialog, row, form, refusal, back)

        return view

    @transaction.atomic
    def _do(self, dialog, request, row, given):
        Contact.objects.locked(self.contact_of(row).phone)
        row = self.rows().get(pk=row.pk)
        if request.POST.get("seen") != self.stamp(row):
            raise Refused(CHANGED)
        return dialog.do(row, given, request.user)

    def _look(self, request, dialog, row, form, refusal, back):
        return TemplateResponse(
            request,
            "admin/payments/dialog.html",
            {
                **self.admin_site.each_context(request),
                "title": f"{dialog.label}: {row}",
                "opts": self.opts,
                "label": dialog.label,
                "is_danger": dialog.is_danger,
                "row": row,
                "form": form,
                "points": [] if refusal else dialog.points(row),
                "refusal": refusal,
                "seen": self.stamp(row),
                "back": back,
            },
        )

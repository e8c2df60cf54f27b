"""People who log in: staff and students. The owner chooses a role, never single permissions."""

from allauth.account.adapter import get_adapter
from django import forms
from django.conf import settings
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import Q
from django.http import HttpResponseNotAllowed, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.urls import reverse
from unfold.contrib.filters.admin import DropdownFilter
from unfold.decorators import display
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextInputWidget

from coaching.accounts.models import Consent, Contact, User
from coaching.accounts.phone import NotANumber, for_people, read_phone
from coaching.accounts.roles import ROLES, STAFF_ROLES
from coaching.common.admin import OfficeAdmin, ReadOnlyAdmin

ROLE_WORDS = [
    ("", "Choose a role"),  # nobody becomes an owner by leaving the field alone
    ("owner", "Owner: everything"),
    ("counsellor", "Counsellor: enquiries, no exports, no settings"),
    ("teacher", "Teacher: batches only"),
    ("student", "Student: the portal, no command centre"),
]
BADGES = {"Owner": "primary", "Counsellor": "info", "Teacher": "warning", "Student": "success"}


class UserForm(forms.ModelForm):
    number = forms.CharField(
        label="Phone", required=False, max_length=40,
        widget=UnfoldAdminTextInputWidget(attrs={"inputmode": "tel", "autocomplete": "off"}),
        help_text="WhatsApp number, typed any way. Students may log in by it.",
    )  # fmt: skip
    role = forms.ChoiceField(choices=ROLE_WORDS, widget=UnfoldAdminSelectWidget)

    class Meta:
        model = User
        fields = ["name", "email", "is_active"]
        labels = {"email": "E-mail", "is_active": "May log in"}

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        if self.instance.pk:
            self.fields["role"].initial = self.instance.role
            if self.instance.contact:
                self.fields["number"].initial = for_people(self.instance.contact.phone)

    def clean_email(self):
        """Lower case, unique in any case, and none rather than empty."""
        email = (self.cleaned_data["email"] or "").lower()
        if email and User.objects.filter(email__iexact=email).exclude(pk=self.instance.pk).exists():
            raise forms.ValidationError("Somebody with this e-mail is there already.")
        return email or None

    def clean_number(self):
        text = self.cleaned_data["number"]
        try:
            return read_phone(text) if text else None
        except NotANumber as error:
            raise forms.ValidationError(
                "This does not look like a phone number. Write all 10 digits, like 98765 43210."
            ) from error

    def clean(self):
        given = super().clean()
        role = given.get("role")
        if role in STAFF_ROLES and "email" in given and not given["email"]:
            self.add_error("email", "Staff log in by e-mail: please write one.")
        if role == "student" and not given.get("email") and not given.get("number"):
            self.add_error("number", "A student needs a phone number or an e-mail to log in.")
        stays = role == "owner" and given.get("is_active")
        if self.instance.pk and self.instance.role == "owner" and not stays and not _other_owner(
            self.instance
        ):  # fmt: skip
            self.add_error("role", "This is the only owner. Make somebody else an owner first.")
        return given

    def save(self, commit=True):
        number = self.cleaned_data["number"]
        self.instance.contact = Contact.objects.having(number.e164) if number else None
        if not self.instance.pk:
            self.instance.set_unusable_password()
        return super().save(commit)


def _other_owner(user):
    return User.objects.filter(groups__name="owner", is_active=True).exclude(pk=user.pk).exists()


class RoleFilter(DropdownFilter):
    title = "role"
    parameter_name = "role"

    def lookups(self, request, model_admin):
        return [(role, role.capitalize()) for role in ROLES]

    def queryset(self, request, queryset):
        return queryset.filter(groups__name=self.value()) if self.value() else queryset


@admin.register(User)
class UserAdmin(OfficeAdmin):
    form = UserForm
    list_display = ["name", "role_badge", "mail", "phone", "last_log_in", "may_log_in"]
    list_filter = [RoleFilter]
    search_fields = ["name"]
    search_help_text = "Name, e-mail or number (its beginning)"
    ordering = ["name", "pk"]
    fields = ["name", "role", "email", "number", "is_active"]
    change_form_outer_before_template = "admin/accounts/user/invitation.html"

    def get_queryset(self, request):
        return super().get_queryset(request).select_related("contact").prefetch_related("groups")

    def get_search_results(self, request, queryset, search_term):
        term = search_term.strip()
        if any(c.isdigit() for c in term) and "@" not in term:
            return queryset.filter(contact__in=Contact.objects.starting(term)), False
        begins = Q(name__istartswith=term) | Q(email__istartswith=term)
        return queryset.filter(begins), False

    def has_delete_permission(self, request, obj=None):
        return False

    def save_model(self, request, obj, form, change):
        super().save_model(request, obj, form, change)
        obj.set_role(form.cleaned_data["role"])
        if not change and obj.is_staff:
            self.invite(request, obj)

    def invite(self, request, user):
        get_adapter().send_invitation(user)
        messages.success(request, f"An invitation to set a password is on its way to {user.email}.")

    def get_custom_urls(self):
        return (("<int:pk>/invitation/", "accounts_user_invitation", self.invitation),)

    def invitation(self, request, pk, model_admin=None):
        if not self.has_change_permission(request):
            raise PermissionDenied
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        user = get_object_or_404(User.objects.filter(is_staff=True, is_active=True), pk=pk)
        self.invite(request, user)
        return HttpResponseRedirect(reverse("admin:accounts_user_change", args=[pk]))

    @display(description="Role", label=BADGES)
    def role_badge(self, user):
        return user.role.capitalize() or "–"

    @display(description="E-mail")
    def mail(self, user):
        return user.email or ""

    @display(description="Last log-in", ordering="last_login")
    def last_log_in(self, user):
        return user.last_login

    @display(description="May log in", boolean=True)
    def may_log_in(self, user):
        return user.is_active

    @display(description="Phone")
    def phone(self, user):
        return for_people(user.contact.phone) if user.contact else ""


@admin.register(Consent)
class ConsentAdmin(ReadOnlyAdmin):
    empty_text = "Every agreement and every STOP is written down here; enquiries bring the first."
    list_display = ["contact", "action", "source", "wording", "language_name", "when"]
    search_fields = ["contact__phone"]
    search_help_text = "Number (its beginning)"
    list_select_related = ["contact"]
    ordering = ["-pk"]

    @display(description="Wording of")
    def wording(self, consent):
        return consent.wording_version or "–"

    @display(description="Language")
    def language_name(self, consent):
        return dict(settings.LANGUAGES).get(consent.language, "–")

    @display(description="When", ordering="-pk")
    def when(self, consent):
        return consent.created_at

    def get_search_results(self, request, queryset, search_term):
        if not search_term.strip():
            return queryset, False
        return queryset.filter(contact__in=Contact.objects.starting(search_term)), False

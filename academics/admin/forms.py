"""The course and the batch as the owner types them."""

from django import forms
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextareaWidget

from academics.admin.fields import InstalmentsField, LinesField, RupeesField, WeekdaysField
from academics.models import Batch, Course
from coaching.common.admin import take_spoken_times


class CourseForm(forms.ModelForm):
    price_paise = RupeesField(
        label="Price in rupees", help_text="Including GST where the centre is registered.",
        error_messages={"required": "Write the price, like 12000."},
    )  # fmt: skip
    syllabus = LinesField(help_text="One topic a line.")
    instalments = InstalmentsField(
        help_text="One a line, like “5000 at joining”. Together they must make the price. Leave "
        "empty when the fee is paid at once."
    )
    aliases = LinesField(
        label="Other names people use", help_text="One a line; the receptionist understands them."
    )

    class Meta:
        model = Course
        fields = [
            "title", "title_hi", "slug", "summary", "summary_hi", "level", "price_paise",
            "instalments", "duration_weeks", "hours", "syllabus", "prerequisites", "trainer",
            "trainer_experience", "aliases", "position", "is_archived",
        ]  # fmt: skip
        labels = {"slug": "Address on the website", "position": "Place in the list",
                  "is_archived": "No longer offered", "duration_weeks": "Length in weeks",
                  "hours": "Hours in all"}  # fmt: skip
        help_texts = {
            "slug": "Small letters, digits and hyphens, such as python-basics. Links that people "
            "have stop working when it changes.",
        }
        error_messages = {
            "slug": {"invalid": "Only small letters, digits and hyphens, such as python-basics."},
        }
        widgets = {"prerequisites": UnfoldAdminTextareaWidget(attrs={"rows": 3})}

    def _post_clean(self):
        """Where a line of the instalments was not understood, say only that."""
        not_understood = "instalments" in self.errors
        super()._post_clean()
        if not_understood:
            del self._errors["instalments"].data[1:]


class BatchForm(forms.ModelForm):
    days = WeekdaysField(label="Days of the week")

    class Meta:
        model = Batch
        fields = [
            "code", "course", "mode", "starts_on", "days", "start_time", "end_time", "seats",
            "seats_taken_elsewhere", "meeting_link", "is_archived",
        ]  # fmt: skip
        labels = {"code": "Batch code", "starts_on": "First class",
                  "seats": "Seats in all", "is_archived": "Not shown any more"}  # fmt: skip
        help_texts = {
            "seats_taken_elsewhere": "People who joined outside this system; they keep a seat."
        }
        error_messages = {
            "meeting_link": {"invalid": "Write the whole link, beginning with https://."},
        }
        widgets = {"mode": UnfoldAdminSelectWidget}

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        take_spoken_times(self, "start_time", "end_time")

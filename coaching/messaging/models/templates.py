"""What WhatsApp has approved."""

from django.conf import settings
from django.db import models
from django.db.models import Q


class WhatsAppTemplate(models.Model):
    """The provider's id of an approved template: one for each message and language."""

    message = models.CharField(max_length=40, help_text="The message's name in the catalogue")
    language = models.CharField(max_length=5)
    content_sid = models.CharField("ContentSid", max_length=34, help_text="HX and 32 hex digits")
    wording = models.TextField(help_text="The wording that was submitted")
    updated_at = models.DateTimeField("updated", auto_now=True)

    class Meta:
        ordering = ["message", "language"]
        verbose_name = "WhatsApp template"
        constraints = [
            models.UniqueConstraint(name="template_once", fields=["message", "language"]),
            models.CheckConstraint(
                name="content_sid_format", condition=Q(content_sid__regex=r"^HX[0-9a-fA-F]{32}$")
            ),
        ]

    def __str__(self):
        language = dict(settings.LANGUAGES).get(self.language, self.language)
        return f"{self.message.replace('_', ' ').capitalize()} · {language}"

from django.apps import AppConfig


class MessagingConfig(AppConfig):
    name = "coaching.messaging"
    verbose_name = "Messages"

    def ready(self):
        from coaching.messaging import email_events  # noqa: F401

from django.apps import AppConfig


class MessagingConfig(AppConfig):
    name = "coaching.messaging"
    verbose_name = "Messages"

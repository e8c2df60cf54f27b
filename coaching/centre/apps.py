from django.apps import AppConfig


class CentreConfig(AppConfig):
    name = "coaching.centre"
    verbose_name = "The centre"

from django.apps import AppConfig


class CommonConfig(AppConfig):
    name = "coaching.common"
    verbose_name = "Common"

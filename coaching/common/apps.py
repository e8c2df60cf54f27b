from django.apps import AppConfig


class CommonConfig(AppConfig):
    name = "coaching.common"
    verbose_name = "Common"

    def ready(self):
        from coaching.common import outage

        outage.connect()

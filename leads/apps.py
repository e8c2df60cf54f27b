from django.apps import AppConfig


class LeadsConfig(AppConfig):
    name = "leads"
    verbose_name = "Enquiries"

    def ready(self):
        from leads import enrol, receivers  # noqa: F401

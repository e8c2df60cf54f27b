from django.apps import AppConfig


class CoachingConfig(AppConfig):
    name = "coaching"
    verbose_name = "Coaching centre"

    def ready(self):
        from coaching import celery  # noqa: F401  (tasks find their broker through it)

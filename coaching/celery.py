"""The doorbell's wiring, and every schedule of the product in one table."""

import os
import warnings

from celery import Celery
from celery.platforms import SecurityWarning
from celery.schedules import crontab
from celery.signals import setup_logging
from django.conf import settings

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "coaching.settings")

# Celery warns root users of pickled tasks; ours are JSON and carry ids only.
warnings.filterwarnings("ignore", category=SecurityWarning)

app = Celery("coaching")
app.conf.update(
    accept_content=["json"],
    broker_url=settings.CELERY_BROKER_URL,
    task_ignore_result=True,
    worker_prefetch_multiplier=1,
    worker_hijack_root_logger=False,
    broker_connection_retry_on_startup=True,
    broker_connection_max_retries=None,  # a worker without a broker still sweeps, for ever
    broker_channel_error_retry=True,  # one that is full or cannot save refuses; that passes, too
    task_publish_retry=False,
    timezone="Asia/Kolkata",
    beat_schedule={
        # Messages need no entry here: the sweeper in every worker finds what is due.
        "forget expired log-ins": {
            "task": "coaching.accounts.tasks.clear_expired_sessions",
            "schedule": crontab(hour=3, minute=40),
        },
        "forget old counts of enquiries": {
            "task": "leads.tasks.forget_old_tallies",
            "schedule": crontab(hour=3, minute=45),
        },
        "tell the owner of a flood of enquiries": {
            "task": "leads.tasks.tell_of_a_flood",
            "schedule": crontab(minute="*"),
            "options": {"expires": 60},
        },
        # At 10:00; the later hours find only what was missed then.
        "remind of fees": {
            "task": "payments.tasks.remind_of_fees",
            "schedule": crontab(hour="10-20", minute=0),
            "options": {"expires": 3600},
        },
        # At 05:10; once that has worked, the later hours find nothing to do.
        "compare yesterday with the providers": {
            "task": "coaching.messaging.tasks.compare_with_provider",
            "schedule": crontab(hour="5-23", minute=10),
        },
    },
    beat_schedule_filename=str(settings.VAR_DIR / "beat-schedule"),
)
app.autodiscover_tasks()


@setup_logging.connect
def use_the_products_logging(**_):
    """Celery keeps Django's logging instead of its own."""

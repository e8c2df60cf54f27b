"""The till's doorbell, and its reminders; what the workers need to know of the till's messages."""

from celery import shared_task

from payments import enclosures, reminders, rounds  # noqa: F401


@shared_task(ignore_result=True)
def ask_what_is_due():
    rounds.ask_what_is_due()


@shared_task(ignore_result=True)
def remind_of_fees():
    reminders.remind()

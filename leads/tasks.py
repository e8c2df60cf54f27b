"""Housekeeping of enquiries."""

from celery import shared_task

from leads import flood


@shared_task
def forget_old_tallies():
    flood.forget_old_tallies()

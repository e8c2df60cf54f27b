"""Housekeeping of enquiries."""

from celery import shared_task

from leads import flood


@shared_task
def forget_old_tallies():
    flood.forget_old_tallies()


@shared_task
def tell_of_a_flood():
    flood.tell_of_a_flood()

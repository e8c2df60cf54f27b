"""What the workers do when the doorbell rings."""

from celery import shared_task

from coaching.messaging import delivery, sweeper  # noqa: F401  (every worker sweeps)


@shared_task
def deliver(*, log_id):
    delivery.deliver(log_id)

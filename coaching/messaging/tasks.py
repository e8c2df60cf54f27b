"""What the workers do when the doorbell rings."""

import uuid

from celery import shared_task

from coaching.messaging import crew, diff, sweeper  # noqa: F401  (every worker sweeps)


@shared_task
def deliver(*, log_ids):
    """Hand the rows to the crew. `log_ids` are lists of ids by channel."""
    crew.take((uuid.UUID(log_id), channel) for channel, ids in log_ids.items() for log_id in ids)


@shared_task
def compare_with_provider():
    """Once a day; asked for each hour, so that a provider that is away is asked again."""
    diff.compare_missed_days()

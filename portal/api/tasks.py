"""Celery's door into this room."""

from celery import shared_task


@shared_task(ignore_result=True)
def forget_answers() -> None:
    """Drop the answers to Idempotency-Keys that are older than their days."""
    from portal.api.idempotency import forget_old_answers

    forget_old_answers()

"""Celery's door to visits, one call each."""

from celery import shared_task


@shared_task(ignore_result=True)
def end_visits() -> None:
    """End those whose time is over."""
    from ekyam.visits.operations import end_overdue_visits

    end_overdue_visits()

from celery import shared_task
from django.utils import timezone

from kam.home import services


@shared_task
def purge_marks() -> int:
    """Delete marks of the Today page that do not count any more."""
    return services.purge(timezone.now())

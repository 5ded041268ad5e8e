from typing import Any

from django.apps import AppConfig
from django.core.management import call_command
from django.db.models.signals import post_migrate
from django.utils.translation import gettext_noop

DJANGO_WORDS = [gettext_noop("- Select an option -")]  # missing in Django's own Chinese


class CoreConfig(AppConfig):
    name = "kam.core"
    label = "core"

    def ready(self) -> None:
        from kam.core import audit_words

        audit_words.register(audit_words.ACTIONS, audit_words.FIELDS)
        post_migrate.connect(_create_cache_table, sender=self)


def _create_cache_table(using: str, **kwargs: Any) -> None:
    """The cache is a table without a model; `migrate` makes it where it is missing."""
    call_command("createcachetable", database=using, verbosity=0)

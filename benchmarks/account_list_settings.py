from pathlib import Path

from kam.settings import *  # noqa: F403
from kam.settings import STORAGES, TEMPLATES

ROOT_URLCONF = "benchmarks.account_list_urls"
TEMPLATES[0]["DIRS"] = [*TEMPLATES[0]["DIRS"], Path(__file__).parent / "templates"]  # type: ignore[misc]
STORAGES = {
    **STORAGES,
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}

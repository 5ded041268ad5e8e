"""Where every address leads. Apps bring their own `urls.py` (pages) and `api.py` (REST)."""

from django.contrib import admin
from django.urls import include, path

urlpatterns = [
    path("admin/", admin.site.urls),
    path("", include("accounts.urls")),
]

"""Where every address leads. Apps bring their own `urls.py` (pages) and `api.py` (REST)."""

from django.contrib import admin
from django.urls import include, path

from kam.home.urls import language_urls

urlpatterns = [
    path("admin/", admin.site.urls),
    path("auth/", include("allauth.urls")),
    path("", include("kam.home.urls")),
    path("", include(language_urls)),
    path("", include("accounts.urls")),
]

"""Where every address leads. Apps bring their own `urls.py` (pages) and `api.py` (REST)."""

from django.contrib import admin
from django.urls import include, path, re_path

from accounts.api import api_urls as accounts_api
from complaints.api import api_urls as complaints_api_urls
from complaints.api_history import api_urls as complaints_history_urls
from credit.api import api_urls as credit_api_urls
from credit.api_receivables import api_urls as receivables_api_urls
from kam.core.api.urls import api_urls as core_api_urls
from kam.core.error_views import api_not_found
from kam.home.health import health
from kam.home.urls import language_urls
from notifications.api import api_urls as notifications_api_urls
from sales.api import api_urls as sales_api_urls
from tiering.api import api_urls as tiering_api_urls

urlpatterns = [
    path("health/", health),
    # REST first: many small calls, that need not look through all pages.
    path("api/v1/", include(accounts_api)),
    path("api/v1/", include(notifications_api_urls)),
    path("api/v1/", include(sales_api_urls)),
    path("api/v1/", include(tiering_api_urls)),
    path("api/v1/", include(credit_api_urls)),
    path("api/v1/", include(receivables_api_urls)),
    path("api/v1/", include(complaints_api_urls)),
    path("api/v1/", include(complaints_history_urls)),
    path("api/v1/", include(core_api_urls)),
    re_path(r"^api/", api_not_found),  # what no REST view above answers
    path("admin/", admin.site.urls),
    path("auth/", include("allauth.urls")),
    path("", include("kam.core.urls")),
    path("", include("kam.home.urls")),
    path("", include(language_urls)),
    path("", include("approvals.urls")),
    path("", include("accounts.urls")),
    path("", include("notifications.urls")),
    path("", include("sales.urls")),
    path("", include("tiering.urls")),
    path("", include("credit.urls")),
    path("", include("complaints.urls")),
    path("", include("visits.urls")),
    path("", include("mailings.urls")),
]

handler400 = "kam.core.error_views.bad_request"
handler403 = "kam.core.error_views.permission_denied"
handler404 = "kam.core.error_views.page_not_found"
handler500 = "kam.core.error_views.server_error"

from django.contrib.auth.decorators import login_required
from django.urls import path
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerSplitView

# Without Swagger's own page, which has an inline style that the CSP blocks.
docs = SpectacularSwaggerSplitView.as_view(url_name="api-schema", template_name="core/swagger.html")
api_urls = [
    path("schema/", SpectacularAPIView.as_view(), name="api-schema"),
    path("docs/", login_required(docs), name="api-docs"),
]

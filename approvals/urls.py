from django.urls import path

from approvals.views import deputies, requests, routes

app_name = "approvals"
urlpatterns = [
    path("approvals/", requests.index, name="list"),
    path("approvals/badge/", requests.badge, name="badge"),
    path("approvals/<int:request_id>/", requests.detail, name="request"),
    path("approvals/<int:request_id>/sign/", requests.sign, name="sign"),
    path("approvals/<int:request_id>/recall/", requests.recall, name="recall"),
    path("approvals/<int:request_id>/remind/", requests.remind, name="remind"),
    path("approvals/<int:request_id>/resubmit/", requests.resubmit, name="resubmit"),
    path("approvals/routes/", routes.index, name="routes"),
    path("approvals/routes/<int:route_id>/", routes.detail, name="route"),
    path("approvals/routes/new/<str:kind>/", routes.propose, name="route_propose"),
    path("approvals/deputies/", deputies.index, name="deputies"),
    path("approvals/deputies/<int:deputy_id>/end/", deputies.end, name="deputy_end"),
]

from django.urls import path

from credit.views import applications, queue, ratings

app_name = "credit"

urlpatterns = [
    path("credit/", queue.queue, name="queue"),
    path("credit/accounts/<str:account_number>/", applications.account_terms, name="account_terms"),
    path("credit/accounts/<str:account_number>/apply/", applications.apply, name="apply"),
    path("credit/accounts/<str:account_number>/rate/", ratings.rate, name="rate"),
    path(
        "credit/accounts/<str:account_number>/investigate/", ratings.investigate, name="investigate"
    ),
    path("credit/applications/<int:proposal_id>/", applications.detail, name="proposal"),
    path(
        "credit/applications/<int:proposal_id>/change/",
        applications.revise,
        name="proposal_revise",
    ),
    path("credit/ratings/<int:rating_id>/", ratings.detail, name="rating"),
    path(
        "credit/investigations/<int:investigation_id>/",
        ratings.investigation,
        name="investigation",
    ),
]

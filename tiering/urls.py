from django.urls import path

from tiering.views import designations, overview, panel, policies, runs, standards

app_name = "tiering"

urlpatterns = [
    path("tiers/", overview.overview, name="overview"),
    path("tiers/movers/", overview.movers, name="movers"),
    path("tiers/runs/", runs.runs, name="runs"),
    path("tiers/runs/<int:run_id>/", runs.run, name="run"),
    path("tiers/policies/", policies.policies, name="policies"),
    path("tiers/policies/new/", policies.create, name="policy_create"),
    path("tiers/policies/<int:version>/", policies.policy, name="policy"),
    path("tiers/policies/<int:version>/edit/", policies.edit, name="policy_edit"),
    path("tiers/policies/<int:version>/propose/", policies.propose, name="policy_propose"),
    path("tiers/policies/<int:version>/preview/", policies.preview, name="policy_preview"),
    path("tiers/standards/", standards.index, name="standards"),
    path("tiers/standards/new/", standards.propose, name="standard_propose"),
    path("tiers/standards/<int:version>/", standards.detail, name="standard"),
    path("tiers/designations/", designations.designations, name="designations"),
    path("tiers/designations/<int:designation_id>/", designations.designation, name="designation"),
    path(
        "tiers/designations/<int:designation_id>/edit/",
        designations.edit,
        name="designation_edit",
    ),
    path(
        "tiers/designations/<int:designation_id>/revoke/",
        designations.revoke,
        name="designation_revoke",
    ),
    path(
        "tiers/designations/new/<str:account_number>/",
        designations.propose,
        name="designation_propose",
    ),
    path("tiers/panel/<str:account_number>/", panel.account_panel, name="account_panel"),
]

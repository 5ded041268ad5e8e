from django.urls import path

from complaints.views import detail, listing, public, steps, summary

app_name = "complaints"

urlpatterns = [
    path("complaints/summary/", summary.summary, name="summary"),
    path("complaints/summary/write/", summary.write, name="summary_write"),
    path("complaints/export/", summary.export, name="export"),
    # For customers, without a login
    path("complain/", public.complain, name="complain"),
    path("complain/received/", public.received, name="received"),
    path("complain/follow/", public.follow, name="follow"),
    path("complain/follow/<str:complaint_number>/", public.followed, name="followed"),
    path("complain/follow/<str:complaint_number>/answer/", public.answer, name="answer"),
    path("complaints/", listing.complaint_list, name="list"),
    path("complaints/new/", listing.register, name="register"),
    path("accounts/<str:account_number>/complaints/", listing.account_panel, name="account_panel"),
    path("complaints/<str:complaint_number>/", detail.complaint, name="complaint"),
    path("complaints/<str:complaint_number>/files/<int:pk>/", detail.file, name="file"),
    path("complaints/<str:complaint_number>/<slug:key>/", steps.step, name="step"),
    path(
        "complaints/<str:complaint_number>/<slug:key>/<int:pk>/", steps.part_step, name="part_step"
    ),
]

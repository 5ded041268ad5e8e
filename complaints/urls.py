from django.urls import path

from complaints.views import public, summary

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
]

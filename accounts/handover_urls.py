from django.urls import path

from accounts.views import covers, handover

urlpatterns = [
    path("handover/", handover.cases, name="handovers"),
    path("handover/new/", handover.open_case, name="handover_open"),
    path("handover/covers/", covers.covers, name="covers"),
    path("handover/covers/<int:pk>/", covers.cover_page, name="cover"),
    path("handover/covers/<int:pk>/accept/", covers.accept, name="cover_accept"),
    path("handover/covers/<int:pk>/end/", covers.end, name="cover_end"),
    path("handover/<int:pk>/", handover.case, name="handover"),
    path("handover/<int:pk>/propose/", handover.propose, name="handover_propose"),
    path("handover/<int:pk>/end-access/", handover.end_access, name="handover_end_access"),
    path("handover/<int:pk>/close/", handover.close, name="handover_close"),
    path("handover/transfers/<int:pk>/sign/", handover.sign, name="transfer_sign"),
    path("handover/transfers/<int:pk>/withdraw/", handover.withdraw, name="transfer_withdraw"),
]

from django.urls import URLPattern, path

from mailings import views

app_name = "mailings"

urlpatterns: list[URLPattern] = [
    path("mailings/", views.index, name="list"),
    path("mailings/new/", views.edit, name="create"),
    path("mailings/<int:pk>/", views.detail, name="mailing"),
    path("mailings/<int:pk>/edit/", views.edit, name="edit"),
    path("mailings/<int:pk>/delete/", views.delete, name="delete"),
    path("mailings/<int:pk>/start/", views.start, name="start"),
    path("mailings/<int:pk>/stop/", views.stop, name="stop"),
    path("mailings/<int:pk>/resume/", views.resume, name="resume"),
    path("mailings/<int:pk>/letters/<int:delivery_id>/again/", views.send_again, name="send_again"),
    path("news/opt-out/<str:token>/", views.opt_out, name="opt_out"),
]

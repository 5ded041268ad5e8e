from django.contrib.auth.decorators import login_not_required
from django.urls import path
from django.views.i18n import set_language

from kam.home import today_views, views

app_name = "home"
urlpatterns = [
    path("", views.dashboard, name="dashboard"),
    path("sales-trend/", views.sales_trend, name="sales_trend"),
    path("today/", today_views.today, name="today"),
    path("today/mark/", today_views.mark, name="today_mark"),
    path("today/hand-over/", today_views.hand_over, name="today_hand_over"),
    path("today/take-back/", today_views.take_back, name="today_take_back"),
    path("today/undo/<int:mark_id>/", today_views.undo, name="today_undo"),
    path("me/", views.me, name="me"),
]
# Outside the namespace: Django's own templates look for this name.
language_urls = [path("language/", login_not_required(set_language), name="set_language")]

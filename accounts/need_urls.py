from django.urls import path

from accounts.views import needs

urlpatterns = [
    path("needs/", needs.need_list, name="needs"),
    path("needs/board/", needs.board, name="need_board"),
    path("needs/feed/", needs.feed, name="need_feed"),
    path("needs/<int:pk>/", needs.need, name="need"),
    path("needs/<int:pk>/<slug:step>/", needs.take_step, name="need_step"),
]

from django.urls import path

from credit.views import queue

app_name = "credit"

urlpatterns = [
    path("credit/", queue.queue, name="queue"),
]

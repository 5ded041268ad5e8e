"""The product's pages and, to measure against, the barest list that Django can show."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path

from accounts.models import Account
from kam.urls import urlpatterns as product


def bare(request: HttpRequest) -> HttpResponse:
    accounts = Account.objects.only("account_number", "name", "tier").order_by("pk")[:50]
    return render(request, "bare.html", {"accounts": accounts})


urlpatterns = [path("bare/", bare), *product]

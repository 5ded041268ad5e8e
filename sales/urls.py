from django.urls import path

from sales import views

app_name = "sales"
urlpatterns = [
    path("orders/", views.orders, name="orders"),
    # Before the orders: any other path under orders/ is the number of one.
    path("orders/export/", views.export_orders, name="export"),
    path("accounts/<str:account_number>/orders/", views.account_panel, name="account_panel"),
    path("orders/<path:order_number>/", views.order, name="order"),
    path("products/", views.products, name="products"),
    path("products/<path:code>/", views.product, name="product"),
    path("exchange-rates/", views.exchange_rates, name="exchange_rates"),
]

from django.urls import path

from credit.views import (
    applications,
    documents,
    orders,
    policies,
    queue,
    ratings,
    receivables,
    reviews,
    standing,
    statements,
    table,
)

app_name = "credit"

urlpatterns = [
    path("credit/", queue.queue, name="queue"),
    path("credit/orders/<path:order_number>/", orders.order, name="order"),
    path("credit/panel/<str:account_number>/", standing.account_panel, name="account_panel"),
    path("credit/accounts/<str:account_number>/hold/", standing.hold, name="hold"),
    path("credit/accounts/<str:account_number>/", applications.account_terms, name="account_terms"),
    path("credit/accounts/<str:account_number>/apply/", applications.apply, name="apply"),
    path("credit/accounts/<str:account_number>/rate/", ratings.rate, name="rate"),
    path(
        "credit/accounts/<str:account_number>/investigate/", ratings.investigate, name="investigate"
    ),
    path("credit/applications/<int:proposal_id>/", applications.detail, name="proposal"),
    path(
        "credit/applications/<int:proposal_id>/change/",
        applications.revise,
        name="proposal_revise",
    ),
    path("credit/limits/", table.limits, name="limits"),
    path("credit/limits/export/", table.export_limits, name="limits_export"),
    path("credit/policies/", policies.index, name="policies"),
    path("credit/policies/<str:kind>/new/", policies.propose, name="policy_propose"),
    path("credit/policies/<str:kind>/<int:version>/", policies.detail, name="policy"),
    path("credit/policies/<str:kind>/<int:version>/try/", policies.try_out, name="policy_try"),
    path("credit/ratings/<int:rating_id>/", ratings.detail, name="rating"),
    path(
        "credit/investigations/<int:investigation_id>/",
        ratings.investigation,
        name="investigation",
    ),
    # Receivables
    path("credit/receivables/", receivables.aging, name="receivables"),
    path("credit/receivables/open/", receivables.open_invoices, name="open_invoices"),
    path("credit/receivables/export/", receivables.export, name="receivables_export"),
    path(
        "accounts/<str:account_number>/receivables/",
        receivables.account_panel,
        name="receivables_panel",
    ),
    path("credit/invoices/", documents.invoices, name="invoices"),
    # Not under invoices/: any path there is the number of an invoice.
    path("credit/instalments/<path:invoice_number>/", documents.instalments, name="instalments"),
    path("credit/invoices/<path:invoice_number>/", documents.invoice, name="invoice"),
    path("credit/payments/", documents.payments, name="payments"),
    path(
        "credit/reallocate/<path:payment_number>/",
        documents.payment_reallocate,
        name="payment_reallocate",
    ),
    path("credit/payments/<path:payment_number>/", documents.payment, name="payment"),
    path(
        "credit/statements/<int:pk>/answer/", statements.statement_answer, name="statement_answer"
    ),
    path("credit/statements/<str:account_number>/", statements.statement, name="statement"),
    path(
        "credit/statements/<str:account_number>/xlsx/",
        statements.statement_file,
        {"kind": "xlsx"},
        name="statement_xlsx",
    ),
    path(
        "credit/statements/<str:account_number>/pdf/",
        statements.statement_file,
        {"kind": "pdf"},
        name="statement_pdf",
    ),
    path(
        "credit/statements/<str:account_number>/sent/",
        statements.statement_send,
        name="statement_send",
    ),
    path("credit/reviews/", reviews.index, name="campaigns"),
    path("credit/reviews/open/", reviews.open_now, name="campaign_open"),
    path("credit/reviews/<str:period>/", reviews.campaign, name="campaign"),
    path("credit/reviews/<str:period>/sign/", reviews.sign, name="campaign_sign"),
    path("credit/reviews/<str:period>/remind/", reviews.remind, name="campaign_remind"),
    path("credit/review/<int:review_id>/", reviews.review, name="review"),
    path("credit/review/<int:review_id>/change/", reviews.change, name="review_change"),
    path("credit/review/<int:review_id>/submit/", reviews.submit, name="review_submit"),
]

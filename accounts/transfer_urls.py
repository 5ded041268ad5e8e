"""Imports, exports, duplicates and merges; before the account pages, whose numbers they precede."""

from django.urls import URLPattern, path

from accounts.views import duplicates, exporting, transfer

urlpatterns: list[URLPattern] = [
    path("accounts/import/", transfer.import_accounts, name="import"),
    path("accounts/import/template/", transfer.import_template, name="import_template"),
    path("accounts/import/<int:pk>/", transfer.import_batch, name="import_batch"),
    path("accounts/import/<int:pk>/apply/", transfer.apply_import, name="import_apply"),
    path("accounts/import/<int:pk>/discard/", transfer.discard_import, name="import_discard"),
    path("accounts/import/<int:pk>/errors/", transfer.import_errors, name="import_errors"),
    path("accounts/export/", transfer.export_accounts, name="export"),
    path("accounts/exports/", exporting.exports, name="exports"),
    path("accounts/exports/more/", exporting.ask_for_more, name="export_more"),
    path("accounts/similar/", duplicates.similar, name="similar"),
    path("accounts/duplicates/", duplicates.duplicates, name="duplicates"),
    path("accounts/duplicates/dismiss/", duplicates.dismiss, name="duplicates_dismiss"),
    path("accounts/merge/", duplicates.merge, name="merge"),
    path("accounts/merges/", duplicates.merges, name="merges"),
    path("accounts/merges/<int:pk>/", duplicates.merged, name="merged"),
    path("accounts/merges/<int:pk>/undo/", duplicates.undo_merge, name="merge_undo"),
]

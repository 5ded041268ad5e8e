from django.urls import URLPattern, URLResolver, include, path

from accounts import handover_urls, need_urls, transfer_urls
from accounts.views import contacts, detail, edit, listing, needs, prospects, segments

app_name = "accounts"

_account: list[URLPattern | URLResolver] = [
    path("", detail.account_detail, name="detail"),
    path("edit/", edit.edit_account, name="edit"),
    path("edit/<slug:group>/", edit.edit_account, name="edit_group"),
    path("review/", edit.review_account, name="review"),
    path("manager/", edit.change_manager, name="manager"),
    path("parent/", edit.change_parent, name="parent"),
    path("events/", detail.account_events, name="events"),
    path("history/", detail.account_history, name="history"),
    path("buying-centre/", contacts.buying_centre, name="buying_centre"),
    path("contacts/new/", edit.add_contact, name="contact_add"),
    path("contacts/open/", contacts.open_contacts, name="contacts_open"),
    path("contacts/<int:pk>/", edit.edit_contact, name="contact_edit"),
    path("contacts/<int:pk>/delete/", edit.remove_contact, name="contact_remove"),
    path("qualification/", prospects.qualification, name="qualification"),
    path("qualification/decide/", prospects.decide, name="qualification_decide"),
    path("qualification/reopen/", prospects.reopen, name="qualification_reopen"),
    path("contacts/<int:pk>/touch/", contacts.touch_contact, name="contact_touch"),
    path("contacts/<int:pk>/mailings/", contacts.contact_mailings, name="contact_mailings"),
    path("team/new/", edit.add_member, name="member_add"),
    path("team/<int:pk>/end/", edit.end_member, name="member_end"),
    path("needs/", needs.panel, name="needs_panel"),
    path("needs/new/", needs.collect, name="need_collect"),
    path("attachments/new/", edit.add_attachment, name="attachment_add"),
    path("attachments/<int:pk>/", detail.attachment, name="attachment"),
    path("attachments/<int:pk>/delete/", edit.remove_attachment, name="attachment_remove"),
]

urlpatterns: list[URLPattern | URLResolver] = [
    path("accounts/", listing.account_list, name="list"),
    path("prospects/", prospects.prospects, name="prospects"),
    path("accounts/new/", edit.create_account, name="create"),
    path("accounts/filters/", listing.filter_panel, name="filters"),
    path("accounts/views/", segments.segments, name="segments"),
    path("accounts/views/new/", segments.save_segment, name="segment_save"),
    path("accounts/views/<int:pk>/", segments.edit_segment, name="segment_edit"),
    path("accounts/views/<int:pk>/delete/", segments.delete_segment, name="segment_delete"),
    *handover_urls.urlpatterns,
    *need_urls.urlpatterns,
    path("accounts/openings/", contacts.openings, name="openings"),
    *transfer_urls.urlpatterns,
    # Last: any other word here is an account number.
    path("accounts/<str:account_number>/", include(_account)),
]

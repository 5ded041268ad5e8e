from django.urls import path

from visits.views import board, calendar, lists, plans, visit

app_name = "visits"

urlpatterns = [
    path("visits/", board.board, name="board"),
    path("visits/new/", visit.create, name="create"),
    path("visits/list/", lists.visit_list, name="list"),
    path("visits/plans/", plans.plan_list, name="plans"),
    path("visits/plans/<int:plan_id>/", plans.plan, name="plan"),
    path("visits/plans/<int:plan_id>/accept/", plans.accept, name="plan_accept"),
    path("visits/follow-ups/", lists.follow_ups, name="follow_ups"),
    path("visits/follow-ups/<int:follow_up_id>/", visit.follow_up, name="follow_up"),
    path("visits/overdue/", lists.overdue, name="overdue"),
    path("visits/coverage/", lists.coverage, name="coverage"),
    path("visits/maintenance/", lists.maintenance, name="maintenance"),
    path("visits/maintenance/new/", lists.schedule_create, name="schedule_create"),
    path("visits/maintenance/<int:schedule_id>/end/", lists.schedule_end, name="schedule_end"),
    path("visits/subscription/", calendar.subscription, name="subscription"),
    path("visits/subscription/revoke/", calendar.revoke, name="subscription_revoke"),
    path("visits/feed/<str:secret>.ics", calendar.feed, name="feed"),
    path("visits/panel/<str:account_number>/", visit.account_panel, name="account_panel"),
    path("visits/<int:visit_id>/", visit.visit, name="visit"),
    path("visits/<int:visit_id>/edit/", visit.edit, name="edit"),
    path("visits/<int:visit_id>/move/", board.move, name="move"),
    path("visits/<int:visit_id>/check-in/", visit.check_in, name="check_in"),
    path("visits/<int:visit_id>/report/", visit.report, name="report"),
    path("visits/<int:visit_id>/cancel/", visit.cancel, name="cancel"),
]

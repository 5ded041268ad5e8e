"""Nothing that names a person stays behind: each part moves, each foreign key is accounted for."""

from datetime import timedelta

import pghistory.models
import pytest
from django.apps import apps
from django.utils import timezone

from accounts import handover as parts
from accounts.services import handover
from kam.core.errors import RuleViolation
from staff.models import User
from tests.accounts.handing_over import ONE_OF_EACH
from tests.factories import make_account, make_user
from tests.visits.factories import make_visit

# Foreign keys to people that no part empties, by the reason why they stay as they are. A person
# still waits for nothing in them, and the record of who acted must not change.
DID_IT = """
accounts.AccountMerge.merged_by accounts.AccountMerge.undone_by accounts.Attachment.uploaded_by
accounts.ContactOpening.user accounts.Cover.ended_by accounts.Cover.person_signed_by
accounts.Cover.proposed_by accounts.DuplicateDismissal.dismissed_by accounts.Event.actor
accounts.Export.user accounts.HandoverCase.access_ended_by
accounts.HandoverCase.closed_by accounts.HandoverCase.giver accounts.HandoverCase.opened_by
accounts.HandoverTransfer.giver_signed_by accounts.HandoverTransfer.proposed_by
accounts.HandoverTransfer.withdrawn_by accounts.ImportBatch.confirmed_by
accounts.ImportBatch.uploaded_by accounts.Need.analysed_by accounts.Need.answered_by
accounts.Need.closed_by accounts.Need.collected_by accounts.OptOut.entered_by
accounts.Qualification.decided_by accounts.Qualification.opened_by admin.LogEntry.user
approvals.Route.proposed_by approvals.Signature.on_behalf_of approvals.Signature.signer
complaints.Action.added_by complaints.Action.done_by complaints.Action.verified_by
complaints.Compensation.delivered_by complaints.Compensation.proposed_by
complaints.Complaint.registered_by complaints.ComplaintFile.uploaded_by
complaints.Escalation.asked_by complaints.Finding.decided_by complaints.Finding.proposed_by
complaints.MonthlySummary.written_by complaints.Report.updated_by
complaints.SimilarCustomer.added_by
complaints.SimilarCustomer.told_by core.ApiToken.created_by core.AuditEntry.actor
credit.CollectionAction.actor credit.CollectionCase.closed_by credit.CollectionCase.opened_by
credit.CreditAlert.acknowledged_by credit.CreditBudget.proposed_by credit.CreditLine.approved_by
credit.CreditParty.held_by credit.Decision.actor credit.Dispute.opened_by
credit.Dispute.settled_by credit.GroupMove.confirmed_by credit.Investigation.investigated_by
credit.LegalCase.opened_by
credit.LineProposal.proposed_by credit.OverdueMeasure.done_by credit.PaymentPromise.recorded_by
credit.Policy.proposed_by credit.Rating.rated_by credit.ReceivablesCeiling.proposed_by
credit.Review.changed_by credit.ReviewCampaign.opened_by credit.Statement.sent_by
credit.WriteOff.proposed_by notifications.Endpoint.created_by pghistory.MiddlewareEvents.user
tiering.Designation.decided_by tiering.Designation.proposed_by
tiering.ServiceStandard.proposed_by tiering.TierPolicy.decided_by tiering.TierPolicy.proposed_by
tiering.TierRun.requested_by visits.FollowUp.created_by visits.FollowUp.done_by
visits.MaintenanceSchedule.created_by visits.Visit.created_by visits.Visit.done_by
visits.VisitPlan.accepted_by visits.VisitPlan.proposed_by
"""
OWN_LOGIN = """
account.EmailAddress.user mfa.Authenticator.user staff.User_groups.user
staff.User_user_permissions.user staff.Team_members.user notifications.Notification.user
notifications.Preference.user visits.CalendarLink.user accounts.ExportAllowance.user
"""
HISTORY = (
    dict.fromkeys(DID_IT.split(), "who did it, and when")
    | dict.fromkeys(OWN_LOGIN.split(), "a part of their login, of no use once the access has ended")
    | {
        "home.TodayMark.by": "who ticked it, and when",
        "home.TodayMark.user": "marks of their own list, which nobody reads any more",
        "home.TodayMark.handed_to": "a hint between lists; the thing itself is a part",
        "core.ApiToken.user": "the other system; tokens that a leaver made are named on the case",
        "credit.BudgetFigure.manager": "a year's plan as it was signed; a new version replaces it",
        "visits.VisitPlan.owner": "a month as it was worked out; its visits move one by one",
        "credit.OrderCredit.release_requested_by": "who asked; it is decided without them",
    }
)


def fields_naming_people() -> set[str]:
    """Every foreign key to a person; the copies that pghistory keeps of rows are history."""
    return {
        f"{model._meta.label}.{field.name}"
        for model in apps.get_models(include_auto_created=True)
        if not issubclass(model, pghistory.models.Event)
        for field in model._meta.concrete_fields
        if field.remote_field and field.related_model is User
    }


def test_every_foreign_key_to_a_person_moves_or_is_history():
    moved = {name for part in parts.registered().values() for name in part.fields}
    found = fields_naming_people()

    assert sorted(found - moved - HISTORY.keys()) == [], "register a Part, or say why it is history"
    assert sorted((moved | HISTORY.keys()) - found) == [], "there is no such field any more"
    assert sorted(moved & HISTORY.keys()) == []


def test_every_part_has_an_example():
    assert parts.registered().keys() == ONE_OF_EACH.keys()


NOT_PASSED_ON = {
    "approvals.deputy",
    "accounts.transfer",
    "approvals.route",  # it names the taker once it is approved
}


@pytest.fixture
def leaver(db):
    return make_user("leaver", "account_manager", full_name="Li")


def hand_over_all(leaver, taker, director):
    case = handover.open_case(
        giver=leaver,
        kind="leaving",
        last_day=timezone.localdate() - timedelta(days=1),
        actor=director,
    )
    transfer = handover.propose(case.pk, taker=taker, actor=director)
    handover.sign(transfer.pk, actor=taker)
    return case


def test_one_of_everything_moves_and_nothing_stays_behind(leaver, anna, boris, diana):
    account = make_account(manager=anna)
    made = {key: make(leaver, account) for key, make in ONE_OF_EACH.items()}
    held = handover.open_items(leaver)
    assert held.keys() == made.keys(), "each part lists its example"

    case = hand_over_all(leaver, boris, diana)

    assert handover.open_items(leaver) == {}
    assert handover.open_items(boris).keys() == made.keys() - NOT_PASSED_ON
    assert handover.close_case(case.pk, actor=diana).status == "closed"


@pytest.mark.parametrize("key", sorted(ONE_OF_EACH))
def test_a_part_can_move_alone_and_who_takes_it_can_open_it(client, leaver, boris, diana, key):
    ONE_OF_EACH[key](leaver, make_account(manager=boris))
    items = handover.open_items(leaver)[key]
    case = handover.open_case(
        giver=leaver, kind="moving", last_day=timezone.localdate(), actor=diana
    )
    chosen = {key: [item.key for item in items]}
    transfer = handover.propose(case.pk, taker=boris, actor=leaver, chosen=chosen)

    transfer = handover.sign(transfer.pk, actor=boris)

    assert (transfer.moved_at is not None, transfer.settled) == (True, 0)
    assert key not in handover.open_items(leaver)
    client.force_login(boris)
    urls = [item.url for item in items if item.url and key not in NOT_PASSED_ON]
    assert [client.get(url).status_code for url in urls] == [200] * len(urls)


WITH_CUSTOMER = ["accounts.counterpart", "accounts.need", "credit.case"]
WITH_CUSTOMER += ["visits.visit", "visits.follow_up", "visits.schedule"]


@pytest.mark.parametrize("key", WITH_CUSTOMER)
def test_who_does_not_see_the_customer_cannot_take_it_over(leaver, anna, boris, diana, key):
    ONE_OF_EACH[key](leaver, make_account(manager=anna))
    chosen = {key: [item.key for item in handover.open_items(leaver)[key]]}
    case = handover.open_case(
        giver=leaver, kind="moving", last_day=timezone.localdate(), actor=diana
    )

    with pytest.raises(RuleViolation) as refusal:
        handover.propose(case.pk, taker=boris, actor=leaver, chosen=chosen)

    assert refusal.value.code == "unseen"


def test_the_order_of_parts_does_not_hide_anything(leaver, boris, diana):
    """The account and its visits go to one person in two transfers: the account moves first."""
    account = make_account(manager=leaver)
    visit = make_visit(account, owner=leaver)
    case = handover.open_case(
        giver=leaver, kind="moving", last_day=timezone.localdate(), actor=diana
    )
    parts_of = {"accounts.manager": [str(account.pk)], "visits.visit": [str(visit.pk)]}
    account_moves, visits_move = (
        handover.propose(case.pk, taker=boris, actor=leaver, chosen={key: keys})
        for key, keys in parts_of.items()
    )

    with pytest.raises(RuleViolation, check=lambda refusal: refusal.code == "unseen"):
        handover.sign(visits_move.pk, actor=boris)
    visits_move.refresh_from_db()
    assert visits_move.taker_signed_at is None
    handover.sign(account_moves.pk, actor=boris)
    handover.sign(visits_move.pk, actor=boris)

    visit.refresh_from_db()
    assert visit.owner == boris


def test_what_the_roles_of_the_taker_do_not_allow_is_not_given_to_them(leaver, anna, diana, fiona):
    ONE_OF_EACH["visits.visit"](leaver, make_account(manager=anna))
    case = handover.open_case(
        giver=leaver, kind="moving", last_day=timezone.localdate(), actor=diana
    )

    with pytest.raises(RuleViolation) as refusal:
        handover.propose(case.pk, taker=fiona, actor=leaver)

    assert refusal.value.code == "not_theirs"


def test_who_keeps_the_rest_keeps_nothing_of_customers_they_do_not_see(leaver, boris, diana):
    account = make_account(manager=leaver)
    make_visit(account, owner=leaver)
    case = handover.open_case(
        giver=leaver, kind="moving", last_day=timezone.localdate(), actor=diana
    )
    chosen = {"accounts.manager": [str(account.pk)]}
    handover.sign(
        handover.propose(case.pk, taker=boris, actor=leaver, chosen=chosen).pk, actor=boris
    )

    with pytest.raises(RuleViolation) as refusal:
        handover.close_case(case.pk, actor=diana)

    assert refusal.value.code == "unseen"
    handover.sign(handover.propose(case.pk, taker=boris, actor=leaver).pk, actor=boris)
    assert handover.close_case(case.pk, actor=diana).status == "closed"


def test_what_is_held_is_listed_by_a_constant_number_of_queries(
    leaver, anna, django_assert_max_num_queries
):
    for number in range(3):
        for key in ("accounts.manager", "accounts.member", "accounts.need", "credit.case"):
            ONE_OF_EACH[key](leaver, make_account(manager=anna))
        assert number < 3

    with django_assert_max_num_queries(2 * len(parts.registered()) + 4):
        handover.open_items(leaver)

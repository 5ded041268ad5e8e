"""Role -> permissions: the one table, applied by `manage.py sync_roles`.

A role is a Django group; a permission is "<app>.<codename>". What one may not see is 404,
what one may see but not do is 403.
"""

from django.utils.translation import gettext_lazy as _

READ_ACCOUNTS = {"accounts.view_account", "sales.view_order", "tiering.view_tierrecord"}
SEE_ALL = {"accounts.view_all_accounts"}
SEE_CONTACTS = {"accounts.view_contact"}
SEE_MAILINGS = {"mailings.view_mailing"}
SEND_MAILINGS = SEE_MAILINGS | {"mailings.send_mailing"}
SEE_ALL_MAILINGS = SEE_MAILINGS | {"mailings.view_all_mailings"}
SUPERVISE_SECRETS = {"accounts.view_contactopening", "accounts.view_export"}
EDIT_ACCOUNTS = {
    "accounts.add_account",
    "accounts.change_account",
    "accounts.add_contact",
    "accounts.change_contact",
    "accounts.change_servicemember",
    "accounts.add_attachment",
}
SEE_NEEDS = {"accounts.view_need"}
WORK_ON_NEEDS = SEE_NEEDS | {"accounts.change_need"}
MANAGE_HANDOVER = {"accounts.manage_handover"}
MAINTAIN_ARCHIVE = {
    "accounts.assign_account_manager",
    "accounts.import_account",
    "accounts.export_account",
    "accounts.merge_account",
}
EXPORT_ORDERS = {"sales.export_order"}
SEE_ROUTES = {"approvals.view_route"}
RULE_ROUTES = SEE_ROUTES | {"approvals.propose_route"}
SEE_ALL_REQUESTS = {"approvals.view_all_requests"}
SEE_CREDIT = {"credit.view_creditparty"}
SUPERVISE = {"credit.view_supervision"}
APPLY_FOR_CREDIT = SEE_CREDIT | {"credit.add_lineproposal", "credit.request_release"}
COLLECT = {"credit.collect"}
SEE_VISITS = {"visits.view_visit"}
MAKE_VISITS = SEE_VISITS | {"visits.change_visit"}
SEE_COMPLAINTS = {"complaints.view_complaint"}
EXPORT_COMPLAINTS = {"complaints.export_complaint"}
SUM_UP_COMPLAINTS = {"complaints.change_monthlysummary"}
SOLVE_COMPLAINTS = SEE_COMPLAINTS | {"complaints.change_complaint"}

ROLES: dict[str, set[str]] = {
    "account_manager": READ_ACCOUNTS
    | SEE_CONTACTS
    | SEND_MAILINGS
    | WORK_ON_NEEDS
    | EDIT_ACCOUNTS
    | SOLVE_COMPLAINTS
    | APPLY_FOR_CREDIT
    | {
        "credit.submit_review",
        "credit.acknowledge_alert",
        "credit.finish_measure",
        "tiering.propose_designation",
    }
    | COLLECT
    | MAKE_VISITS,
    "ka_director": READ_ACCOUNTS
    | EXPORT_ORDERS
    | SEE_ALL
    | SEE_CONTACTS
    | EDIT_ACCOUNTS
    | WORK_ON_NEEDS
    | MANAGE_HANDOVER
    | MAINTAIN_ARCHIVE
    | SOLVE_COMPLAINTS
    | EXPORT_COMPLAINTS
    | SUM_UP_COMPLAINTS
    | APPLY_FOR_CREDIT
    | SUPERVISE
    | COLLECT
    | SUPERVISE_SECRETS
    | SEND_MAILINGS
    | SEE_ALL_MAILINGS
    | MAKE_VISITS
    | {
        "credit.export_credit",
        "credit.submit_review",
        "credit.acknowledge_alert",
        "credit.finish_measure",
        "tiering.propose_designation",
        "tiering.approve_designation",
        "tiering.propose_policy",
        "tiering.propose_standard",
        "tiering.run_recompute",
    }
    | RULE_ROUTES,
    "developer": READ_ACCOUNTS
    | SEE_CONTACTS
    | EDIT_ACCOUNTS
    | MAKE_VISITS
    | SOLVE_COMPLAINTS
    | WORK_ON_NEEDS,
    "researcher": READ_ACCOUNTS | SEE_ALL | SEE_NEEDS,
    "finance": READ_ACCOUNTS
    | EXPORT_ORDERS
    | SEE_ALL
    | SEE_CONTACTS
    | APPLY_FOR_CREDIT
    | SUPERVISE
    | COLLECT
    | RULE_ROUTES
    | {
        "sales.add_exchangerate",
        "credit.open_campaign",
        "credit.prepare_review",
        "credit.submit_review",
        "credit.supervise_credit",
        "credit.acknowledge_alert",
        "credit.finish_measure",
        "credit.hold_account",
        "credit.release_order",
        "credit.manage_receivables",
        "credit.manage_legal",
        "credit.propose_policy",
        "credit.export_credit",
    },
    "credit_committee": READ_ACCOUNTS | SEE_ALL | SEE_CREDIT | SUPERVISE | SEE_ROUTES,
    "legal": READ_ACCOUNTS
    | SEE_ALL
    | SEE_CONTACTS
    | SEE_CREDIT
    | SUPERVISE
    | SEE_ROUTES
    | COLLECT
    | SEE_COMPLAINTS
    | {"credit.manage_legal"},
    "deputy_gm": READ_ACCOUNTS
    | EXPORT_ORDERS
    | SEE_ALL
    | SEE_CONTACTS
    | SEE_CREDIT
    | SEE_COMPLAINTS
    | EXPORT_COMPLAINTS
    | SUM_UP_COMPLAINTS
    | SUPERVISE
    | SEE_NEEDS
    | MANAGE_HANDOVER
    | RULE_ROUTES
    | SEE_ALL_REQUESTS
    | SUPERVISE_SECRETS
    | SEE_ALL_MAILINGS
    | SEE_VISITS
    | {
        "accounts.hand_over_managers",
        "accounts.export_account",
        "tiering.approve_policy",
        "tiering.approve_designation",
        "credit.release_order",
        "credit.export_credit",
    },
    "gm": READ_ACCOUNTS
    | EXPORT_ORDERS
    | SEE_ALL
    | SEE_CONTACTS
    | SEE_CREDIT
    | SEE_COMPLAINTS
    | EXPORT_COMPLAINTS
    | SUPERVISE
    | SEE_NEEDS
    | MANAGE_HANDOVER
    | RULE_ROUTES
    | SEE_ALL_REQUESTS
    | SUPERVISE_SECRETS
    | SEE_ALL_MAILINGS
    | SEE_VISITS
    | {
        "accounts.hand_over_managers",
        "accounts.export_account",
        "tiering.approve_policy",
        "tiering.approve_designation",
        "credit.release_order",
        "credit.export_credit",
    },
    "admin_staff": READ_ACCOUNTS
    | SEE_ALL
    | SEE_CONTACTS
    | EDIT_ACCOUNTS
    | MAINTAIN_ARCHIVE
    | SOLVE_COMPLAINTS
    | WORK_ON_NEEDS,
    "sysadmin": {
        "staff.manage_users",
        "core.manage_tokens",
        "core.view_auditentry",
        "notifications.manage_webhooks",
    },
}

ROLE_NAMES = {
    "account_manager": _("Account manager"),
    "ka_director": _("Key-account director"),
    "developer": _("Account developer"),
    "researcher": _("Market researcher"),
    "finance": _("Finance"),
    "credit_committee": _("Credit committee"),
    "legal": _("Legal"),
    "deputy_gm": _("Deputy general manager"),
    "gm": _("General manager"),
    "admin_staff": _("Archive administrator"),
    "sysadmin": _("System administrator"),
}

"""Who may open which address: one row per URL. A new URL without a row fails test_access.py.

The users of the walk: one of each role, "stranger" (another account manager) and "nobody" (no
role). The account manager manages K1; the roles that see every account see it too; to developers
and strangers K1 does not exist. Keys are URL names, or the route where there is no name.
"""

from dataclasses import dataclass, field

from staff.roles import ROLES

ROLE = frozenset(ROLES)
ALL = ROLE | {"stranger", "nobody"}
BUSINESS = ALL - {"sysadmin", "nobody"}  # reads accounts, if only its own
SEES_K1 = BUSINESS - {"developer", "stranger"}
EDITORS = {"account_manager", "developer", "stranger", "ka_director", "admin_staff"}
ARCHIVISTS = {"ka_director", "admin_staff"}
CREDIT_READERS = BUSINESS - {"developer", "researcher", "admin_staff"}
CREDIT_APPLICANTS = {"account_manager", "stranger", "ka_director", "finance"}
GENERAL_MANAGERS = {"gm", "deputy_gm"}
SUPERVISORS = {"ka_director", "finance", "credit_committee", "legal"} | GENERAL_MANAGERS
CREDIT_WATCHERS = {"account_manager", "stranger", "ka_director", "finance"}
ASKED = {"account_manager"} | GENERAL_MANAGERS
NEED_READERS = EDITORS | {"researcher"} | GENERAL_MANAGERS
DIRECTORS = {"ka_director"} | GENERAL_MANAGERS
HANDOVER_SIDES = {"account_manager"} | DIRECTORS  # anna hands over; the directors see every one
ROUTE_READERS = {"ka_director", "finance", "credit_committee", "legal"} | GENERAL_MANAGERS
CONTACT_READERS = BUSINESS - {"researcher", "credit_committee"}

CREDIT_READERS = BUSINESS - {"developer", "researcher", "admin_staff"}
CREDIT_APPLICANTS = {"account_manager", "stranger", "ka_director", "finance"}
COMPLAINT_READERS = BUSINESS - {"researcher", "finance", "credit_committee"}
COMPLAINT_SOLVERS = EDITORS
COLLECTORS = CREDIT_APPLICANTS | {"legal"}

VISITORS = {"account_manager", "stranger", "developer", "ka_director"}
VISIT_READERS = VISITORS | GENERAL_MANAGERS


@dataclass(frozen=True)
class Row:
    """What happens to a GET (or `method`) of this URL.

    allowed: they get an answer (200, 302 …). hidden: for them it is not there (404). All others
    are refused with 403. sample: which row of the walk's world fills a parameter of the route.
    """

    allowed: frozenset[str] | set[str]
    hidden: frozenset[str] | set[str] = frozenset()
    method: str = "GET"
    sample: dict[str, str] = field(default_factory=dict)
    query: str = ""  # with its own parameters, {filled} from the world

    def expected(self, role: str) -> str:
        if role in self.hidden:
            return "404"
        return "answer" if role in self.allowed else "403"


def of_k1(roles: frozenset[str] | set[str] = BUSINESS, **fields: object) -> Row:
    """Something of account K1, for those of `roles` who may see K1."""
    return Row(SEES_K1 & roles, hidden=roles - SEES_K1, **fields)  # type: ignore[arg-type]


def of_handover(pk: str = "handover", **fields: object) -> Row:
    """Something of the handover or the leave cover of anna."""
    return Row(HANDOVER_SIDES, hidden=BUSINESS - HANDOVER_SIDES, sample={"pk": pk}, **fields)  # type: ignore[arg-type]


# Open to everybody, logged in or not.
OPEN = {
    "health/",
    "account_login",
    "account_logout",  # without a login there is nothing to end: it leads home, so to the login
    "account_inactive",
    "account_signup",
    "account_email_verification_sent",
    "account_confirm_email",
    "account_confirm_login_code",
    "account_reset_password",
    "account_reset_password_done",
    "account_reset_password_from_key",
    "account_reset_password_from_key_done",
    "mfa_authenticate",
    "set_language",
    "complaints:complain",
    "complaints:received",
    "complaints:follow",
    "complaints:followed",
    "complaints:answer",
    "mailings:opt_out",  # known by its signature
    "admin:login",
    "admin:jsi18n",
    "visits:feed",  # for who knows the secret in the address; else there is nothing
}

# For everybody who is logged in.
OWN = {
    "account_reauthenticate",
    "account_email",
    "account_change_password",
    "account_set_password",
    "mfa_index",
    "mfa_reauthenticate",
    "mfa_activate_totp",
    "mfa_deactivate_totp",
    "mfa_view_recovery_codes",
    "mfa_generate_recovery_codes",
    "mfa_download_recovery_codes",
    "home:dashboard",
    "home:me",
    "home:today",
    "home:sales_trend",
    "api-docs",
    "approvals:list",
    "approvals:badge",
    "approvals:deputies",
    "notifications:list",
    "notifications:bell",
    "notifications:read_all",
    "notifications:preferences",
}

# Of the account manager in person, not of the team: their own list, requests, views, hand-over …
IN_PERSON = {
    "home:today_undo",
    "approvals:request",
    "approvals:sign",
    "approvals:recall",
    "approvals:remind",
    "approvals:resubmit",
    "approvals:deputy_end",
    "accounts:segment_edit",
    "accounts:segment_delete",
    "accounts:cover",
    "accounts:cover_accept",
    "accounts:cover_end",
    "accounts:handover",
    "accounts:handover_propose",
    "accounts:transfer_sign",
    "accounts:transfer_withdraw",
    "notifications:follow",
    "notifications:read",
    "mailings:mailing",
    "mailings:edit",
    "mailings:delete",
    "mailings:start",
    "mailings:stop",
    "mailings:resume",
    "mailings:send_again",
}
THEIR_ITEM = {"home:today_hand_over"}  # whoever covers has it on the list too
THEIR_MONTH = {"visits:plan", "visits:plan_accept"}  # the leader of the team sees it too

MAILERS = {"account_manager", "stranger", "ka_director"}
SEES_MAILING = {"account_manager", "ka_director"} | GENERAL_MANAGERS  # the account manager's own
MAILING = {"pk": "mailing", "delivery_id": "mailed"}

PAGES = {
    # Complaints
    "complaints:list": Row(COMPLAINT_READERS),
    "complaints:register": Row(COMPLAINT_SOLVERS),
    "complaints:complaint": of_k1(COMPLAINT_READERS),
    "complaints:account_panel": of_k1(COMPLAINT_READERS),
    "complaints:file": of_k1(COMPLAINT_READERS, sample={"pk": "complaint_file"}),
    "complaints:step": Row(
        SEES_K1 & COMPLAINT_SOLVERS,
        hidden=COMPLAINT_READERS - SEES_K1,
        sample={"key": "complaint_step"},
    ),
    "complaints:part_step": Row(
        SEES_K1 & COMPLAINT_SOLVERS,
        hidden=COMPLAINT_READERS - SEES_K1,
        sample={"key": "complaint_part_step", "pk": "complaint_action"},
    ),
    "core:tokens": Row({"sysadmin"}),
    "core:revoke_token": Row({"sysadmin"}, method="POST", sample={"token_id": "token"}),
    "core:audit": Row({"sysadmin"}),
    # Today: the item and the mark of the walk are the account manager's
    "home:today_mark": Row(ALL, method="POST"),
    "home:today_take_back": Row(ALL, method="POST"),
    "home:today_hand_over": Row(
        {"account_manager"}, hidden=ALL - {"account_manager"}, query="?key={today_key}"
    ),
    "home:today_undo": Row(
        {"account_manager"},
        hidden=ALL - {"account_manager"},
        method="POST",
        sample={"mark_id": "mark"},
    ),
    # The archive
    "accounts:list": Row(BUSINESS),
    "accounts:filters": Row(BUSINESS),
    "accounts:create": Row(EDITORS),
    "accounts:prospects": Row(BUSINESS),
    "accounts:qualification": of_k1(),
    "accounts:qualification_decide": of_k1(EDITORS, method="POST"),
    "accounts:qualification_reopen": of_k1(EDITORS, method="POST"),
    "accounts:segments": Row(BUSINESS),
    "accounts:segment_save": Row(BUSINESS),
    # the saved view is the account manager's own
    "accounts:segment_edit": Row(
        {"account_manager"}, hidden=BUSINESS - {"account_manager"}, sample={"pk": "segment"}
    ),
    "accounts:segment_delete": Row(
        {"account_manager"},
        hidden=BUSINESS - {"account_manager"},
        method="POST",
        sample={"pk": "segment"},
    ),
    "accounts:detail": of_k1(),
    "accounts:events": of_k1(),
    "accounts:history": of_k1(),
    "accounts:edit": of_k1(EDITORS),
    "accounts:edit_group": of_k1(EDITORS),
    "accounts:parent": of_k1(EDITORS),
    "accounts:review": of_k1(EDITORS, method="POST"),
    "accounts:manager": of_k1(ARCHIVISTS),
    "accounts:contact_add": of_k1(EDITORS),
    "accounts:contact_edit": of_k1(EDITORS, sample={"pk": "contact"}),
    "accounts:contact_remove": of_k1(EDITORS, sample={"pk": "contact"}),
    "accounts:contacts_open": of_k1(CONTACT_READERS),
    "accounts:contact_touch": of_k1(EDITORS, method="POST", sample={"pk": "contact"}),
    "accounts:contact_mailings": of_k1(EDITORS, method="POST", sample={"pk": "contact"}),
    "accounts:buying_centre": of_k1(CONTACT_READERS),
    "accounts:openings": Row({"ka_director"} | GENERAL_MANAGERS),
    "accounts:member_add": of_k1(EDITORS),
    "accounts:member_end": of_k1(EDITORS, method="POST", sample={"pk": "member"}),
    "accounts:attachment_add": of_k1(EDITORS),
    "accounts:attachment": of_k1(sample={"pk": "attachment"}),
    "accounts:attachment_remove": of_k1(EDITORS, method="POST", sample={"pk": "attachment"}),
    # Needs
    "accounts:needs": Row(NEED_READERS),
    "accounts:need_board": Row(NEED_READERS),
    "accounts:need_feed": Row(NEED_READERS),
    "accounts:need": of_k1(NEED_READERS, sample={"pk": "need"}),
    "accounts:need_step": of_k1(EDITORS, sample={"pk": "need"}),
    "accounts:needs_panel": of_k1(NEED_READERS),
    "accounts:need_collect": of_k1(EDITORS),
    # Handovers
    "accounts:handovers": Row(BUSINESS),
    "accounts:handover_open": Row(DIRECTORS),
    "accounts:handover": of_handover(),
    "accounts:handover_propose": of_handover(method="POST"),
    "accounts:handover_end_access": Row(DIRECTORS, method="POST", sample={"pk": "handover"}),
    "accounts:handover_close": Row(DIRECTORS, method="POST", sample={"pk": "handover"}),
    "accounts:transfer_sign": of_handover("transfer", method="POST"),
    "accounts:transfer_withdraw": of_handover("transfer"),
    "accounts:covers": Row(BUSINESS),
    "accounts:cover": of_handover("cover"),
    "accounts:cover_accept": of_handover("cover", method="POST"),
    "accounts:cover_end": of_handover("cover", method="POST"),
    # Files
    "accounts:import": Row(ARCHIVISTS),
    "accounts:import_template": Row(ARCHIVISTS),
    "accounts:import_batch": Row(ARCHIVISTS, sample={"pk": "batch"}),
    "accounts:import_apply": Row(ARCHIVISTS, method="POST", sample={"pk": "batch"}),
    "accounts:import_discard": Row(ARCHIVISTS, method="POST", sample={"pk": "batch"}),
    "accounts:import_errors": Row(ARCHIVISTS, sample={"pk": "batch"}),
    "accounts:export": Row(ARCHIVISTS | GENERAL_MANAGERS),
    "accounts:exports": Row(ARCHIVISTS | GENERAL_MANAGERS | {"finance"}),
    "accounts:export_more": Row(ARCHIVISTS | GENERAL_MANAGERS | {"finance"}),
    # Duplicates
    "accounts:similar": Row(EDITORS),
    "accounts:duplicates": Row(ARCHIVISTS),
    "accounts:duplicates_dismiss": Row(ARCHIVISTS, method="POST"),
    "accounts:merge": Row(ARCHIVISTS, query="?survivor={account_number}&absorbed={other_number}"),
    "accounts:merges": Row(ARCHIVISTS),
    "accounts:merged": Row(ARCHIVISTS, sample={"pk": "merge"}),
    "accounts:merge_undo": Row(ARCHIVISTS, method="POST", sample={"pk": "merge"}),
    # Mailings
    "mailings:list": Row(MAILERS | GENERAL_MANAGERS),
    "mailings:create": Row(MAILERS),
    "mailings:mailing": Row(SEES_MAILING, hidden={"stranger"}, sample=MAILING),
    "mailings:edit": Row({"account_manager"}, hidden=MAILERS - {"account_manager"}, sample=MAILING),
    "mailings:delete": Row(
        SEES_MAILING & MAILERS, hidden={"stranger"}, method="POST", sample=MAILING
    ),
    "mailings:start": Row(
        SEES_MAILING & MAILERS, hidden={"stranger"}, method="POST", sample=MAILING
    ),
    "mailings:stop": Row(SEES_MAILING, hidden={"stranger"}, method="POST", sample=MAILING),
    "mailings:resume": Row(
        SEES_MAILING & MAILERS, hidden={"stranger"}, method="POST", sample=MAILING
    ),
    "mailings:send_again": Row(
        SEES_MAILING & MAILERS, hidden={"stranger"}, method="POST", sample=MAILING
    ),
    # Tiers
    "tiering:overview": Row(BUSINESS),
    "tiering:movers": Row(BUSINESS),
    "tiering:runs": Row(BUSINESS),
    "tiering:run": Row(BUSINESS),
    "tiering:policies": Row(BUSINESS),
    "tiering:policy": Row(BUSINESS),
    "tiering:policy_create": Row({"ka_director"}),
    "tiering:policy_edit": Row({"ka_director"}),
    "tiering:policy_propose": Row({"ka_director"}, method="POST"),
    "complaints:summary": Row(COMPLAINT_READERS),
    "complaints:summary_write": Row(
        {"ka_director", "deputy_gm"}, method="POST", query="?month=2026-01"
    ),
    "complaints:export": Row({"ka_director"} | GENERAL_MANAGERS),
    "tiering:standards": Row(BUSINESS),
    "tiering:standard": Row(BUSINESS),
    "tiering:standard_propose": Row({"ka_director"}),
    "tiering:policy_preview": Row({"ka_director"} | GENERAL_MANAGERS),
    "tiering:designations": Row(BUSINESS),
    "tiering:designation": of_k1(),
    "tiering:designation_propose": of_k1({"account_manager", "stranger", "ka_director"}),
    "tiering:designation_edit": of_k1({"account_manager", "stranger", "ka_director"}),
    "tiering:designation_revoke": Row({"ka_director"} | GENERAL_MANAGERS, method="POST"),
    "tiering:account_panel": of_k1(),
    # Approvals; the request of the walk is anna's and the general managers see every one
    "approvals:request": Row(ASKED, hidden=ALL - ASKED, sample={"request_id": "request"}),
    "approvals:sign": Row(
        ASKED, hidden=ALL - ASKED, method="POST", sample={"request_id": "request"}
    ),
    "approvals:recall": Row(
        ASKED, hidden=ALL - ASKED, method="POST", sample={"request_id": "request"}
    ),
    "approvals:remind": Row(
        ASKED, hidden=ALL - ASKED, method="POST", sample={"request_id": "request"}
    ),
    "approvals:resubmit": Row(
        ASKED, hidden=ALL - ASKED, method="POST", sample={"request_id": "request"}
    ),
    "approvals:routes": Row(ROUTE_READERS),
    "approvals:route": Row(ROUTE_READERS, sample={"route_id": "route"}),
    "approvals:route_propose": Row(
        {"ka_director", "finance"} | GENERAL_MANAGERS, sample={"kind": "kind"}
    ),
    # the deputy is the account manager's
    "approvals:deputy_end": Row(
        {"account_manager"},
        hidden=ALL - {"account_manager"},
        method="POST",
        sample={"deputy_id": "deputy"},
    ),
    # Notices; the one of the walk is the account manager's
    "notifications:follow": Row(
        {"account_manager"}, hidden=ALL - {"account_manager"}, sample={"pk": "notice"}
    ),
    "notifications:read": Row(
        {"account_manager"},
        hidden=ALL - {"account_manager"},
        method="POST",
        sample={"pk": "notice"},
    ),
    "notifications:webhooks": Row({"sysadmin"}),
    "notifications:webhook": Row({"sysadmin"}, sample={"pk": "webhook"}),
    "notifications:webhook_rotate": Row({"sysadmin"}, method="POST", sample={"pk": "webhook"}),
    "notifications:webhook_switch": Row({"sysadmin"}, method="POST", sample={"pk": "webhook"}),
    "notifications:webhook_test": Row({"sysadmin"}, method="POST", sample={"pk": "webhook"}),
    "notifications:webhook_replay": Row({"sysadmin"}, method="POST", sample={"pk": "webhook"}),
    "notifications:webhook_delete": Row(
        {"sysadmin"}, method="POST", sample={"pk": "spare_webhook"}
    ),
    # Credit
    "credit:queue": Row(CREDIT_READERS),
    "credit:order": of_k1(CREDIT_READERS),
    "credit:account_panel": of_k1(CREDIT_READERS),
    "credit:hold": of_k1({"finance"}),
    "credit:group_confirm": of_k1({"finance"}, method="POST"),
    "credit:limits": Row(CREDIT_READERS),
    "credit:limits_export": Row({"ka_director", "finance"} | GENERAL_MANAGERS),
    "credit:policies": Row(CREDIT_READERS),
    "credit:policy": Row(CREDIT_READERS, sample={"kind": "policy_kind"}),
    "credit:policy_try": Row(CREDIT_READERS, sample={"kind": "policy_kind"}),
    "credit:policy_propose": Row({"finance"}, sample={"kind": "policy_kind"}),
    "credit:account_terms": of_k1(CREDIT_READERS),
    "credit:apply": of_k1(CREDIT_APPLICANTS),
    "credit:rate": of_k1(CREDIT_APPLICANTS, method="POST"),
    "credit:investigate": of_k1(CREDIT_APPLICANTS),
    "credit:proposal": of_k1(CREDIT_READERS),
    "credit:proposal_revise": of_k1(CREDIT_APPLICANTS),
    "credit:rating": of_k1(CREDIT_READERS),
    "credit:investigation": of_k1(CREDIT_READERS),
    "credit:collections": Row(CREDIT_READERS),
    "credit:collections_panel": of_k1(CREDIT_READERS),
    "credit:case": of_k1(CREDIT_READERS, sample={"case_id": "case"}),
    "credit:case_open": of_k1(COLLECTORS, method="POST"),
    "credit:case_done": of_k1(COLLECTORS, method="POST"),
    "credit:case_put_off_week": of_k1(COLLECTORS, method="POST"),
    "credit:case_step": of_k1(COLLECTORS, sample={"case_id": "case"}),
    "credit:case_letter": of_k1(COLLECTORS, sample={"case_id": "case"}),
    "credit:case_promise": of_k1(COLLECTORS, sample={"case_id": "case"}),
    "credit:case_withdraw_promise": of_k1(COLLECTORS, sample={"case_id": "case"}),
    "credit:case_put_off": of_k1(COLLECTORS, sample={"case_id": "case"}),
    "credit:case_plan": of_k1(COLLECTORS, sample={"case_id": "case"}),
    "credit:case_close": of_k1(COLLECTORS, sample={"case_id": "case"}),
    "credit:case_dispute": Row({"finance"}, sample={"case_id": "case"}),
    "credit:case_write_off": Row({"finance"}, sample={"case_id": "case"}),
    "credit:case_legal": Row({"finance", "legal"}, sample={"case_id": "case"}),
    "credit:letter": of_k1(CREDIT_READERS, sample={"action_id": "letter"}),
    "credit:disputes": Row(CREDIT_READERS),
    "credit:dispute": of_k1(CREDIT_READERS, sample={"pk": "dispute"}),
    "credit:write_offs": Row(CREDIT_READERS),
    "credit:write_off": of_k1(CREDIT_READERS, sample={"pk": "write_off"}),
    "credit:legal_cases": Row(CREDIT_READERS),
    "credit:legal_case": of_k1(CREDIT_READERS, sample={"pk": "legal_case"}),
    "credit:receivables": Row(CREDIT_READERS),
    "credit:open_invoices": Row(CREDIT_READERS),
    "credit:payers": Row(CREDIT_READERS),
    "credit:receivables_export": Row({"ka_director", "finance"} | GENERAL_MANAGERS),
    "credit:receivables_panel": of_k1(CREDIT_READERS),
    "credit:invoices": Row(CREDIT_READERS),
    "credit:invoice": of_k1(CREDIT_READERS),
    "credit:instalments": Row({"finance"}, method="POST"),
    "credit:payments": Row(CREDIT_READERS),
    "credit:payment": of_k1(CREDIT_READERS),
    "credit:payment_reallocate": Row({"finance"}),
    "credit:statement": of_k1(CREDIT_READERS),
    "credit:statement_xlsx": of_k1(CREDIT_READERS),
    "credit:statement_pdf": of_k1(CREDIT_READERS),
    "credit:statement_send": Row({"finance"}, method="POST"),
    "credit:statement_answer": Row({"finance"}, method="POST", sample={"pk": "statement"}),
    "credit:campaigns": Row(CREDIT_READERS),
    "credit:campaign": Row(CREDIT_READERS, sample={"period": "period"}),
    "credit:campaign_open": Row({"finance"}, method="POST"),
    "credit:campaign_sign": Row(CREDIT_READERS, sample={"period": "period"}),
    "credit:campaign_remind": Row({"finance"}, method="POST", sample={"period": "period"}),
    "credit:review": of_k1(CREDIT_READERS, sample={"review_id": "review"}),
    "credit:review_change": Row({"finance"}, method="POST", sample={"review_id": "review"}),
    "credit:alerts": Row(CREDIT_READERS),
    "credit:alert_acknowledge": of_k1(CREDIT_WATCHERS, method="POST", sample={"alert_id": "alert"}),
    "credit:overdue_accounts": Row(CREDIT_READERS),
    "credit:measure_finish": of_k1(
        CREDIT_WATCHERS, method="POST", sample={"measure_id": "measure"}
    ),
    "credit:budget": Row(SUPERVISORS),
    "credit:budget_records": Row(SUPERVISORS, query="?year=2026"),
    "credit:budget_export": Row({"ka_director", "finance"} | GENERAL_MANAGERS),
    "credit:budget_new": Row({"finance"}),
    "credit:budget_version": Row(SUPERVISORS, sample={"pk": "budget"}),
    "credit:ceiling": Row(SUPERVISORS),
    "credit:review_submit": of_k1(
        {"account_manager", "stranger", "ka_director", "finance"},
        method="POST",
        sample={"review_id": "review"},
    ),
    # Visits; the visit of the walk is one to K1, the plan is that of K1's manager
    "visits:board": Row(VISIT_READERS),
    "visits:list": Row(VISIT_READERS),
    "visits:create": Row(VISITORS),
    "visits:plans": Row(VISITORS),
    "visits:plan": Row(
        {"account_manager", "ka_director"} | GENERAL_MANAGERS, hidden={"stranger", "developer"}
    ),
    "visits:plan_accept": Row(
        {"account_manager", "ka_director"}, hidden={"stranger", "developer"}, method="POST"
    ),
    "visits:follow_ups": Row(VISIT_READERS),
    "visits:follow_up": of_k1(VISIT_READERS),
    "visits:overdue": Row(VISIT_READERS),
    "visits:coverage": Row(VISIT_READERS),
    "visits:maintenance": Row(VISIT_READERS),
    "visits:schedule_create": Row(VISITORS),
    "visits:schedule_end": of_k1(VISITORS, method="POST"),
    "visits:subscription": Row(VISIT_READERS),
    "visits:subscription_revoke": Row(VISIT_READERS, method="POST"),
    "visits:account_panel": of_k1(VISIT_READERS),
    "visits:visit": of_k1(VISIT_READERS),
    "visits:edit": of_k1(VISITORS),
    "visits:move": of_k1(VISITORS, method="POST"),
    "visits:check_in": of_k1(VISITORS, method="POST"),
    "visits:report": of_k1(VISITORS),
    "visits:cancel": of_k1(VISITORS),
    # Sales
    "sales:orders": Row(BUSINESS),
    "sales:export": Row({"finance", "ka_director"} | GENERAL_MANAGERS),
    "sales:order": of_k1(),
    "sales:account_panel": of_k1(),
    "sales:products": Row(BUSINESS),
    "sales:product": Row(BUSINESS, sample={"code": "product"}),
    "sales:exchange_rates": Row(BUSINESS),
}

# REST, by route: what a person with a session may do (Swagger).
API = {
    "api/v1/schema/": Row(ALL),
    "api/v1/webhooks/": Row({"sysadmin"}),
    "api/v1/webhooks/<int:pk>/": Row({"sysadmin"}, sample={"pk": "webhook"}),
    "api/v1/webhooks/<int:pk>/rotate/": Row({"sysadmin"}, method="POST", sample={"pk": "webhook"}),
    "api/v1/webhooks/<int:pk>/test/": Row({"sysadmin"}, method="POST", sample={"pk": "webhook"}),
    "api/v1/webhooks/<int:pk>/deliveries/": Row({"sysadmin"}, sample={"pk": "webhook"}),
    "api/v1/webhooks/<int:pk>/deliveries/<int:delivery_id>/replay/": Row(
        {"sysadmin"}, method="POST", sample={"pk": "webhook"}
    ),
    "api/v1/accounts/": Row(BUSINESS),
    "api/v1/accounts/bulk/": Row({"admin_staff", "ka_director"}, method="POST"),
    "api/v1/accounts/<str:account_number>/": of_k1(),
    "api/v1/accounts/<str:account_number>/contacts/": of_k1(CONTACT_READERS),
    "api/v1/accounts/<str:account_number>/tier/": of_k1(),
    "api/v1/accounts/<str:account_number>/rfm/": of_k1(),
    "api/v1/accounts/<str:account_number>/credit/": of_k1(CREDIT_READERS),
    "api/v1/credit-checks/": Row(set(), method="POST"),
    "api/v1/orders/": Row(BUSINESS),
    "api/v1/orders/bulk/": Row(set(), method="POST"),
    "api/v1/orders/<path:order_number>/": of_k1(),
    "api/v1/products/": Row(BUSINESS),
    "api/v1/products/bulk/": Row(set(), method="POST"),
    "api/v1/invoices/bulk/": Row(set(), method="POST"),
    "api/v1/payments/bulk/": Row(set(), method="POST"),
    "api/v1/complaints/": Row(set(), method="POST"),
    "api/v1/complaints/bulk/": Row(set(), method="POST"),
    "api/v1/complaints/summary/": Row(COMPLAINT_READERS),
    "api/v1/receivables/aging/": Row(CREDIT_READERS),
    "api/v1/tiering/runs/": Row({"ka_director"}, method="POST"),
    "api/v1/tiering/runs/<int:run_id>/": Row(BUSINESS),
    "api/v1/tiering/results/": Row(BUSINESS),
}

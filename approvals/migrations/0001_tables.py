import django.contrib.postgres.fields
import django.contrib.postgres.indexes
import django.core.serializers.json
import django.db.models.deletion
import django.db.models.functions.comparison
import django.utils.timezone
import pgtrigger.compiler
import pgtrigger.migrations
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    replaces = [("approvals", "0001_initial"), ("approvals", "0002_requests_taken_over")]

    initial = True

    dependencies = [
        ("contenttypes", "0002_remove_content_type_name"),
        ("staff", "__first__"),
    ]

    operations = [
        migrations.CreateModel(
            name="Route",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("kind", models.CharField(max_length=60, verbose_name="kind")),
                ("version", models.PositiveIntegerField(verbose_name="version")),
                ("effective_from", models.DateField(verbose_name="effective from")),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("proposed", "Awaiting approval"),
                            ("approved", "Approved"),
                            ("rejected", "Rejected"),
                        ],
                        default="proposed",
                        max_length=10,
                        verbose_name="status",
                    ),
                ),
                ("note", models.TextField(blank=True, verbose_name="reason for the change")),
                (
                    "proposed_at",
                    models.DateTimeField(
                        default=django.utils.timezone.now, verbose_name="proposed at"
                    ),
                ),
                (
                    "proposed_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "verbose_name": "approval route",
                "verbose_name_plural": "approval routes",
                "ordering": ["kind", "-version"],
                "permissions": [("propose_route", "Can propose approval routes")],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("kind", "version"), name="approvals_route_version"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("status__in", ["proposed", "approved", "rejected"])),
                        name="approvals_route_status",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("version", 1), ("proposed_by__isnull", False), _connector="OR"
                        ),
                        name="approvals_route_only_the_first_is_shipped",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Band",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "since",
                    models.DecimalField(
                        decimal_places=4, default=0, max_digits=20, verbose_name="from"
                    ),
                ),
                (
                    "until",
                    models.DecimalField(
                        blank=True, decimal_places=4, max_digits=20, null=True, verbose_name="below"
                    ),
                ),
                ("stages", models.JSONField(verbose_name="stages")),
                (
                    "route",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="bands",
                        to="approvals.route",
                    ),
                ),
            ],
            options={
                "ordering": ["route", "since"],
                "constraints": [
                    models.UniqueConstraint(fields=("route", "since"), name="approvals_band_since"),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("since__gte", 0),
                            models.Q(
                                ("until", None), ("until__gt", models.F("since")), _connector="OR"
                            ),
                        ),
                        name="approvals_band_span",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Deputy",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("since", models.DateField(verbose_name="from")),
                ("until", models.DateField(verbose_name="until")),
                (
                    "deputy",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="deputy",
                    ),
                ),
                (
                    "principal",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="principal",
                    ),
                ),
            ],
            options={
                "verbose_name": "deputy",
                "verbose_name_plural": "deputies",
                "ordering": ["-since", "-pk"],
                "indexes": [
                    models.Index(fields=["deputy", "until"], name="approvals_deputy_span_idx")
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("principal", models.F("deputy")), _negated=True),
                        name="approvals_deputy_is_another",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("until__gte", models.F("since"))),
                        name="approvals_deputy_span",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Request",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("kind", models.CharField(max_length=60, verbose_name="kind")),
                ("object_id", models.BigIntegerField()),
                ("title", models.CharField(max_length=200, verbose_name="title")),
                (
                    "amount",
                    models.DecimalField(
                        blank=True,
                        decimal_places=4,
                        max_digits=20,
                        null=True,
                        verbose_name="amount",
                    ),
                ),
                ("reason", models.TextField(verbose_name="reason")),
                (
                    "snapshot",
                    models.JSONField(
                        default=dict, encoder=django.core.serializers.json.DjangoJSONEncoder
                    ),
                ),
                ("digest", models.CharField(max_length=64)),
                ("requested_at", models.DateTimeField(verbose_name="requested at")),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("pending", "Awaiting signatures"),
                            ("approved", "Approved"),
                            ("rejected", "Rejected"),
                            ("returned", "Returned for change"),
                            ("recalled", "Recalled"),
                            ("expired", "Expired"),
                        ],
                        default="pending",
                        max_length=10,
                        verbose_name="status",
                    ),
                ),
                ("round", models.PositiveSmallIntegerField(default=1, verbose_name="round")),
                ("plan", models.JSONField(default=list)),
                ("stage", models.PositiveSmallIntegerField(null=True, verbose_name="stage")),
                (
                    "roles",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=60), default=list
                    ),
                ),
                (
                    "people",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.BigIntegerField(), default=list
                    ),
                ),
                (
                    "awaits_roles",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=60), default=list
                    ),
                ),
                (
                    "awaits_people",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.BigIntegerField(), default=list
                    ),
                ),
                ("expires_at", models.DateTimeField(verbose_name="expires at")),
                ("reminded_on", models.DateField(null=True, verbose_name="reminded on")),
                ("closed_at", models.DateTimeField(null=True, verbose_name="closed at")),
                (
                    "content_type",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="contenttypes.contenttype",
                    ),
                ),
                (
                    "kept_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="taken over by",
                    ),
                ),
                (
                    "requested_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="requested by",
                    ),
                ),
                (
                    "route",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="approvals.route",
                    ),
                ),
            ],
            options={
                "verbose_name": "approval request",
                "verbose_name_plural": "approval requests",
                "ordering": ["-requested_at", "-pk"],
                "permissions": [("view_all_requests", "Can see all approval requests")],
                "indexes": [
                    models.Index(
                        fields=["content_type", "object_id"], name="approvals_request_subject"
                    ),
                    models.Index(fields=["status", "expires_at"], name="approvals_request_expiry"),
                    django.contrib.postgres.indexes.GinIndex(
                        fields=["roles"], name="approvals_request_roles"
                    ),
                    django.contrib.postgres.indexes.GinIndex(
                        fields=["people"], name="approvals_request_people"
                    ),
                ],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("status__in", ["pending", "returned"])),
                        fields=("kind", "content_type", "object_id"),
                        name="approvals_request_one_open",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("status__in", ["pending", "returned"]),
                            ("closed_at__isnull", False),
                            _connector="XOR",
                        ),
                        name="approvals_request_closed_at",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Signature",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("round", models.PositiveSmallIntegerField(verbose_name="round")),
                ("stage", models.PositiveSmallIntegerField(verbose_name="stage")),
                ("seat", models.PositiveSmallIntegerField()),
                (
                    "decision",
                    models.CharField(
                        choices=[
                            ("approve", "Approved"),
                            ("reject", "Rejected"),
                            ("return", "Returned for change"),
                        ],
                        max_length=10,
                        verbose_name="decision",
                    ),
                ),
                ("comment", models.TextField(blank=True, verbose_name="comment")),
                ("digest", models.CharField(max_length=64)),
                (
                    "snapshot",
                    models.JSONField(
                        default=dict, encoder=django.core.serializers.json.DjangoJSONEncoder
                    ),
                ),
                (
                    "signed_at",
                    models.DateTimeField(
                        default=django.utils.timezone.now, verbose_name="signed at"
                    ),
                ),
                (
                    "on_behalf_of",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="on behalf of",
                    ),
                ),
                (
                    "request",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="signatures",
                        to="approvals.request",
                    ),
                ),
                (
                    "signer",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="signed by",
                    ),
                ),
            ],
            options={
                "verbose_name": "signature",
                "verbose_name_plural": "signatures",
                "ordering": ["request", "signed_at", "pk"],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("request", "round", "signer"), name="approvals_signature_once"
                    ),
                    models.UniqueConstraint(
                        models.F("request"),
                        models.F("round"),
                        django.db.models.functions.comparison.Coalesce("on_behalf_of", "signer"),
                        name="approvals_signature_one_voice",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("decision", "approve")),
                        fields=("request", "round", "stage", "seat"),
                        name="approvals_signature_one_seat",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("decision", "approve"),
                            models.Q(("comment", ""), _negated=True),
                            _connector="OR",
                        ),
                        name="approvals_signature_says_why",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("on_behalf_of", None),
                            models.Q(("on_behalf_of", models.F("signer")), _negated=True),
                            _connector="OR",
                        ),
                        name="approvals_signature_deputy_is_another",
                    ),
                ],
            },
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="route",
            trigger=pgtrigger.compiler.Trigger(
                name="approved_route_is_immutable",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    condition="WHEN (OLD.\"status\" = 'approved')",
                    func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;",
                    hash="4aa323bce2dcbddc75b91c32bcab9d3d402ecc47",
                    operation="UPDATE OR DELETE",
                    pgid="pgtrigger_approved_route_is_immutable_afed4",
                    table="approvals_route",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="route",
            trigger=pgtrigger.compiler.Trigger(
                name="route_keeps_its_author",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    condition='WHEN (OLD."kind" IS DISTINCT FROM (NEW."kind") OR OLD."version" IS DISTINCT FROM (NEW."version") OR OLD."proposed_by_id" IS DISTINCT FROM (NEW."proposed_by_id"))',
                    func="RAISE EXCEPTION 'pgtrigger: Cannot update rows from % table', TG_TABLE_NAME;",
                    hash="bf256533b68d63ab019a59340b7d6870107ee14e",
                    operation="UPDATE",
                    pgid="pgtrigger_route_keeps_its_author_5ed88",
                    table="approvals_route",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="route",
            trigger=pgtrigger.compiler.Trigger(
                name="route_is_signed",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="\n    IF NEW.status = 'approved' AND NEW.proposed_by_id IS NOT NULL AND NOT EXISTS (\n        SELECT FROM approvals_request AS r\n        WHERE r.kind = 'approvals.route' AND r.object_id = NEW.id AND r.status = 'approved'\n    ) THEN\n        RAISE EXCEPTION 'approvals_route_is_signed: route % has no approved request', NEW.id\n            USING ERRCODE = 'check_violation';\n    END IF;\n    RETURN NEW;\n",
                    hash="a6dec41bf551c5c8d7438e502471ec12d78ef821",
                    operation="INSERT OR UPDATE",
                    pgid="pgtrigger_route_is_signed_08a6c",
                    table="approvals_route",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="route",
            trigger=pgtrigger.compiler.Trigger(
                name="route_bands_cover_all",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    constraint="CONSTRAINT",
                    func="\n    IF EXISTS (SELECT FROM approvals_route WHERE id = NEW.id) AND NOT EXISTS (\n        SELECT FROM (\n            SELECT since, until, lag(until) OVER w AS before, row_number() OVER w AS place,\n                   count(*) OVER () AS bands\n            FROM approvals_band WHERE route_id = NEW.id WINDOW w AS (ORDER BY since)\n        ) AS band\n        HAVING count(*) > 0 AND bool_and(\n            (place = 1 AND since = 0 OR place > 1 AND since IS NOT DISTINCT FROM before)\n            AND (until IS NULL) = (place = bands)\n        )\n    ) THEN\n        RAISE EXCEPTION 'approvals_bands_cover_all: the bands of route % must cover every '\n            'amount from 0 once', NEW.id USING ERRCODE = 'check_violation';\n    END IF;\n    RETURN NULL;\n",
                    hash="14e9310053c81f3098fafd0f604de6f9d5bacc29",
                    operation="INSERT",
                    pgid="pgtrigger_route_bands_cover_all_d1c96",
                    table="approvals_route",
                    timing="DEFERRABLE INITIALLY DEFERRED",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="request",
            trigger=pgtrigger.compiler.Trigger(
                name="signed_by_another",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="\n    IF NEW.status = 'approved' AND NOT EXISTS (\n        SELECT FROM approvals_signature AS s\n        WHERE s.request_id = NEW.id AND s.round = NEW.round AND s.decision = 'approve'\n          AND s.signer_id <> NEW.requested_by_id\n    ) THEN\n        RAISE EXCEPTION 'approvals_signed_by_another: request % has no signature of another person',\n            NEW.id USING ERRCODE = 'check_violation';\n    END IF;\n    RETURN NEW;\n",
                    hash="8ce63206dfedfe884c45483cb95652b026564888",
                    operation="INSERT OR UPDATE",
                    pgid="pgtrigger_signed_by_another_bf2b8",
                    table="approvals_request",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="request",
            trigger=pgtrigger.compiler.Trigger(
                name="closed_request_is_immutable",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    condition="WHEN (NOT (OLD.\"status\" IN ('pending', 'returned')))",
                    func="RAISE EXCEPTION 'pgtrigger: Cannot update rows from % table', TG_TABLE_NAME;",
                    hash="f8d3ce20aad91707d82133693f06eee9096a6375",
                    operation="UPDATE",
                    pgid="pgtrigger_closed_request_is_immutable_dc42e",
                    table="approvals_request",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="request",
            trigger=pgtrigger.compiler.Trigger(
                name="request_is_kept",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="RAISE EXCEPTION 'pgtrigger: Cannot delete rows from % table', TG_TABLE_NAME;",
                    hash="a477e0aafa1ca06d9688dd83e9822f85964f7539",
                    operation="DELETE",
                    pgid="pgtrigger_request_is_kept_00c92",
                    table="approvals_request",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="request",
            trigger=pgtrigger.compiler.Trigger(
                name="request_keeps_its_author",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    condition='WHEN (OLD."kind" IS DISTINCT FROM (NEW."kind") OR OLD."content_type_id" IS DISTINCT FROM (NEW."content_type_id") OR OLD."object_id" IS DISTINCT FROM (NEW."object_id") OR OLD."requested_by_id" IS DISTINCT FROM (NEW."requested_by_id"))',
                    func="RAISE EXCEPTION 'pgtrigger: Cannot update rows from % table', TG_TABLE_NAME;",
                    hash="7a179c271d32dce394a823fce2eb54169abad7cc",
                    operation="UPDATE",
                    pgid="pgtrigger_request_keeps_its_author_c0a4a",
                    table="approvals_request",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="request",
            trigger=pgtrigger.compiler.Trigger(
                name="round_keeps_what_is_asked",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    condition="WHEN (NEW.round < OLD.round OR NEW.round = OLD.round AND (OLD.snapshot, OLD.digest, OLD.amount, OLD.plan, OLD.title, OLD.reason) IS DISTINCT FROM (NEW.snapshot, NEW.digest, NEW.amount, NEW.plan, NEW.title, NEW.reason))",
                    func="RAISE EXCEPTION 'pgtrigger: Cannot update rows from % table', TG_TABLE_NAME;",
                    hash="acea38873acbb4ab6a2fc53f85b02b260efd7eca",
                    operation="UPDATE",
                    pgid="pgtrigger_round_keeps_what_is_asked_d40c8",
                    table="approvals_request",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="band",
            trigger=pgtrigger.compiler.Trigger(
                name="bands_of_an_approved_route_are_immutable",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="\n                    IF EXISTS (\n                        SELECT FROM approvals_route WHERE id = OLD.route_id AND status = 'approved'\n                    ) THEN\n                        RAISE EXCEPTION 'approvals_route_is_immutable: route % is approved',\n                            OLD.route_id;\n                    END IF;\n                    IF TG_OP = 'DELETE' THEN RETURN OLD; END IF;\n                    RETURN NEW;\n                ",
                    hash="54b90d751aecf01e64f520062df0ec842297929b",
                    operation="UPDATE OR DELETE",
                    pgid="pgtrigger_bands_of_an_approved_route_are_immutable_73375",
                    table="approvals_band",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="band",
            trigger=pgtrigger.compiler.Trigger(
                name="bands_cover_all",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    constraint="CONSTRAINT",
                    func="\n    IF EXISTS (SELECT FROM approvals_route WHERE id = NEW.route_id) AND NOT EXISTS (\n        SELECT FROM (\n            SELECT since, until, lag(until) OVER w AS before, row_number() OVER w AS place,\n                   count(*) OVER () AS bands\n            FROM approvals_band WHERE route_id = NEW.route_id WINDOW w AS (ORDER BY since)\n        ) AS band\n        HAVING count(*) > 0 AND bool_and(\n            (place = 1 AND since = 0 OR place > 1 AND since IS NOT DISTINCT FROM before)\n            AND (until IS NULL) = (place = bands)\n        )\n    ) THEN\n        RAISE EXCEPTION 'approvals_bands_cover_all: the bands of route % must cover every '\n            'amount from 0 once', NEW.route_id USING ERRCODE = 'check_violation';\n    END IF;\n    RETURN NULL;\n",
                    hash="9541a1906d5bc00c2fd5b387524b9d9a5c3f1baa",
                    operation="INSERT OR UPDATE",
                    pgid="pgtrigger_bands_cover_all_8f58b",
                    table="approvals_band",
                    timing="DEFERRABLE INITIALLY DEFERRED",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="band",
            trigger=pgtrigger.compiler.Trigger(
                name="bands_left_cover_all",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    constraint="CONSTRAINT",
                    func="\n    IF EXISTS (SELECT FROM approvals_route WHERE id = OLD.route_id) AND NOT EXISTS (\n        SELECT FROM (\n            SELECT since, until, lag(until) OVER w AS before, row_number() OVER w AS place,\n                   count(*) OVER () AS bands\n            FROM approvals_band WHERE route_id = OLD.route_id WINDOW w AS (ORDER BY since)\n        ) AS band\n        HAVING count(*) > 0 AND bool_and(\n            (place = 1 AND since = 0 OR place > 1 AND since IS NOT DISTINCT FROM before)\n            AND (until IS NULL) = (place = bands)\n        )\n    ) THEN\n        RAISE EXCEPTION 'approvals_bands_cover_all: the bands of route % must cover every '\n            'amount from 0 once', OLD.route_id USING ERRCODE = 'check_violation';\n    END IF;\n    RETURN NULL;\n",
                    hash="d6a5b06120361a259f9034b9c8a72c9968a3c757",
                    operation="DELETE",
                    pgid="pgtrigger_bands_left_cover_all_1bedb",
                    table="approvals_band",
                    timing="DEFERRABLE INITIALLY DEFERRED",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="signature",
            trigger=pgtrigger.compiler.Trigger(
                name="four_eyes",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="\n    PERFORM FROM approvals_request AS r\n        WHERE r.id = NEW.request_id AND (\n            r.requested_by_id IN (NEW.signer_id, NEW.on_behalf_of_id)\n            OR r.kept_by_id IN (NEW.signer_id, NEW.on_behalf_of_id)\n        );\n    IF FOUND THEN\n        RAISE EXCEPTION 'approvals_four_eyes: nobody decides on their own request'\n            USING ERRCODE = 'check_violation';\n    END IF;\n    PERFORM FROM approvals_request AS r\n        WHERE r.id = NEW.request_id AND r.status = 'pending' AND r.round = NEW.round;\n    IF NOT FOUND THEN\n        RAISE EXCEPTION 'approvals_signs_open_round: the request does not wait in this round'\n            USING ERRCODE = 'check_violation';\n    END IF;\n    RETURN NEW;\n",
                    hash="f3fb57250aa10ca8b4bd59aa794743500729d7bb",
                    operation="INSERT",
                    pgid="pgtrigger_four_eyes_46c51",
                    table="approvals_signature",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="signature",
            trigger=pgtrigger.compiler.Trigger(
                name="signature_is_kept",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;",
                    hash="d64f579789a5954a77e8b4a0244260463d503219",
                    operation="UPDATE OR DELETE",
                    pgid="pgtrigger_signature_is_kept_cc76a",
                    table="approvals_signature",
                    when="BEFORE",
                ),
            ),
        ),
    ]

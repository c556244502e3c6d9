"""The first tables."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Go up."""
    op.create_table(
        "approval",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("text_key", sa.String(), nullable=False),
        sa.Column("language", sa.String(), nullable=False),
        sa.Column("sha256", sa.String(), nullable=False),
        sa.Column("role", sa.String(), nullable=False, comment="clinician or translator"),
        sa.Column("approved_by", sa.String(), nullable=False),
        sa.Column("approved_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("text_key", "language", "sha256", "role"),
    )
    op.create_table(
        "audit_event",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor", sa.String(), nullable=False, comment="staff:3, patient, system or command"),
        sa.Column("what", sa.String(), nullable=False),
        sa.Column("subject", sa.String(), nullable=False, comment="enrollment:7, staff:3, ..."),
        sa.Column("details", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_table(
        "delivery_receipt",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("token", sa.String(), nullable=False),
        sa.Column("carrier_id", sa.String(), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("error_code", sa.Integer(), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("applied_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("carrier_id", "status", "error_code", "token"),
    )
    op.create_table(
        "demo_clock",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("ahead_seconds", sa.Float(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_table(
        "patient",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_table(
        "phone",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("number_hash", sa.String(), nullable=False, comment="keyed hash of the E.164 number"),
        sa.Column("number", sa.LargeBinary(), nullable=False),
        sa.Column("opted_out_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("opted_out_why", sa.String(), nullable=True, comment="asked, wrong_number, carrier or staff"),
        sa.Column("consent", sa.LargeBinary(), nullable=True, comment="how, when and by whom, as text"),
        sa.Column("consent_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("number_hash"),
    )
    op.create_table(
        "process",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False, comment="web or ticks"),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("alive_at", sa.DateTime(timezone=True), nullable=False, comment="real time, the database's own clock is not asked"),
        sa.Column("stopped", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_table(
        "simulated_text",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("carrier_id", sa.String(), nullable=False),
        sa.Column("phone_hash", sa.String(), nullable=False),
        sa.Column("direction", sa.String(), nullable=False, comment="in: from the phone; out: to the phone"),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("carrier_id"),
    )
    with op.batch_alter_table("simulated_text", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_simulated_text_phone_hash"), ["phone_hash"], unique=False)

    op.create_table(
        "tick",
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("name"),
    )
    op.create_table(
        "enrollment",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("patient_id", sa.Integer(), nullable=False),
        sa.Column("phone_id", sa.Integer(), nullable=False),
        sa.Column("procedure", sa.String(), nullable=False, comment="folder under flows/"),
        sa.Column("language", sa.String(), nullable=False),
        sa.Column("timezone", sa.String(), nullable=False, comment="where the patient is: sending hours"),
        sa.Column("site_timezone", sa.String(), nullable=False, comment="where the test is: the day and time that texts print"),
        sa.Column("procedure_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column(
            "date_version", sa.Integer(), nullable=False, comment="1, and one more with each move: part of the key of every planned text"
        ),
        sa.Column(
            "changed_at", sa.DateTime(timezone=True), nullable=False, comment="enrolled, moved or resumed: what was due before is late"
        ),
        sa.Column("test", sa.String(), nullable=False, comment="booked, done or not_done"),
        sa.Column("done_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("state", sa.String(), nullable=False, comment="EnrollmentState"),
        sa.Column("enrolled_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["patient_id"],
            ["patient.id"],
        ),
        sa.ForeignKeyConstraint(
            ["phone_id"],
            ["phone.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    with op.batch_alter_table("enrollment", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_enrollment_phone_id"), ["phone_id"], unique=False)
        batch_op.create_index(
            "one_running_enrollment_a_phone",
            ["phone_id"],
            unique=True,
            sqlite_where=sa.text("state = 'running'"),
            postgresql_where=sa.text("state = 'running'"),
        )

    op.create_table(
        "staff",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.LargeBinary(), nullable=False),
        sa.Column("role", sa.String(), nullable=False, comment="scheduler, nurse, lead or admin"),
        sa.Column("phone_id", sa.Integer(), nullable=True),
        sa.Column("email", sa.LargeBinary(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("disabled_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["phone_id"],
            ["phone.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    with op.batch_alter_table("staff", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_staff_phone_id"), ["phone_id"], unique=False)

    op.create_table(
        "escalation",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("code", sa.String(), nullable=False, comment="what nurses call it by"),
        sa.Column("enrollment_id", sa.Integer(), nullable=False),
        sa.Column("urgency", sa.String(), nullable=False),
        sa.Column("kinds", sa.JSON(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ladder_from", sa.DateTime(timezone=True), nullable=False, comment="when the ladder started, or started anew"),
        sa.Column("cycle", sa.Integer(), nullable=False, comment="how often it started"),
        sa.Column("next_rung", sa.Integer(), nullable=False),
        sa.Column("next_action_at", sa.DateTime(timezone=True), nullable=True, comment="never empty while it is not closed"),
        sa.Column("acknowledged_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("acknowledged_by", sa.Integer(), nullable=True),
        sa.Column("last_page_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("outcome", sa.String(), nullable=True),
        sa.Column("note", sa.LargeBinary(), nullable=True),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["acknowledged_by"],
            ["staff.id"],
        ),
        sa.ForeignKeyConstraint(
            ["enrollment_id"],
            ["enrollment.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("code"),
    )
    with op.batch_alter_table("escalation", schema=None) as batch_op:
        batch_op.create_index(
            "cases_to_act_on",
            ["next_action_at"],
            unique=False,
            sqlite_where=sa.text("state <> 'closed'"),
            postgresql_where=sa.text("state <> 'closed'"),
        )
        batch_op.create_index(batch_op.f("ix_escalation_enrollment_id"), ["enrollment_id"], unique=False)
        batch_op.create_index(
            "one_open_case_a_patient",
            ["enrollment_id"],
            unique=True,
            sqlite_where=sa.text("state <> 'closed'"),
            postgresql_where=sa.text("state <> 'closed'"),
        )

    op.create_table(
        "inbound_text",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("carrier_id", sa.String(), nullable=False, comment="Twilio's MessageSid: the same text never counts twice"),
        sa.Column("phone_id", sa.Integer(), nullable=False),
        sa.Column("enrollment_id", sa.Integer(), nullable=True),
        sa.Column("staff_id", sa.Integer(), nullable=True),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("media", sa.Integer(), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("urgency", sa.String(), nullable=False),
        sa.Column("intent", sa.String(), nullable=False),
        sa.Column("why", sa.LargeBinary(), nullable=False, comment="the words that decided, as a JSON list"),
        sa.ForeignKeyConstraint(
            ["enrollment_id"],
            ["enrollment.id"],
        ),
        sa.ForeignKeyConstraint(
            ["phone_id"],
            ["phone.id"],
        ),
        sa.ForeignKeyConstraint(
            ["staff_id"],
            ["staff.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("carrier_id"),
    )
    with op.batch_alter_table("inbound_text", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_inbound_text_enrollment_id"), ["enrollment_id"], unique=False)

    op.create_table(
        "on_call_shift",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("staff_id", sa.Integer(), nullable=False),
        sa.Column("rung", sa.String(), nullable=False, comment="nurse, backup or lead"),
        sa.Column("from_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("until_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("removed_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["staff_id"],
            ["staff.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_table(
        "place",
        sa.Column("enrollment_id", sa.Integer(), nullable=False),
        sa.Column("place", sa.LargeBinary(), nullable=False, comment="flows.effects.Place as JSON"),
        sa.ForeignKeyConstraint(
            ["enrollment_id"],
            ["enrollment.id"],
        ),
        sa.PrimaryKeyConstraint("enrollment_id"),
    )
    op.create_table(
        "escalation_event",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("escalation_id", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("what", sa.String(), nullable=False),
        sa.Column("who", sa.String(), nullable=False, comment="staff:3, patient or system: never a name"),
        sa.Column("state", sa.String(), nullable=False, comment="of the case, after this"),
        sa.ForeignKeyConstraint(
            ["escalation_id"],
            ["escalation.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    with op.batch_alter_table("escalation_event", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_escalation_event_escalation_id"), ["escalation_id"], unique=False)

    op.create_table(
        "outgoing_message",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("key", sa.String(), nullable=False, comment="the intention; never released, so it is never sent twice"),
        sa.Column("weight", sa.String(), nullable=False, comment="Weight"),
        sa.Column("send_order", sa.Integer(), nullable=False, comment="0 safety, 1 clinical, 2 routine"),
        sa.Column("phone_id", sa.Integer(), nullable=False),
        sa.Column("enrollment_id", sa.Integer(), nullable=True),
        sa.Column("inbound_text_id", sa.Integer(), nullable=True, comment="the text that this answers"),
        sa.Column("escalation_id", sa.Integer(), nullable=True, comment="the case that this pages for"),
        sa.Column("step", sa.String(), nullable=True, comment="the planned step, or the key of the text"),
        sa.Column("planned", sa.Boolean(), nullable=False, comment="of the timeline: sending hours hold"),
        sa.Column("date_version", sa.Integer(), nullable=True),
        sa.Column("repeat", sa.Integer(), nullable=False),
        sa.Column("text_key", sa.String(), nullable=False),
        sa.Column("asks", sa.String(), nullable=True, comment="the question that it leaves open"),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("segments", sa.Integer(), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("not_after", sa.DateTime(timezone=True), nullable=True),
        sa.Column("silent_after_seconds", sa.Float(), nullable=True, comment="no answer this long after sending is a task"),
        sa.Column("silent_task", sa.String(), nullable=True),
        sa.Column("silence_at", sa.DateTime(timezone=True), nullable=True, comment="set when sent: when silence becomes a task"),
        sa.Column("state", sa.String(), nullable=False, comment="State"),
        sa.Column("reason", sa.String(), nullable=True, comment="why it is in this state, in our own words"),
        sa.Column("error_code", sa.Integer(), nullable=True),
        sa.Column("owner", sa.String(), nullable=True, comment="the process that has it"),
        sa.Column("token", sa.String(), nullable=True, comment="of the latest attempt"),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("looks", sa.Integer(), nullable=False, comment="how often it was looked for at the carrier while unknown"),
        sa.Column("look_at", sa.DateTime(timezone=True), nullable=True, comment="when it is looked for next"),
        sa.Column("carrier_id", sa.String(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True, comment="the latest attempt"),
        sa.ForeignKeyConstraint(
            ["enrollment_id"],
            ["enrollment.id"],
        ),
        sa.ForeignKeyConstraint(
            ["escalation_id"],
            ["escalation.id"],
        ),
        sa.ForeignKeyConstraint(
            ["inbound_text_id"],
            ["inbound_text.id"],
        ),
        sa.ForeignKeyConstraint(
            ["phone_id"],
            ["phone.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("key"),
    )
    with op.batch_alter_table("outgoing_message", schema=None) as batch_op:
        batch_op.create_index(
            "due_messages",
            ["send_order", "due_at"],
            unique=False,
            sqlite_where=sa.text("state = 'pending'"),
            postgresql_where=sa.text("state = 'pending'"),
        )
        batch_op.create_index(batch_op.f("ix_outgoing_message_enrollment_id"), ["enrollment_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_outgoing_message_inbound_text_id"), ["inbound_text_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_outgoing_message_phone_id"), ["phone_id"], unique=False)
        batch_op.create_index(
            "message_of_carrier_id",
            ["carrier_id"],
            unique=True,
            sqlite_where=sa.text("carrier_id IS NOT NULL"),
            postgresql_where=sa.text("carrier_id IS NOT NULL"),
        )
        batch_op.create_index(
            "pages_of_case",
            ["escalation_id"],
            unique=False,
            sqlite_where=sa.text("escalation_id IS NOT NULL"),
            postgresql_where=sa.text("escalation_id IS NOT NULL"),
        )
        batch_op.create_index(
            "silences",
            ["silence_at"],
            unique=False,
            sqlite_where=sa.text("silence_at IS NOT NULL"),
            postgresql_where=sa.text("silence_at IS NOT NULL"),
        )
        batch_op.create_index(
            "unsettled_messages",
            ["state", "owner"],
            unique=False,
            sqlite_where=sa.text("state IN ('claimed', 'dispatching', 'unknown', 'held')"),
            postgresql_where=sa.text("state IN ('claimed', 'dispatching', 'unknown', 'held')"),
        )

    op.create_table(
        "message_event",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("message_id", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("cause", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(
            ["message_id"],
            ["outgoing_message.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    with op.batch_alter_table("message_event", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_message_event_message_id"), ["message_id"], unique=False)

    op.create_table(
        "send_attempt",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("token", sa.String(), nullable=False, comment="comes back on every delivery receipt"),
        sa.Column("message_id", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("called_at", sa.DateTime(timezone=True), nullable=False, comment="real time, as the carrier's own list has it"),
        sa.Column("outcome", sa.String(), nullable=True, comment="accepted, refused, busy or unknown; empty: it never came back"),
        sa.Column("carrier_id", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(
            ["message_id"],
            ["outgoing_message.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("token"),
    )
    with op.batch_alter_table("send_attempt", schema=None) as batch_op:
        batch_op.create_index(
            "attempt_of_carrier_id",
            ["carrier_id"],
            unique=False,
            sqlite_where=sa.text("carrier_id IS NOT NULL"),
            postgresql_where=sa.text("carrier_id IS NOT NULL"),
        )
        batch_op.create_index(batch_op.f("ix_send_attempt_message_id"), ["message_id"], unique=False)

    op.create_table(
        "task",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("key", sa.String(), nullable=False, comment="the reason; the same one never opens twice"),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("enrollment_id", sa.Integer(), nullable=True),
        sa.Column("phone_id", sa.Integer(), nullable=True),
        sa.Column("inbound_text_id", sa.Integer(), nullable=True),
        sa.Column("message_id", sa.Integer(), nullable=True),
        sa.Column("state", sa.String(), nullable=False, comment="open or done"),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("done_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("done_by", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(
            ["enrollment_id"],
            ["enrollment.id"],
        ),
        sa.ForeignKeyConstraint(
            ["inbound_text_id"],
            ["inbound_text.id"],
        ),
        sa.ForeignKeyConstraint(
            ["message_id"],
            ["outgoing_message.id"],
        ),
        sa.ForeignKeyConstraint(
            ["phone_id"],
            ["phone.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("key"),
    )
    with op.batch_alter_table("task", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_task_enrollment_id"), ["enrollment_id"], unique=False)


def downgrade() -> None:
    """Go back."""
    with op.batch_alter_table("task", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_task_enrollment_id"))

    op.drop_table("task")
    with op.batch_alter_table("send_attempt", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_send_attempt_message_id"))
        batch_op.drop_index(
            "attempt_of_carrier_id", sqlite_where=sa.text("carrier_id IS NOT NULL"), postgresql_where=sa.text("carrier_id IS NOT NULL")
        )

    op.drop_table("send_attempt")
    with op.batch_alter_table("message_event", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_message_event_message_id"))

    op.drop_table("message_event")
    with op.batch_alter_table("outgoing_message", schema=None) as batch_op:
        batch_op.drop_index(
            "unsettled_messages",
            sqlite_where=sa.text("state IN ('claimed', 'dispatching', 'unknown', 'held')"),
            postgresql_where=sa.text("state IN ('claimed', 'dispatching', 'unknown', 'held')"),
        )
        batch_op.drop_index("silences", sqlite_where=sa.text("silence_at IS NOT NULL"), postgresql_where=sa.text("silence_at IS NOT NULL"))
        batch_op.drop_index(
            "pages_of_case", sqlite_where=sa.text("escalation_id IS NOT NULL"), postgresql_where=sa.text("escalation_id IS NOT NULL")
        )
        batch_op.drop_index(
            "message_of_carrier_id", sqlite_where=sa.text("carrier_id IS NOT NULL"), postgresql_where=sa.text("carrier_id IS NOT NULL")
        )
        batch_op.drop_index(batch_op.f("ix_outgoing_message_phone_id"))
        batch_op.drop_index(batch_op.f("ix_outgoing_message_inbound_text_id"))
        batch_op.drop_index(batch_op.f("ix_outgoing_message_enrollment_id"))
        batch_op.drop_index("due_messages", sqlite_where=sa.text("state = 'pending'"), postgresql_where=sa.text("state = 'pending'"))

    op.drop_table("outgoing_message")
    with op.batch_alter_table("escalation_event", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_escalation_event_escalation_id"))

    op.drop_table("escalation_event")
    op.drop_table("place")
    op.drop_table("on_call_shift")
    with op.batch_alter_table("inbound_text", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_inbound_text_enrollment_id"))

    op.drop_table("inbound_text")
    with op.batch_alter_table("escalation", schema=None) as batch_op:
        batch_op.drop_index(
            "one_open_case_a_patient", sqlite_where=sa.text("state <> 'closed'"), postgresql_where=sa.text("state <> 'closed'")
        )
        batch_op.drop_index(batch_op.f("ix_escalation_enrollment_id"))
        batch_op.drop_index("cases_to_act_on", sqlite_where=sa.text("state <> 'closed'"), postgresql_where=sa.text("state <> 'closed'"))

    op.drop_table("escalation")
    with op.batch_alter_table("staff", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_staff_phone_id"))

    op.drop_table("staff")
    with op.batch_alter_table("enrollment", schema=None) as batch_op:
        batch_op.drop_index(
            "one_running_enrollment_a_phone", sqlite_where=sa.text("state = 'running'"), postgresql_where=sa.text("state = 'running'")
        )
        batch_op.drop_index(batch_op.f("ix_enrollment_phone_id"))

    op.drop_table("enrollment")
    op.drop_table("tick")
    with op.batch_alter_table("simulated_text", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_simulated_text_phone_hash"))

    op.drop_table("simulated_text")
    op.drop_table("process")
    op.drop_table("phone")
    op.drop_table("patient")
    op.drop_table("demo_clock")
    op.drop_table("delivery_receipt")
    op.drop_table("audit_event")
    op.drop_table("approval")

"""The rows of a planted account in every entity, by a plain script from its knobs; nothing is drawn."""

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from decimal import Decimal

from dagster_project.contract import input_contract
from dagster_project.demo.block import Rows
from dagster_project.demo.contracts import contract_rows
from dagster_project.demo.people import contact_rows, user_rows
from dagster_project.demo.planted.company import Company
from dagster_project.demo.planted.plant import Ticket
from dagster_project.demo.programmes import Programme
from dagster_project.demo.support_hours import DESK_OF_COUNTRY
from dagster_project.demo.window import Row, midnight, months_between, next_month, utc_text

PAID_AFTER_DAYS, DUE_AFTER_DAYS = 20, 30
MONTHS_BILLED = {"monthly": 1, "quarterly": 3, "annual": 12}
FIT_QUESTIONS = ("problem", "sponsor", "people", "data")
GOAL = ("one_source_of_truth", "顧客の情報を一か所に集める", "share of records complete in per cent")
GOAL_TARGET = 100
REPLY_MINUTES = 40
ANNOUNCED, LASTED = timedelta(days=1), timedelta(hours=2)  # registration before, and attendance after, the start

Told = Iterator[tuple[str, Row]]


def company_rows(company: Company) -> Rows:
    """Every row of a planted account under our own ids, by entity; usage comes by day."""
    rows: Rows = {
        "users": user_rows(company.users),
        "contacts": contact_rows(company.contacts),
        "contracts": contract_rows(company.contracts),
    }
    for part in (_signing, _money, _care, _plan, _desk, _surveys, _hearings, _engagements, _voices):
        for entity, row in part(company):
            rows.setdefault(entity, []).append(row)
    return rows


def _row(entity: str, known_at: datetime, **values: object) -> tuple[str, Row]:
    """A row of the contract's columns; what is not given is null.

    Raises KeyError for a column that the entity does not have.
    """
    columns = input_contract()[entity].column_names
    if strangers := values.keys() - set(columns):
        raise KeyError(f"{entity} has no {', '.join(sorted(strangers))}")
    plain = {name: value.isoformat() if type(value) is date else value for name, value in values.items()}
    texts = {name: utc_text(value) if isinstance(value, datetime) else value for name, value in plain.items()}
    return entity, {**dict.fromkeys(columns), **texts, "updated_at": utc_text(known_at)}


def _signing(company: Company) -> Told:
    """Who signs up, how well it fits, who sells, proposes more and looks after it."""
    account_id, start = company.account_id, company.start
    seller = company.owner("sales").owner_id
    yield _row(
        "accounts",
        company.moment(start, 1),
        account_id=account_id,
        account_name=company.account_name,
        segment=company.plant.segment,
        industry="information_technology",
        country="JP",
        domain=company.domain,
        acquisition_channel="webinar",
        acquisition_message="商談の見える化",
        plan_name=company.plant.plan_name,
        seller_owner_id=seller,
        is_test=False,
        is_internal=False,
        is_deleted=False,
        signed_up_date=start,
    )
    for number, question_id in enumerate(FIT_QUESTIONS):
        yield _row(
            "fit_answers",
            company.moment(start, 1, 30 + number),
            account_id=account_id,
            question_id=question_id,
            answered_by_owner_id=seller,
            answer_points=3,
            answered_date=start,
        )
    first = company.contracts[0]
    yield _row(
        "opportunities",
        company.moment(first.signed_date, 1, 40),
        opportunity_id=f"OP{company.number:05d}-001",
        account_id=account_id,
        contract_id=first.contract_id,
        owner_id=seller,
        opportunity_kind="new",
        stage="won",
        currency_code="JPY",
        opportunity_amount=first.mrr_amount * 12,
        created_date=first.signed_date - timedelta(days=30),
        close_date=first.signed_date,
    )
    for number, days_ago in enumerate(company.plant.proposals, start=2):
        day = company.day(days_ago)
        yield _row(
            "opportunities",
            company.moment(day, 3),
            opportunity_id=f"OP{company.number:05d}-{number:03d}",
            account_id=account_id,
            owner_id=seller,
            opportunity_kind="expansion",
            stage="proposed",
            currency_code="JPY",
            opportunity_amount=first.mrr_amount * 6,
            created_date=day,
        )
    roles = {"account_manager": "segment"}
    if company.plant.segment == "enterprise":
        roles["csm"] = "segment"
    if company.plant.needs_specialist:
        roles["specialist"] = "data_connection"
    for number, (role, reason) in enumerate(roles.items(), start=1):
        yield _row(
            "account_assignments",
            company.moment(start, 2),
            assignment_id=f"AS{company.number:05d}-{number:02d}",
            account_id=account_id,
            owner_id=company.owner(role).owner_id,
            assignment_role=role,
            reason=reason,
            start_date=start,
        )


def _money(company: Company) -> Told:
    """A bill for each term, its costs month by month, and what became of the terms that another follows."""
    for contract, follower in zip(company.contracts, [*company.contracts[1:], None], strict=True):
        number = contract.contract_id[-2:]
        issued, due = contract.start_date, contract.start_date + timedelta(days=DUE_AFTER_DAYS)
        invoice: dict[str, object] = {
            "invoice_id": f"I{company.number:05d}-{int(number):03d}",
            "account_id": company.account_id,
            "contract_id": contract.contract_id,
            "currency_code": contract.currency_code,
            "invoice_amount": contract.mrr_amount * MONTHS_BILLED[contract.billing_frequency],
            "issued_date": issued,
            "due_date": due,
        }
        yield _row("invoices", company.moment(issued, 8), **invoice)
        if company.plant.is_invoice_paid:
            paid = issued + timedelta(days=PAID_AFTER_DAYS)
            yield _row("invoices", company.moment(paid, 8), **invoice, paid_date=paid)
        if follower is not None:
            yield _row(
                "contract_outcomes",
                follower.known_at + timedelta(minutes=30),
                contract_id=contract.contract_id,
                account_id=company.account_id,
                renewed_by_contract_id=follower.contract_id,
                outcome="renewed",
                due_date=contract.end_date,
                decided_date=follower.signed_date,
            )
    mrr_amount = company.contracts[0].mrr_amount
    service = (mrr_amount * Decimal("0.15")).quantize(Decimal(1))
    for month in months_between(company.start, company.around.world.window.last_day):
        yield _row(
            "account_costs",
            midnight(next_month(month) + timedelta(days=4)) + timedelta(hours=9),
            account_id=company.account_id,
            cost_month_date=month,
            currency_code="JPY",
            service_cost_amount=service,
            support_cost_amount=Decimal(6000),
            acquisition_cost_amount=mrr_amount * 3 if month <= company.start else Decimal(0),
            margin_amount=mrr_amount - service,
        )


def _care(company: Company) -> Told:
    """What our people do, what sales asks for, and how they judge the strategy."""
    csm, plant = company.owner("csm").owner_id, company.plant
    for number, task in enumerate(plant.tasks, start=1):
        day = company.day(task.planned)
        planned: dict[str, object] = {
            "task_id": f"TK{company.number:05d}-{number:04d}",
            "account_id": company.account_id,
            "owner_id": csm,
            "task_kind": task.task_kind,
            "subject": "状況の確認",
            "due_date": day,
        }
        yield _row("tasks", company.moment(day, 2), **planned)
        if task.is_done:
            yield _row("tasks", company.moment(day, 7), **planned, spent_minutes=45, done_date=day)
    for number, request in enumerate(plant.requests, start=1):
        asked: dict[str, object] = {
            "sales_request_id": f"SR{company.number:05d}-{number:02d}",
            "account_id": company.account_id,
            "owner_id": company.owner("sales").owner_id,
            "request_text": "更新の前に活用を見てほしい",
            "requested_date": company.day(request.requested),
        }
        yield _row("sales_requests", company.moment(company.day(request.requested), 2), **asked)
        if request.closed is not None:
            closed = company.day(request.closed)
            yield _row("sales_requests", company.moment(closed, 7), **asked, closed_date=closed)
    if plant.strategy is not None:
        day = company.day(plant.assessed)
        yield _row(
            "strategy_assessments",
            company.moment(day, 6),
            assessment_id=f"S{company.number:05d}-001",
            account_id=company.account_id,
            owner_id=csm,
            strategy_points=plant.strategy,
            organisation_points=plant.strategy,
            people_points=plant.strategy,
            assessed_date=day,
        )


def _plan(company: Company) -> Told:
    """A year's goal, and the first success on the way to it."""
    plan = company.plant.plan
    if plan is None:
        return
    goal_id, goal_text, kpi_name = GOAL
    agreed = company.after_start(plan.agreed)
    goal: dict[str, object] = {
        "plan_item_id": f"P{company.number:05d}-01",
        "account_id": company.account_id,
        "item_level": "year_goal",
        "goal_id": goal_id,
        "goal_text": goal_text,
        "kpi_name": kpi_name,
        "target_value": GOAL_TARGET,
        "is_first_success": False,
        "agreed_date": agreed,
        "due_date": agreed + timedelta(days=364),
    }
    yield _row("success_plans", company.moment(agreed, 3), **goal)
    if plan.attained is not None:
        measured = company.moment(agreed + timedelta(days=1), 3)
        yield _row("success_plans", measured, **goal, actual_value=plan.attained)
    if not plan.has_success:
        return
    success: dict[str, object] = {
        "plan_item_id": f"P{company.number:05d}-01-1",
        "account_id": company.account_id,
        "parent_item_id": goal["plan_item_id"],
        "item_level": "initiative",
        "goal_id": goal_id,
        "goal_text": "毎週の会議を一覧で行う",
        "kpi_name": "meetings held with the board",
        "is_first_success": True,
        "agreed_date": agreed,
        "due_date": company.after_start(plan.due),
    }
    yield _row("success_plans", company.moment(agreed, 4), **success)
    if plan.reached is not None:
        reached = company.after_start(plan.reached)
        yield _row("success_plans", company.moment(reached, 5), **success, reached_date=reached)


def _desk(company: Company) -> Told:
    for number, ticket in enumerate(company.plant.tickets, start=1):
        yield from _ticket(company, f"T{company.number:05d}-{number:04d}", ticket)


def _ticket(company: Company, ticket_id: str, ticket: Ticket) -> Told:
    """Asked, answered within the hour, and solved and rated where it is."""
    asker, agent = company.user_id(1), company.owner("support").owner_id
    created_at = company.moment(company.day(ticket.created), 1)
    replied_at = created_at + timedelta(minutes=REPLY_MINUTES)
    state: dict[str, object] = {
        "ticket_id": ticket_id,
        "account_id": company.account_id,
        "user_id": asker,
        "schedule_id": DESK_OF_COUNTRY["JP"],
        "channel": "mail",
        "status": "new",
        "priority": "normal",
        "is_escalated": False,
        "is_deleted": False,
        "created_at": created_at,
    }
    steps: list[tuple[datetime, dict[str, object]]] = [
        (created_at, {}),
        (
            replied_at,
            {"status": "pending", "first_reply_minutes": REPLY_MINUTES, "is_escalated": ticket.is_escalated},
        ),
    ]
    if ticket.solved is not None:
        solved_at = company.moment(company.day(ticket.solved), 5)
        steps.append((solved_at, {"status": "solved", "resolved_at": solved_at}))
        if ticket.satisfaction is not None:
            rated_at = solved_at + timedelta(hours=1)
            steps.append((rated_at, {"status": "closed", "rated_at": rated_at, "satisfaction": ticket.satisfaction}))
    before: object = None
    for number, (moment, change) in enumerate(steps, start=1):
        state = {**state, **change}
        yield _row("tickets", moment, **state)
        yield _row(
            "ticket_status_changes",
            moment + timedelta(seconds=3),
            status_change_id=f"{ticket_id}-S{number}",
            ticket_id=ticket_id,
            old_status=before,
            new_status=state["status"],
            changed_at=moment,
        )
        before = state["status"]
    messages = ((created_at, asker, "customer", None), (replied_at, agent, "agent", "free"))
    for number, (moment, author_id, author_kind, answer_kind) in enumerate(messages, start=1):
        yield _row(
            "ticket_messages",
            moment + timedelta(seconds=2),
            message_id=f"{ticket_id}-M{number}",
            ticket_id=ticket_id,
            author_id=author_id,
            author_kind=author_kind,
            answer_kind=answer_kind,
            is_public=True,
            message_text="一覧が開きません" if author_kind == "customer" else "手順をお送りします。",
            sent_at=moment,
        )


def _surveys(company: Company) -> Told:
    for number, answer in enumerate(company.plant.answers, start=1):
        day, user_id = company.day(answer.answered), company.user_id(answer.user)
        invitation_id = f"I{company.number:05d}-{number:05d}"
        asked: dict[str, object] = {
            "survey_kind": answer.survey_kind,
            "account_id": company.account_id,
            "user_id": user_id,
        }
        sent_at, answered_at = company.moment(day, 2), company.moment(day, 4)
        yield _row("survey_invitations", sent_at, **asked, invitation_id=invitation_id, sent_at=sent_at)
        yield _row(
            "survey_answers",
            answered_at,
            **asked,
            answer_id=f"V{invitation_id[1:]}",
            invitation_id=invitation_id,
            answer_score=answer.score,
            answered_at=answered_at,
        )


def _hearings(company: Company) -> Told:
    for number, hearing in enumerate(company.plant.hearings, start=1):
        day = company.day(hearing.heard)
        yield _row(
            "hearings",
            company.moment(day, 6),
            hearing_id=f"H{company.number:05d}-{number:03d}",
            account_id=company.account_id,
            owner_id=company.owner(hearing.hearing_role).owner_id,
            hearing_role=hearing.hearing_role,
            satisfaction_points=hearing.satisfaction,
            renewal_points=hearing.renewal,
            heard_date=day,
        )


def _engagements(company: Company) -> Told:
    """Mails clicked and articles read by the first user, webinars and trainings attended."""
    plant, first = company.plant, company.user_id(1)
    done: list[tuple[datetime, str, str, str | None, str | None]] = []
    for days_ago in plant.clicks:
        sent_at = company.moment(company.day(days_ago), 1)
        for minutes, kind in enumerate(("mail_sent", "mail_opened", "mail_clicked")):
            done.append((sent_at + timedelta(minutes=10 * minutes), kind, first, "J-newcomer", "mail-001"))
    for days_ago in plant.reads:
        done.append((company.moment(company.day(days_ago), 3), "help_read", first, None, "article-01"))
    for kind, told in (("webinar", plant.webinars), ("training", plant.trainings)):
        for place, number in enumerate(told):
            programme = company.programme(kind, number)
            user_id = company.user_id(told[:place].count(number) + 1)
            held_at = programme.held_at or datetime.max
            came = "training_completed" if kind == "training" else "event_attended"
            done.append((held_at - ANNOUNCED, "event_registered", user_id, programme.programme_id, None))
            done.append((held_at + LASTED, came, user_id, programme.programme_id, None))
            yield from _participation(company, programme, held_at, user_id)
    done.sort(key=lambda one: one[:3])
    for number, (moment, kind, user_id, programme_id, content_id) in enumerate(done):
        yield _row(
            "engagements",
            moment + timedelta(seconds=5),
            engagement_id=f"EN{company.number:05d}-{number:06d}",
            account_id=company.account_id,
            user_id=user_id,
            programme_id=programme_id,
            content_id=content_id,
            engagement_kind=kind,
            is_bot=False if kind in {"mail_opened", "mail_clicked"} else None,
            engaged_at=moment,
        )


def _participation(company: Company, programme: Programme, held_at: datetime, user_id: str) -> Told:
    registered_at = held_at - ANNOUNCED
    told: dict[str, object] = {
        "participant_id": f"{programme.programme_id}/{user_id}",
        "programme_id": programme.programme_id,
        "account_id": company.account_id,
        "user_id": user_id,
        "registered_at": registered_at,
    }
    yield _row("programme_participants", registered_at, **told)
    yield _row("programme_participants", held_at + LASTED, **told, is_attended=True)


def _voices(company: Company) -> Told:
    """What the users say of the product, in it and in the community."""
    for number, days_ago in enumerate(company.plant.voices, start=1):
        received_at = company.moment(company.day(days_ago), 4)
        yield _row(
            "voice_tickets",
            received_at + timedelta(seconds=10),
            voice_ticket_id=f"VT{company.number:05d}-{number:04d}",
            account_id=company.account_id,
            user_id=company.user_id(1),
            feature_id="f01",
            voice_kind="praise",
            speaker_role="end_user",
            voice_text="入力が速くなった",
            received_at=received_at,
        )
    for number, post in enumerate(company.plant.posts, start=1):
        posted_at = company.moment(company.day(post.posted), 5)
        yield _row(
            "community_posts",
            posted_at + timedelta(seconds=1),
            post_id=f"CP{company.number:05d}-{number:03d}",
            account_id=company.account_id,
            user_id=company.user_id(1),
            post_kind=post.post_kind,
            author_kind="customer",
            post_text="承認の流れはどう作っていますか",
            is_deleted=False,
            posted_at=posted_at,
        )

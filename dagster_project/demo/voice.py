"""What customers say: surveys, hearings, assessments of their strategy, and voices about the product.

Every answer follows the hidden value of the day with noise of its own; sales and customer success hear differently.
"""

from collections.abc import Iterator
from datetime import date, datetime, timedelta

import numpy as np

from dagster_project.demo.accounts import Account
from dagster_project.demo.block import Block, Rows
from dagster_project.demo.people import User
from dagster_project.demo.staff import Owner, working
from dagster_project.demo.window import Row, any_of, midnight, of_shares, utc_text, working_moment

NPS_EVERY_DAYS = 91
NPS_SHARE = 0.35  # of the people of an account who are asked
ANSWER_SHARE = (0.18, 0.32)  # at no value, and what full value adds
CORRECTED_SHARE = 0.02
ONBOARDING_SURVEY_DAYS = 30
EVENT_SURVEY_SHARE = 0.15  # of the accounts, a quarter
CSM_HEARING_SHARE = {"enterprise": 0.8, "smb": 0.25}  # of the quarters
SALES_HEARING_DAYS = (90, 180)  # before the contract's end
ASSESSED_SHARE = {"enterprise": 0.7, "smb": 0.3}  # of the half years
VOICES_A_YEAR = 5.0  # of an account of ten people
CONTACT_SHARE = 0.25  # of the voices
DECISIONS = ("accepted", "declined")
LONG_CONTRACT_DAYS = 300
VOICES = {
    "request": ("一括で編集したい", "CSVの項目を選びたい", "Dark mode, please 🙂", "承認の流れを作りたい"),
    "complaint": ("検索が遅い", "通知が多すぎる", "モバイルで落ちる 😡", "集計が合わない"),
    "praise": ("入力が速くなった", "ボードが見やすい 👍", "会議の準備が楽になった"),
    "question": ("権限はどう分けるべきか", "外部の名簿とつなげるか", "Can we export to Excel?"),
}
VOICE_KINDS = tuple(VOICES)
VOICE_SHARES = (0.45, 0.25, 0.15, 0.15)
COMMENTS = ("特になし", "サポートが丁寧", "画面が重い", "使いこなせていない", "Very helpful team", "満足しています 😊")


def voice_rows(block: Block) -> Rows:
    """Surveys, hearings, assessments, voice tickets and the product team's decisions."""
    rng = block.generator("voice")
    rows: Rows = {
        "survey_invitations": [],
        "survey_answers": [],
        "hearings": [],
        "strategy_assessments": [],
        "voice_tickets": [],
        "product_decisions": [],
    }
    for account, first, last in block.served:
        _surveys(account, block, (first, last), rows, rng)
        rows["hearings"] += _hearings(account, block, first, last, rng)
        rows["strategy_assessments"] += _assessments(account, block, first, last, rng)
        _voices(account, block, (first, last), rows, rng)
    return rows


def _days(first: date, last: date, every: int, offset: int) -> Iterator[date]:
    day = first + timedelta(days=offset)
    while day <= last:
        yield day
        day += timedelta(days=every)


def _present(users: list[User], day: date) -> list[User]:
    return [user for user in users if user.is_active_at(midnight(day))]


def _surveys(account: Account, block: Block, live: tuple[date, date], rows: Rows, rng: np.random.Generator) -> None:
    first, last = live
    users = block.users_of[account.account_id]
    asked: list[tuple[date, str, User]] = []
    for day in _days(first, last, NPS_EVERY_DAYS, int(rng.integers(20, NPS_EVERY_DAYS))):
        asked += [(day, "nps", user) for user in _present(users, day) if rng.random() < NPS_SHARE]
        if rng.random() < EVENT_SURVEY_SHARE:
            asked += [(day + timedelta(days=3), "event", user) for user in _present(users, day)[:1]]
    begun = account.signed_up_at.date() + timedelta(days=ONBOARDING_SURVEY_DAYS)
    if first <= begun <= last:
        asked += [(begun, "onboarding", user) for user in _present(users, begun)[:2]]
    for number, (day, kind, user) in enumerate(asked, start=1):
        sent_at = working_moment(day, account.country, rng)
        invitation_id = f"I{account.account_id[1:]}-{number:05d}"
        rows["survey_invitations"].append(
            {
                "invitation_id": invitation_id,
                "survey_kind": kind,
                "account_id": account.account_id,
                "user_id": user.user_id,
                "sent_at": utc_text(sent_at),
                "updated_at": utc_text(sent_at),
            }
        )
        value = account.value_on(day)
        if rng.random() < ANSWER_SHARE[0] + ANSWER_SHARE[1] * value:
            rows["survey_answers"] += _answers(
                account, user, invitation_id, kind, sent_at=sent_at, value=value, rng=rng
            )


def _answers(
    account: Account,
    user: User,
    invitation_id: str,
    kind: str,
    *,
    sent_at: datetime,
    value: float,
    rng: np.random.Generator,
) -> Iterator[Row]:
    heard = value + rng.normal(0, 0.2) - 0.08 * account.trouble
    score = (
        int(np.clip(round(2.5 + 7.5 * heard), 0, 10)) if kind == "nps" else int(np.clip(round(1.5 + 3.5 * heard), 1, 5))
    )
    answered_at = sent_at + timedelta(minutes=5 + int(rng.exponential(1500)))
    answer: Row = {
        "answer_id": f"V{invitation_id[1:]}",
        "invitation_id": invitation_id,
        "survey_kind": kind,
        "account_id": account.account_id,
        "user_id": user.user_id,
        "answer_score": score,
        "comment_text": any_of(COMMENTS, rng) if rng.random() < 0.3 else None,  # noqa: PLR2004
        "answered_at": utc_text(answered_at),
        "updated_at": utc_text(answered_at),
    }
    yield answer
    if rng.random() < CORRECTED_SHARE:
        corrected_at = answered_at + timedelta(hours=int(rng.integers(1, 40)))
        yield {**answer, "answer_score": max(1, score - 1), "updated_at": utc_text(corrected_at)}


def _hearings(account: Account, block: Block, first: date, last: date, rng: np.random.Generator) -> Iterator[Row]:
    heard: list[tuple[date, str, Owner]] = []
    for day in _days(first, last, NPS_EVERY_DAYS, int(rng.integers(10, NPS_EVERY_DAYS))):
        csms = working(block.owners, "csm", day)
        if csms and rng.random() < CSM_HEARING_SHARE[account.segment]:
            heard.append((day, "csm", any_of(csms, rng)))
    for contract in block.contracts_of[account.account_id]:
        if (contract.end_date - contract.start_date).days < LONG_CONTRACT_DAYS:
            continue
        day = contract.end_date - timedelta(days=int(rng.integers(SALES_HEARING_DAYS[0], SALES_HEARING_DAYS[1] + 1)))
        sellers = working(block.owners, "sales", day)
        if first <= day <= last and sellers:
            heard.append((day, "sales", any_of(sellers, rng)))
    for number, (day, role, owner) in enumerate(sorted(heard, key=lambda told: (told[0], told[1])), start=1):
        # Sales hear what the customer hopes; customer success what the customer does.
        satisfaction = account.value_on(day) + rng.normal(0.05 if role == "sales" else 0.0, 0.18)
        renewal = 0.6 * account.value_on(day) + 0.4 * account.fit + rng.normal(0, 0.18)
        yield {
            "hearing_id": f"H{account.account_id[1:]}-{number:03d}",
            "account_id": account.account_id,
            "owner_id": owner.owner_id,
            "hearing_role": role,
            "satisfaction_points": _points(satisfaction),
            "renewal_points": _points(renewal),
            "comment_text": any_of(COMMENTS, rng),
            "heard_date": day.isoformat(),
            "updated_at": utc_text(working_moment(day, account.country, rng)),
        }


def _points(share: float) -> int:
    return int(np.clip(round(4 * share), 0, 4))


def _assessments(account: Account, block: Block, first: date, last: date, rng: np.random.Generator) -> Iterator[Row]:
    for number, day in enumerate(_days(first, last, 182, int(rng.integers(5, 100))), start=1):
        csms = working(block.owners, "csm", day)
        if not csms or rng.random() > ASSESSED_SHARE[account.segment]:
            continue
        level = 0.5 * account.value_on(day) + 0.3 * account.fit + 0.2 * (1 - account.effort)
        strategy, organisation, people = np.clip(4 * (level + rng.normal(0, 0.12, 3)), 0, 4)
        yield {
            "assessment_id": f"S{account.account_id[1:]}-{number:03d}",
            "account_id": account.account_id,
            "owner_id": any_of(csms, rng).owner_id,
            "strategy_points": round(float(strategy), 1),
            "organisation_points": round(float(organisation), 1),
            "people_points": round(float(people), 1),
            "assessed_date": day.isoformat(),
            "updated_at": utc_text(working_moment(day, account.country, rng)),
        }


def _voices(account: Account, block: Block, live: tuple[date, date], rows: Rows, rng: np.random.Generator) -> None:
    first, last = live
    users = block.users_of[account.account_id]
    days = (last - first).days + 1
    count = rng.poisson(VOICES_A_YEAR * (len(users) / 10) ** 0.6 * (0.5 + account.value) * days / 365)
    for number, offset in enumerate(sorted(rng.integers(0, days, count)), start=1):
        day = first + timedelta(days=int(offset))
        speakers = _present(users, day)
        contacts = [contact for contact in block.contacts_of[account.account_id] if contact.user_id is not None]
        if not speakers:
            continue
        received_at = working_moment(day, account.country, rng)
        kind = of_shares(VOICE_KINDS, VOICE_SHARES, rng.random())
        by_contact = bool(contacts) and rng.random() < CONTACT_SHARE
        feature = any_of(block.features, rng)
        voice_ticket_id = f"VT{account.account_id[1:]}-{number:04d}"
        rows["voice_tickets"].append(
            {
                "voice_ticket_id": voice_ticket_id,
                "account_id": account.account_id,
                "user_id": contacts[0].user_id if by_contact else any_of(speakers, rng).user_id,
                "feature_id": feature.feature_id if rng.random() < 0.8 else None,  # noqa: PLR2004
                "voice_kind": kind,
                "speaker_role": "contact" if by_contact else "end_user",
                "voice_text": any_of(VOICES[kind], rng),
                "received_at": utc_text(received_at),
                "updated_at": utc_text(received_at + timedelta(seconds=10)),
            }
        )
        if kind in {"request", "complaint"}:
            rows["product_decisions"] += _decisions(voice_ticket_id, received_at, rng)


def _decisions(voice_ticket_id: str, received_at: datetime, rng: np.random.Generator) -> Iterator[Row]:
    """Accepted or declined within weeks, shipped months later; the customer is told of most of it."""
    if rng.random() < 0.25:  # noqa: PLR2004 - nobody decides
        return
    decision = DECISIONS[int(rng.random() < 0.6)]  # noqa: PLR2004
    moment = received_at + timedelta(days=int(rng.integers(2, 30)))
    steps = [(decision, moment)]
    if decision == "accepted" and rng.random() < 0.6:  # noqa: PLR2004
        steps.append(("shipped", moment + timedelta(days=int(rng.integers(20, 160)))))
    for number, (told, decided_at) in enumerate(steps, start=1):
        row: Row = {
            "decision_id": f"{voice_ticket_id}-D{number}",
            "voice_ticket_id": voice_ticket_id,
            "decision": told,
            "decided_date": decided_at.date().isoformat(),
            "told_customer_at": None,
            "updated_at": utc_text(decided_at),
        }
        yield row
        if rng.random() < 0.65:  # noqa: PLR2004
            told_at = decided_at + timedelta(days=int(rng.integers(1, 14)))
            yield {**row, "told_customer_at": utc_text(told_at), "updated_at": utc_text(told_at)}

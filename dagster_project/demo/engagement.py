"""Mail, programmes and help: what reaches the customers and what they make of it.

Clicking, answering and coming follow value and fit, with noise of each person; machines click too. Effects are small.
"""

from collections.abc import Iterator
from datetime import date, datetime, timedelta

import numpy as np

from dagster_project.demo.accounts import Account
from dagster_project.demo.block import Block, Rows
from dagster_project.demo.community import community_rows
from dagster_project.demo.people import User
from dagster_project.demo.programmes import ANNOUNCED_DAYS, Programme, programmes
from dagster_project.demo.window import Row, utc_text

MAIL_DAYS = 14
MAILED_SHARE = 0.6  # of an account's users
OPENED_SHARE = 0.35
CLICKED_SHARE = 0.22  # of those opened, at full value
BOT_SHARE = 0.03  # of the mails are clicked by a machine
ANSWERED_SHARE = 0.25  # of the clicks on a journey's mail
ANSWERS = ("done", "going_well", "in_trouble")
REGISTERED_SHARE = {"webinar": 0.016, "training": 0.008, "study_hall": 0.005, "event": 0.03}
ATTENDED_SHARE = 0.62
RECORDING_SHARE = 0.3  # of those who registered and did not come
RATED_SHARE = 0.35
HELP_READS_A_MONTH = 0.5  # of a user
ARTICLES = 40
LATE_SHARE = 0.01


def engagement_rows(block: Block) -> Rows:
    """Participants of programmes, every engagement, and the community's posts."""
    rng = block.generator("engagement")
    held = programmes(block.world)
    participants: list[Row] = []
    engagements: list[Row] = []
    for account, first, last in block.served:
        users = [user for user in block.users_of[account.account_id] if user.activated_at is not None]
        told = [
            *_mails(account, users, (first, last), rng),
            *_help_reads(account, users, (first, last), rng),
            *_participation(account, users, held, (first, last), participants, rng),
        ]
        engagements += _engagement_rows(account, told, rng)
    return {
        "programme_participants": participants,
        "engagements": engagements,
        **community_rows(block),
    }


# User, kind, moment, programme, content, answer, and whether a machine did it.
_Told = tuple[str, str, datetime, str | None, str | None, str | None, bool | None]


def _mails(account: Account, users: list[User], live: tuple[date, date], rng: np.random.Generator) -> Iterator[_Told]:
    """A mail a fortnight to most of the users; opens, clicks and answers follow within days."""
    first, last = live
    sent_days = np.arange(int(rng.integers(0, MAIL_DAYS)), (last - first).days + 1, MAIL_DAYS)
    mailed = [user for user in users if rng.random() < MAILED_SHARE]
    luck = rng.random((len(mailed), len(sent_days), 5))
    delay = rng.exponential(600, (len(mailed), len(sent_days), 2))
    for place, user in enumerate(mailed):
        for number, offset in enumerate(sent_days):
            sent_at = datetime.combine(first + timedelta(days=int(offset)), datetime.min.time()) + timedelta(hours=1)
            if not user.is_active_at(sent_at):
                continue
            opened, clicked, answers, which, bot = luck[place, number]
            journey = "J-newcomer" if (sent_at - account.signed_up_at).days < 2 * 91 else "J-use-more"
            content = f"mail-{int(offset) // MAIL_DAYS:03d}"
            yield user.user_id, "mail_sent", sent_at, journey, content, None, None
            if bot < BOT_SHARE:
                yield user.user_id, "mail_clicked", sent_at + timedelta(seconds=4), journey, content, None, True
            if opened > OPENED_SHARE:
                continue
            opened_at = sent_at + timedelta(minutes=3 + int(delay[place, number, 0]))
            yield user.user_id, "mail_opened", opened_at, journey, content, None, False
            value = account.value_on(sent_at.date())
            if clicked > CLICKED_SHARE * (0.3 + 0.7 * (0.6 * value + 0.4 * account.fit)) * min(2.0, user.keenness):
                continue
            clicked_at = opened_at + timedelta(minutes=1)
            yield user.user_id, "mail_clicked", clicked_at, journey, content, None, False
            if answers < ANSWERED_SHARE:
                answer = ANSWERS[0 if which < 0.5 * value else 1 if which < 0.25 + 0.65 * value else 2]
                answered_at = clicked_at + timedelta(minutes=1 + int(delay[place, number, 1]))
                yield user.user_id, "mail_answered", answered_at, journey, content, answer, False


def _help_reads(
    account: Account, users: list[User], live: tuple[date, date], rng: np.random.Generator
) -> Iterator[_Told]:
    first, last = live
    days = (last - first).days + 1
    counts = rng.poisson(HELP_READS_A_MONTH * days / 30 * (0.3 + account.effort + 0.3 * account.fit), len(users))
    for user, count in zip(users, counts, strict=True):
        minutes = rng.integers(0, days * 1440, count)
        articles = rng.integers(1, ARTICLES + 1, count)
        for minute, article in zip(minutes, articles, strict=True):
            moment = datetime.combine(first, datetime.min.time()) + timedelta(minutes=int(minute))
            if user.activated_at is not None and moment >= user.activated_at:
                yield user.user_id, "help_read", moment, None, f"article-{article:02d}", None, None


def _participation(  # noqa: PLR0917 - the rows found are added to `participants`
    account: Account,
    users: list[User],
    held: list[Programme],
    live: tuple[date, date],
    participants: list[Row],
    rng: np.random.Generator,
) -> Iterator[_Told]:
    first, last = live
    keen = np.array([min(2.5, user.keenness) for user in users])
    for programme in held:
        if programme.held_at is None or not first <= programme.held_at.date() <= last:
            continue
        value = account.value_on(programme.held_at.date())
        share = REGISTERED_SHARE[programme.programme_kind] * (0.4 + 0.7 * value + 0.5 * account.fit)
        for place in np.flatnonzero(rng.random(len(users)) < share * keen):
            user = users[int(place)]
            lead = timedelta(minutes=int(rng.integers(60, (ANNOUNCED_DAYS - 1) * 1440)))
            if user.activated_at is not None and user.activated_at < programme.held_at - lead:
                yield from _one_participation(account, user, programme, lead, participants, rng)


def _one_participation(  # noqa: PLR0917 - the rows found are added to `participants`
    account: Account,
    user: User,
    programme: Programme,
    lead: timedelta,
    participants: list[Row],
    rng: np.random.Generator,
) -> Iterator[_Told]:
    held_at = programme.held_at or datetime.max
    registered_at = held_at - lead
    value = account.value_on(held_at.date())
    came = bool(rng.random() < ATTENDED_SHARE * (0.8 + 0.3 * value))
    row: Row = {
        "participant_id": f"{programme.programme_id}/{user.user_id}",
        "programme_id": programme.programme_id,
        "account_id": account.account_id,
        "user_id": user.user_id,
        "is_attended": None,
        "watched_recording_at": None,
        "satisfaction_points": None,
        "registered_at": utc_text(registered_at),
        "updated_at": utc_text(registered_at),
    }
    participants.append(row)
    yield user.user_id, "event_registered", registered_at, programme.programme_id, None, None, None
    after = held_at + timedelta(hours=2)
    row = {**row, "is_attended": came, "updated_at": utc_text(after)}
    participants.append(row)
    if came:
        kind = "training_completed" if programme.programme_kind == "training" else "event_attended"
        yield user.user_id, kind, after, programme.programme_id, None, None, None
        if rng.random() < RATED_SHARE:
            points = int(np.clip(round(2.4 + 2.6 * value + float(rng.normal(0, 0.6))), 1, 5))
            participants.append(
                {**row, "satisfaction_points": points, "updated_at": utc_text(after + timedelta(hours=20))}
            )
    elif rng.random() < RECORDING_SHARE:
        watched_at = after + timedelta(minutes=int(rng.integers(1440, 20_000)))
        participants.append({**row, "watched_recording_at": utc_text(watched_at), "updated_at": utc_text(watched_at)})
        yield user.user_id, "recording_viewed", watched_at, programme.programme_id, None, None, None


def _engagement_rows(account: Account, told: list[_Told], rng: np.random.Generator) -> Iterator[Row]:
    """One row per engagement; one in a hundred becomes known one to three days late."""
    told.sort(key=lambda one: (one[2], one[0], one[1]))
    late = np.where(rng.random(len(told)) < LATE_SHARE, rng.integers(86_400, 259_200, len(told)), 0)
    delay = late + rng.integers(1, 30, len(told))
    for number, (user_id, kind, moment, programme_id, content_id, answer, is_bot) in enumerate(told):
        yield {
            "engagement_id": f"EN{account.account_id[1:]}-{number:06d}",
            "account_id": account.account_id,
            "user_id": user_id,
            "programme_id": programme_id,
            "content_id": content_id,
            "engagement_kind": kind,
            "answer": answer,
            "is_bot": is_bot,
            "engaged_at": utc_text(moment),
            "updated_at": utc_text(moment + timedelta(seconds=int(delay[number]))),
        }

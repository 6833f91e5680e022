"""The user community: questions, answers by customers, partners and our people, and what is shared."""

from collections.abc import Iterator
from datetime import datetime, timedelta

import numpy as np

from dagster_project.demo.block import Block, Rows, Served
from dagster_project.demo.people import User
from dagster_project.demo.programmes import SUBGROUPS, founded_on
from dagster_project.demo.window import Row, any_of, of_shares, utc_text, working_moment

THREADS_A_YEAR = 12.0  # of an account of full value and fit
SHARE_OF_SHARES = 0.25
ANSWERED_BY = ("customer", "partner", "staff")
ANSWERED_SHARES = (0.55, 0.15, 0.3)
DELETED_SHARE = 0.01
IN_SUBGROUP_SHARE = 0.4
TEXTS = {
    "question": ("この画面の項目は増やせますか", "承認の流れはどう作っていますか", "How do you report on churn?"),
    "answer": ("設定から増やせます", "うちではこうしています 👍", "We export it every week.", "ヘルプの12番が近いです"),
    "share": ("週次会議の型を公開します", "ダッシュボードを作りました 🎉", "Our onboarding checklist"),
}


def community_rows(block: Block) -> Rows:
    """Posts; an answer's thread is the post that it answers."""
    rng = block.generator("community")
    answerers = [user for user in block.users if user.activated_at is not None and user.keenness > 1]
    return {"community_posts": [row for served in block.served for row in _threads(served, block, answerers, rng)]}


def _threads(served: Served, block: Block, answerers: list[User], rng: np.random.Generator) -> Iterator[Row]:
    account, first, last = served
    users = [user for user in block.users_of[account.account_id] if user.activated_at is not None]
    if not users:
        return
    days = (last - first).days + 1
    count = rng.poisson(THREADS_A_YEAR * days / 365 * (0.2 + 0.8 * account.value) * (0.3 + 0.7 * account.fit))
    for number, offset in enumerate(sorted(rng.integers(0, days, count)), start=1):
        day = first + timedelta(days=int(offset))
        posted_at = working_moment(day, account.country, rng)
        author = any_of(users, rng)
        if author.activated_at is None or author.activated_at > posted_at:
            continue
        founded = [group for group, _, _, share in SUBGROUPS if founded_on(block.world, share) <= day]
        subgroup = any_of(founded, rng) if founded and rng.random() < IN_SUBGROUP_SHARE else None
        kind = "share" if rng.random() < SHARE_OF_SHARES else "question"
        post_id = f"CP{account.account_id[1:]}-{number:03d}"
        opening = _post(post_id, subgroup, author, None, kind, posted_at, rng)
        yield opening
        if rng.random() < DELETED_SHARE:
            yield {**opening, "is_deleted": True, "updated_at": utc_text(posted_at + timedelta(days=2))}
            continue
        yield from _answers(post_id, subgroup, posted_at, answerers, rng)


def _answers(
    post_id: str, subgroup: str | None, posted_at: datetime, answerers: list[User], rng: np.random.Generator
) -> Iterator[Row]:
    moment = posted_at
    for number in range(int(rng.poisson(1.4))):
        moment += timedelta(minutes=10 + int(rng.exponential(900)))
        kind = of_shares(ANSWERED_BY, ANSWERED_SHARES, rng.random())
        author = any_of(answerers, rng) if answerers and kind == "customer" else None
        if author is not None and (author.activated_at is None or author.activated_at > moment):
            continue
        answer = _post(f"{post_id}-A{number + 1}", subgroup, author, post_id, "answer", moment, rng)
        yield {**answer, "author_kind": kind}


def _post(  # noqa: PLR0917 - the columns of a post, in their order
    post_id: str,
    subgroup: str | None,
    author: User | None,
    thread_id: str | None,
    kind: str,
    posted_at: datetime,
    rng: np.random.Generator,
) -> Row:
    return {
        "post_id": post_id,
        "subgroup_id": subgroup,
        "account_id": None if author is None else author.account_id,
        "user_id": None if author is None else author.user_id,
        "thread_id": thread_id,
        "post_kind": kind,
        "author_kind": "customer",
        "post_text": any_of(TEXTS[kind], rng),
        "is_deleted": False,
        "posted_at": utc_text(posted_at),
        "updated_at": utc_text(posted_at + timedelta(seconds=1)),
    }

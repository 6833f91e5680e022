"""Mail, programmes and the community: a click follows a mail, and engagement follows value and fit."""

from collections import Counter, defaultdict

import numpy as np

from dagster_project.demo.block import Block, Rows


def test_nobody_clicks_a_mail_that_was_not_sent(drawn_rows: Rows) -> None:
    sent: dict[tuple[object, object], str] = {}
    for row in drawn_rows["engagements"]:
        if row["engagement_kind"] == "mail_sent":
            sent[row["user_id"], row["content_id"]] = str(row["engaged_at"])
    kinds = Counter(row["engagement_kind"] for row in drawn_rows["engagements"])
    assert kinds["mail_sent"] > kinds["mail_opened"] > kinds["mail_clicked"] > kinds["mail_answered"] > 0
    for row in drawn_rows["engagements"]:
        if row["engagement_kind"] in {"mail_opened", "mail_clicked", "mail_answered"}:
            assert str(row["engaged_at"]) > sent[row["user_id"], row["content_id"]]


def test_machines_click_at_once(drawn_rows: Rows) -> None:
    bots = [row for row in drawn_rows["engagements"] if row["is_bot"]]
    sent = sum(row["engagement_kind"] == "mail_sent" for row in drawn_rows["engagements"])
    assert {row["engagement_kind"] for row in bots} == {"mail_clicked"}
    assert 0.025 < len(bots) / sent < 0.035


def test_registering_follows_value_and_fit(block: Block, drawn_rows: Rows) -> None:
    registered = Counter(row["account_id"] for row in drawn_rows["engagements"] if row["programme_id"])
    served = [account for account in block.accounts if len(block.users_of[account.account_id]) > 5]
    pull = np.array([account.value + account.fit for account in served])
    per_user = np.array(
        [registered[account.account_id] / len(block.users_of[account.account_id]) for account in served]
    )
    assert np.mean(per_user[pull > np.median(pull)]) > 1.1 * np.mean(per_user[pull <= np.median(pull)])


def test_who_came_did_not_need_the_recording(drawn_rows: Rows) -> None:
    last = {row["participant_id"]: row for row in drawn_rows["programme_participants"]}
    watched = [row for row in last.values() if row["watched_recording_at"]]
    assert watched
    assert not any(row["is_attended"] for row in watched)
    assert all(row["is_attended"] for row in last.values() if row["satisfaction_points"])


def test_answers_of_the_community_stand_in_their_thread(drawn_rows: Rows) -> None:
    posts = {row["post_id"]: row for row in drawn_rows["community_posts"]}
    authors: dict[object, int] = defaultdict(int)
    for row in posts.values():
        if row["post_kind"] == "answer":
            assert str(row["posted_at"]) > str(posts[row["thread_id"]]["posted_at"])
            authors[row["author_kind"]] += 1
        else:
            assert row["thread_id"] is None
    assert set(authors) == {"customer", "partner", "staff"}

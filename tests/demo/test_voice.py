"""What customers say follows the hidden value, with noise."""

from collections import defaultdict

import numpy as np

from dagster_project.demo.block import Block, Rows
from dagster_project.demo.window import Row


def _mean_by_account(rows: list[Row], column: str) -> dict[str, float]:
    told: dict[str, list[float]] = defaultdict(list)
    for row in rows:
        told[str(row["account_id"])].append(float(str(row[column])))
    return {account_id: float(np.mean(values)) for account_id, values in told.items()}


def _correlation(block: Block, told: dict[str, float]) -> float:
    accounts = [account for account in block.accounts if account.account_id in told]
    pairs = np.corrcoef([account.value for account in accounts], [told[account.account_id] for account in accounts])
    return float(pairs[0, 1])


def test_answers_and_hearings_follow_the_value_but_not_exactly(block: Block, drawn_rows: Rows) -> None:
    nps = [row for row in drawn_rows["survey_answers"] if row["survey_kind"] == "nps"]
    hearings = drawn_rows["hearings"]
    for told in (_mean_by_account(nps, "answer_score"), _mean_by_account(hearings, "renewal_points")):
        assert 0.4 < _correlation(block, told) < 0.95


def test_an_answer_comes_after_its_invitation_and_only_some_answer(drawn_rows: Rows) -> None:
    sent = {row["invitation_id"]: str(row["sent_at"]) for row in drawn_rows["survey_invitations"]}
    answers = {row["invitation_id"]: row for row in drawn_rows["survey_answers"]}
    assert all(str(row["answered_at"]) > sent[invitation] for invitation, row in answers.items())
    assert 0.2 < len(answers) / len(sent) < 0.6


def test_each_kind_of_survey_keeps_to_its_scale(drawn_rows: Rows) -> None:
    scores: dict[object, set[int]] = defaultdict(set)
    for row in drawn_rows["survey_answers"]:
        scores[row["survey_kind"]].add(int(str(row["answer_score"])))
    assert scores["nps"] <= set(range(11))
    assert min(scores["nps"]) <= 3
    assert max(scores["nps"]) == 10
    assert scores["event"] | scores["onboarding"] <= set(range(1, 6))


def test_only_what_was_accepted_is_shipped(drawn_rows: Rows) -> None:
    decisions = defaultdict(list)
    for row in sorted(drawn_rows["product_decisions"], key=lambda row: str(row["updated_at"])):
        decisions[row["voice_ticket_id"]].append(row["decision"])
    told = {tuple(dict.fromkeys(steps)) for steps in decisions.values()}
    assert told == {("accepted",), ("declined",), ("accepted", "shipped")}

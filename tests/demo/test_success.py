"""Plans, obstacles and tasks: whole, in order, and more of them where attention or trouble is."""

from collections import Counter, defaultdict

import numpy as np

from dagster_project.demo.block import Block, Rows


def test_plans_form_trees_of_one_year_goal(drawn_rows: Rows) -> None:
    level = {row["plan_item_id"]: row["item_level"] for row in drawn_rows["success_plans"]}
    parents = {(row["item_level"], level.get(row["parent_item_id"])) for row in drawn_rows["success_plans"]}
    assert parents == {("year_goal", None), ("initiative", "year_goal"), ("daily_task", "initiative")}


def test_progress_grows_and_a_goal_is_reached_once(drawn_rows: Rows) -> None:
    progress, reached = defaultdict(list), defaultdict(set)
    for row in drawn_rows["success_plans"]:
        progress[row["plan_item_id"]].append(float(str(row["actual_value"] or 0)))
        reached[row["plan_item_id"]].add(row["reached_date"])
    assert all(values == sorted(values) for values in progress.values())
    assert all(len(days - {None}) <= 1 for days in reached.values())
    assert 0.2 < np.mean([bool(days - {None}) for days in reached.values()]) < 0.9


def test_tasks_follow_attention_and_obstacles_follow_effort_and_trouble(block: Block, drawn_rows: Rows) -> None:
    tasks = Counter(row["account_id"] for row in drawn_rows["tasks"] if row["done_date"])
    obstacles = Counter(row["account_id"] for row in drawn_rows["account_obstacles"] if not row["closed_date"])
    years = {}
    for account in block.accounts:
        first, last = block.live_span(account)
        if (last - first).days > 200 and not (account.is_test or account.is_internal):
            years[account.account_id] = ((last - first).days + 1) / 365
    served = [account for account in block.accounts if account.account_id in years]
    for counts, cause in (
        (tasks, [account.attention for account in served]),
        (obstacles, [account.effort + account.trouble for account in served]),
    ):
        a_year = [counts[account.account_id] / years[account.account_id] for account in served]
        assert np.corrcoef(cause, a_year)[0, 1] > 0.2


def test_what_closes_or_is_done_does_so_after_it_began(drawn_rows: Rows) -> None:
    for entity, begun, ended in (
        ("account_obstacles", "opened_date", "closed_date"),
        ("sales_requests", "requested_date", "closed_date"),
        ("score_overrides", "start_date", "end_date"),
    ):
        told = [(str(row[begun]), str(row[ended])) for row in drawn_rows[entity] if row[ended]]
        assert told
        assert all(first < last for first, last in told), entity

"""The few broken rows that a real export carries; the counts are exact."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

import numpy as np

from dagster_project.demo.contracts import Contract, contract_rows
from dagster_project.demo.people import DEPARTMENTS, User
from dagster_project.demo.window import Row, Window, chosen, working_moment

USERS_WITHOUT_ACCOUNT = 2
CONTRACTS_WITH_IMPOSSIBLE_DATE = 1
IMPOSSIBLE_CONTRACT_ID = "C9999-01"


def users_without_account(users: Sequence[User], window: Window, rng: np.random.Generator) -> list[User]:
    """Users who belong to nobody and never log in, numbered after the others."""
    return [
        User(
            user_id=f"U{len(users) + number:06d}",
            account_id="",
            department=chosen(DEPARTMENTS, rng),
            is_administrator=False,
            created_at=working_moment(
                window.first_day + timedelta(days=int(rng.integers(window.day_count // 2))), "JP", rng
            ),
            activated_at=None,
            deactivated_at=None,
            keenness=0.0,
        )
        for number in range(1, USERS_WITHOUT_ACCOUNT + 1)
    ]


def impossible_contract_row(contracts: Sequence[Contract], window: Window, rng: np.random.Generator) -> Row:
    """A contract that no other row mentions, whose start date is 31 February."""
    signed_at = working_moment(window.first_day + timedelta(days=int(rng.integers(window.day_count // 2))), "JP", rng)
    model = replace(contracts[0], contract_id=IMPOSSIBLE_CONTRACT_ID, known_at=signed_at, cut_to=None)
    return {**contract_rows([model])[0], "start_date": f"31/02/{window.last_day.year}"}

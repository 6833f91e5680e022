"""One drawn world for the tests of its parts."""

from datetime import date

import pytest

from dagster_project.demo.block import Block, Rows, World
from dagster_project.demo.company import block_rows, draw_block, world_rows


@pytest.fixture(scope="session")
def default_world() -> World:
    return World(240, 540, date(2026, 6, 30), 7)


@pytest.fixture(scope="session")
def block(default_world: World) -> Block:
    return draw_block(default_world, 0)


@pytest.fixture(scope="session")
def drawn_rows(default_world: World, block: Block) -> Rows:
    """Every row of the block and of the world, under our own ids and before the dirt."""
    return {**world_rows(default_world), **block_rows(block)}

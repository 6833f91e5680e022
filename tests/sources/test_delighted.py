import base64
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from dagster_project.sources.landing import SourceError
from tests.sources.vendor_server import Asked, Pulled, Row, pull, serving, source_of

KEY = "right"
DAY = 86_400
FIRST_DAY = 1_772_323_200  # 2026-03-01T00:00:00Z


class Delighted:
    """A project with its responses, oldest first."""

    def __init__(self) -> None:
        self.responses: list[Row] = []
        self.people: dict[str, Row] = {}
        self.asked = Asked()
        self.base_url = ""

    def app(self) -> Starlette:
        return Starlette(routes=[self.asked.route("/v1/survey_responses.json", self._answer)])

    def _answer(self, request: Request) -> Any:
        told = base64.b64encode(f"{KEY}:".encode()).decode()
        if request.headers.get("Authorization") != f"Basic {told}":
            return JSONResponse({"status": 401, "message": "Invalid API key"}, 401)
        query = request.query_params
        since, size, page = int(query.get("updated_since", 0)), int(query["per_page"]), int(query["page"])
        rows = [row for row in self.responses if (row["updated_at"] or row["created_at"]) >= since]
        if query.get("expand") == "person":
            rows = [{**row, "person": self.people[row["person"]]} for row in rows]
        return rows[(page - 1) * size : page * size]

    def respond(self, number: int, person: str = "p1", **told: Any) -> None:
        self.people.setdefault(person, self.person(person))
        self.responses.append(
            {
                "id": f"r{number}",
                "person": person,
                "survey_type": "nps",
                "score": 9,
                "comment": None,
                "permalink": f"https://delighted.example/r/{number}",
                "created_at": FIRST_DAY + number * DAY,
                "updated_at": None,
                "person_properties": {"plan": "pro"},
                "notes": [],
                "tags": [],
                **told,
            }
        )

    def person(self, person_id: str, **told: Any) -> Row:
        sent = {"last_sent_at": FIRST_DAY, "last_responded_at": FIRST_DAY, "next_survey_scheduled_at": None}
        shown = {"name": f"Name of {person_id}", "email": f"{person_id}@customer.example", "phone_number": None}
        return {"id": person_id, "created_at": FIRST_DAY - DAY, **shown, **sent, **told}

    def pull(self, folder: Path, entity: str = "survey_answers", key: str = KEY, **told: Any) -> Pulled:
        options = {name: told.pop(name) for name in ("page_size", "tables", "longest_wait_seconds") if name in told}
        source = source_of("delighted", entity, base_url=self.base_url, **options)
        return pull(folder, source, self.base_url, {"api_key": key}, **told)


@pytest.fixture
def delighted() -> Iterator[Delighted]:
    found = Delighted()
    with serving(found.app()) as found.base_url:
        yield found


def test_answers_carry_kind_score_comment_person_and_time(delighted: Delighted, tmp_path: Path) -> None:
    delighted.respond(0, comment="Fine.", score=10)
    delighted.respond(1, "p2", survey_type="csat", score=4)
    found = delighted.pull(tmp_path)
    columns = ("answer_id", "survey_kind", "user_id", "answer_score", "comment_text", "answered_at")
    assert found.values(*columns) == [
        ("r0", "nps", "p1", 10, "Fine.", datetime(2026, 3, 1)),
        ("r1", "csat", "p2", 4, None, datetime(2026, 3, 2)),
    ]
    assert delighted.asked.queries[0] == {"expand": "person", "per_page": "100", "page": "1"}
    assert '"plan":"pro"' in found.rows[0]["_extra"]
    assert "customer.example" not in found.rows[0]["_extra"]


@pytest.mark.parametrize(("count", "pages"), [(0, 1), (3, 3), (4, 3), (5, 4)])
def test_the_end_is_an_empty_page(delighted: Delighted, tmp_path: Path, count: int, pages: int) -> None:
    for number in range(count):
        delighted.respond(number)
    found = delighted.pull(tmp_path, page_size=2)
    assert len(found.rows) == count
    assert [query["page"] for query in delighted.asked.queries] == [str(n + 1) for n in range(pages)]


def test_no_more_than_a_hundred_are_asked_for_at_once(delighted: Delighted, tmp_path: Path) -> None:
    delighted.pull(tmp_path, page_size=500)
    assert delighted.asked.queries[0]["per_page"] == "100"


def test_a_second_pull_reads_what_changed_since(delighted: Delighted, tmp_path: Path) -> None:
    delighted.respond(0)
    delighted.respond(3)
    first = delighted.pull(tmp_path)
    delighted.responses[0] |= {"comment": "More.", "updated_at": FIRST_DAY + 5 * DAY}
    delighted.respond(4)
    second = delighted.pull(tmp_path, state=first.state, known={"r0", "r3"})
    assert delighted.asked.queries[-1]["updated_since"] == str(FIRST_DAY + 3 * DAY - 600)
    assert second.values("answer_id", "comment_text") == [("r0", "More."), ("r3", None), ("r4", None)]


def test_a_response_that_was_changed_before_the_first_pull_is_marked_as_reconstructed(
    delighted: Delighted, tmp_path: Path
) -> None:
    delighted.respond(0, updated_at=FIRST_DAY + DAY)
    delighted.respond(1)
    found = delighted.pull(tmp_path)
    assert found.values("answer_id", "_source_is_reconstructed") == [("r0", True), ("r1", False)]


def test_people_are_those_who_responded(delighted: Delighted, tmp_path: Path) -> None:
    delighted.respond(0, "p1")
    delighted.respond(1, "p2")
    delighted.respond(2, "p1")
    delighted.people["p2"] = delighted.person("p2", name=None)
    found = delighted.pull(tmp_path, "people")
    assert found.values("person_id", "person_name", "email") == [
        ("p1", "Name of p1", "p1@customer.example"),
        ("p2", None, "p2@customer.example"),
        ("p1", "Name of p1", "p1@customer.example"),
    ]
    assert found.rows[0]["_row_hash"] == found.rows[2]["_row_hash"]
    assert found.rows[0]["_extra"] is None


def test_a_survey_that_was_sent_is_no_new_state_of_the_person(delighted: Delighted, tmp_path: Path) -> None:
    delighted.respond(0)
    first = delighted.pull(tmp_path, "people")
    delighted.people["p1"] = delighted.person("p1", last_sent_at=FIRST_DAY + 9 * DAY)
    second = delighted.pull(tmp_path, "people", state=first.state, known={"p1"})
    assert first.rows[0]["_row_hash"] == second.rows[0]["_row_hash"]


@pytest.mark.parametrize(("entity", "left"), [("survey_answers", "r0"), ("people", "p1")])
def test_what_was_deleted_is_found_by_its_key_after_a_week(
    delighted: Delighted, tmp_path: Path, entity: str, left: str
) -> None:
    delighted.respond(0, "p1")
    delighted.respond(1, "p2")
    first = delighted.pull(tmp_path, entity)
    delighted.responses = delighted.responses[1:]
    delighted.respond(9, "p2")
    known = {row["_record_key"].removeprefix("vendor:") for row in first.rows}
    second = delighted.pull(tmp_path, entity, state=first.state, known=known)
    third = delighted.pull(tmp_path, entity, state=second.state, known=known | {"r9"} if left == "r0" else known)
    assert (second.removed, third.removed) == ([], [left])


def test_kinds_of_survey_with_other_scales_are_rejected_unless_they_are_left_out(
    delighted: Delighted, tmp_path: Path
) -> None:
    delighted.respond(0)
    delighted.respond(1, survey_type="ces", score=3)
    delighted.respond(2, created_at="long ago", updated_at=FIRST_DAY)
    delighted.respond(3, score="nine")
    found = delighted.pull(tmp_path / "a")
    assert found.values("answer_id") == [("r0",)]
    assert [(row["reason"], row["column_name"]) for row in found.rejected] == [
        ("unknown_value", "survey_kind"),
        ("wrong_type", "answered_at"),
        ("wrong_type", "answer_score"),
    ]
    rule = {"column": "survey_type", "none_of": ["ces"]}
    kept = delighted.pull(tmp_path / "b", tables={"survey_answers": {"keep": [rule]}})
    assert kept.batch is not None
    assert (kept.batch.rows_filtered, kept.batch.rows_rejected) == (1, 2)


def test_a_rate_limit_is_waited_for(delighted: Delighted, tmp_path: Path) -> None:
    delighted.respond(0)
    delighted.asked.faults = [JSONResponse({"status": 429}, 429, {"Retry-After": "0"})] * 2
    assert delighted.pull(tmp_path).values("answer_id") == [("r0",)]


def test_a_wait_that_is_too_long_is_told(delighted: Delighted, tmp_path: Path) -> None:
    delighted.asked.faults = [JSONResponse({"status": 429}, 429, {"Retry-After": "900"})]
    with pytest.raises(SourceError, match="asks to wait 900 s, and longest_wait_seconds is 600: run again later"):
        delighted.pull(tmp_path)


def test_a_wrong_key_is_told_and_not_shown(delighted: Delighted, tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=r"401.*credentials are right") as error:
        delighted.pull(tmp_path, key="wrongkey")
    assert "wrongkey" not in str(error.value)


def test_an_answer_that_is_no_array_is_no_empty_page(delighted: Delighted, tmp_path: Path) -> None:
    delighted.asked.faults = [Response('{"responses": []}', media_type="application/json")]
    with pytest.raises(SourceError, match="is no array"):
        delighted.pull(tmp_path)

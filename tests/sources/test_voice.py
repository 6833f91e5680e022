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

TOKEN, WRONG_TOKEN = "right", "wrong"
AT_ONCE = 2


class Product:
    """The company's own product, two tickets a page."""

    def __init__(self) -> None:
        self.tickets: list[Row] = []
        self.asked = Asked()
        self.base_url = ""

    def app(self) -> Starlette:
        return Starlette(routes=[self.asked.route("/voice_tickets", self._answer)])

    def _answer(self, request: Request) -> Any:
        if request.headers.get("Authorization") != f"Bearer {TOKEN}":
            return JSONResponse({"error": "invalid_token"}, 401)
        since = request.query_params.get("updated_since", "")
        rows = [row for row in self.tickets if (row.get("updated_at") or row["received_at"]) >= since]
        start = int(request.query_params.get("cursor", 0))
        more = str(start + AT_ONCE) if start + AT_ONCE < len(rows) else None
        return {"voice_tickets": rows[start : start + AT_ONCE], "next_cursor": more}

    def pull(self, folder: Path, token: str = TOKEN, **told: Any) -> Pulled:
        source = source_of("voice", "voice_tickets", base_url=self.base_url)
        return pull(folder, source, self.base_url, {"token": token}, **told)


def ticket(number: int, **told: Any) -> Row:
    return {
        "voice_ticket_id": f"v{number}",
        "account_id": "a1",
        "user_id": None,
        "feature_id": None,
        "voice_kind": "request",
        "speaker_role": "end_user",
        "voice_text": f"text {number}",
        "received_at": f"2026-03-0{number}T09:00:00Z",
        "updated_at": f"2026-03-0{number}T09:00:00Z",
        **told,
    }


@pytest.fixture
def product() -> Iterator[Product]:
    found = Product()
    with serving(found.app()) as found.base_url:
        yield found


def test_every_page_is_read_in_the_columns_of_the_contract(product: Product, tmp_path: Path) -> None:
    product.tickets = [ticket(1, user_id="u1", feature_id="f1", locale="ja"), *map(ticket, range(2, 6))]
    found = product.pull(tmp_path)
    assert len(product.asked.queries) == 3
    assert "updated_since" not in product.asked.queries[0]
    assert found.values("voice_ticket_id", "voice_text")[4] == ("v5", "text 5")
    first = found.rows[0]
    assert (first["_record_key"], first["user_id"], first["feature_id"]) == ("vendor:v1", "u1", "f1")
    assert first["received_at"] == datetime(2026, 3, 1, 9)
    assert first["_extra"] == '{"locale":"ja"}'


def test_a_second_pull_asks_for_what_changed_and_takes_back_what_was_deleted(product: Product, tmp_path: Path) -> None:
    product.tickets = [ticket(1), ticket(2), ticket(3)]
    first = product.pull(tmp_path)
    product.tickets[0] |= {"voice_kind": "complaint", "updated_at": "2026-03-05T12:00:00Z"}
    product.tickets[1] |= {"updated_at": "2026-03-05T13:00:00Z", "deleted_at": "2026-03-05T13:00:00+00:00"}
    second = product.pull(tmp_path, state=first.state, known={"v1", "v2", "v3"})
    assert {query["updated_since"] for query in product.asked.queries[2:]} == {"2026-03-03T08:50:00Z"}
    assert second.values("voice_ticket_id", "voice_kind") == [("v1", "complaint"), ("v3", "request")]
    assert second.removed == ["v2"]


def test_nothing_new_is_no_batch(product: Product, tmp_path: Path) -> None:
    product.tickets = [ticket(1)]
    first = product.pull(tmp_path)
    product.tickets = []
    assert product.pull(tmp_path, state=first.state, known={"v1"}).batch is None


def test_keys_that_the_product_no_longer_has_are_removed_after_a_week(product: Product, tmp_path: Path) -> None:
    product.tickets = [ticket(1), ticket(2)]
    first = product.pull(tmp_path)
    product.tickets = [ticket(1), ticket(9)]
    second = product.pull(tmp_path, state=first.state, known={"v1", "v2"})
    assert second.removed == []
    third = product.pull(tmp_path, state=second.state, known={"v1", "v2", "v9"})
    assert third.removed == ["v2"]


def test_the_time_of_receipt_stands_for_an_absent_time_of_change(product: Product, tmp_path: Path) -> None:
    product.tickets = [ticket(1, updated_at=None)]
    first = product.pull(tmp_path)
    product.pull(tmp_path, state=first.state)
    assert product.asked.queries[-1] == {"updated_since": "2026-03-01T08:50:00Z"}


def test_a_bad_ticket_is_rejected_beside_good_ones(product: Product, tmp_path: Path) -> None:
    bad = [ticket(2, voice_kind="shout"), ticket(3, received_at="soon"), ticket(4, account_id=None)]
    product.tickets = [ticket(1), *bad]
    found = product.pull(tmp_path)
    assert found.values("voice_ticket_id") == [("v1",)]
    reasons = [(row["reason"], row["column_name"]) for row in found.rejected]
    assert reasons == [
        ("unknown_value", "voice_kind"),
        ("wrong_type", "received_at"),
        ("missing_value", "account_id"),
    ]


def test_what_passes_is_waited_for(product: Product, tmp_path: Path) -> None:
    product.tickets = [ticket(1)]
    product.asked.faults = [Response("", 429, {"Retry-After": "0"}), Response("later", 503)]
    assert product.pull(tmp_path).values("voice_ticket_id") == [("v1",)]
    assert len(product.asked.paths) == 3


def test_a_wrong_token_is_told_with_the_remedy(product: Product, tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=r"(?s)vendor\.voice_tickets: GET .*401.*credentials are right"):
        product.pull(tmp_path, token=WRONG_TOKEN)
    assert len(product.asked.paths) == 1


@pytest.mark.parametrize("answer", [{"items": []}, []])
def test_an_answer_of_another_form_is_no_empty_one(product: Product, tmp_path: Path, answer: Any) -> None:
    product.asked.faults = [JSONResponse(answer)]
    with pytest.raises(SourceError, match="has no list voice_tickets"):
        product.pull(tmp_path)


def test_a_cursor_that_leads_back_is_no_endless_pull(product: Product, tmp_path: Path) -> None:
    product.asked.faults = [JSONResponse({"voice_tickets": [ticket(1)], "next_cursor": "0"})] * 2
    with pytest.raises(SourceError, match="gives a page again"):
        product.pull(tmp_path)


def test_a_column_that_vanished_is_told(product: Product, tmp_path: Path) -> None:
    product.tickets = [{name: value for name, value in ticket(1).items() if name != "feature_id"}]
    with pytest.raises(SourceError, match="has no field feature_id any more"):
        product.pull(tmp_path)

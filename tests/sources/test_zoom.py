import base64
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse

from dagster_project.sources.landing import SourceError
from dagster_project.sources.zoom import encoded, log_in_base
from tests.sources.vendor_server import Asked, Pulled, Row, pull, serving, source_of

CREDENTIALS = {"account_id": "acc", "client_id": "app", "client_secret": "right"}
HOST_USER = "host@vendor.example"
HELD, AHEAD = "2026-03-10T05:00:00Z", "2099-01-01T05:00:00Z"


class Zoom:
    """An account with one host; webinars by id, and what is listed of them."""

    def __init__(self) -> None:
        self.webinars: dict[str, Row] = {}
        self.expired: set[str] = set()
        self.registrants: dict[str, list[Row]] = {}
        self.instances: dict[str, dict[str, list[Row]]] = {}
        self.asked = Asked()
        self.base_url = ""
        self.tokens = 0

    def app(self) -> Starlette:
        routes = [
            ("/v2/users/{user}/webinars", self._listed),
            ("/v2/webinars/{webinar}", self._webinar),
            ("/v2/webinars/{webinar}/registrants", self._registrants),
            ("/v2/past_webinars/{webinar}/instances", self._instances),
            ("/v2/report/webinars/{webinar}/participants", self._participants),
        ]
        asked = [self.asked.route(path, self._checked(answer)) for path, answer in routes]
        return Starlette(routes=[Asked().route("/oauth/token", self._token, ["POST"]), *asked])

    def _token(self, request: Request) -> Any:
        query = request.query_params
        told = base64.b64encode(b"app:right").decode()
        if request.headers.get("Authorization") != f"Basic {told}" or query.get("account_id") != "acc":
            return JSONResponse({"reason": "Invalid client_id or client_secret", "error": "invalid_client"}, 400)
        assert query["grant_type"] == "account_credentials"
        self.tokens += 1
        return {"access_token": f"token{self.tokens}", "token_type": "bearer", "expires_in": 3599}

    def _checked(self, answer: Any) -> Any:
        def checked(request: Request) -> Any:
            if request.headers.get("Authorization") != f"Bearer token{self.tokens}":
                return JSONResponse({"code": 124, "message": "Invalid access token."}, 401)
            return answer(request, request.path_params)

        return checked

    def _paged(self, request: Request, name: str, rows: list[Row]) -> Row:
        size, start = int(request.query_params["page_size"]), int(request.query_params.get("next_page_token") or 0)
        more = str(start + size) if start + size < len(rows) else ""
        return {"page_size": size, "next_page_token": more, name: rows[start : start + size]}

    def _listed(self, request: Request, told: Row) -> Any:
        assert told["user"] == HOST_USER
        rows = [row for webinar_id, row in self.webinars.items() if webinar_id not in self.expired]
        return self._paged(request, "webinars", [{"id": row["id"], "topic": row["topic"]} for row in rows])

    def _webinar(self, _: Request, told: Row) -> Any:
        if told["webinar"] not in self.webinars:
            return JSONResponse({"code": 3001, "message": "Webinar does not exist."}, 404)
        return self.webinars[told["webinar"]]

    def _registrants(self, request: Request, told: Row) -> Any:
        if self.webinars[told["webinar"]]["settings"]["approval_type"] == 2:
            return JSONResponse({"code": 300, "message": "Registration is not enabled."}, 400)
        return self._paged(request, "registrants", self.registrants.get(told["webinar"], []))

    def _instances(self, _: Request, told: Row) -> Any:
        found = self.instances.get(told["webinar"], {})
        return {"webinars": [{"uuid": uuid, "start_time": HELD} for uuid in found]}

    def _participants(self, request: Request, told: Row) -> Any:
        reports = {uuid: rows for found in self.instances.values() for uuid, rows in found.items()}
        # The server decoded the path once; what was encoded twice is still encoded.
        if unquote(told["webinar"]) in self.expired:
            return JSONResponse({"code": 12702, "message": "Can not access a webinar a year ago."}, 400)
        return self._paged(request, "participants", reports[unquote(told["webinar"])])

    def hold(self, webinar_id: int, **told: Any) -> None:
        self.webinars[str(webinar_id)] = {
            "id": webinar_id,
            "uuid": f"uuid{webinar_id}==",
            "topic": f"Topic {webinar_id}",
            "type": 5,
            "start_time": HELD,
            "duration": 60,
            "timezone": "Asia/Tokyo",
            "created_at": "2026-02-01T00:00:00Z",
            "start_url": "https://zoom.example/s/secret",
            "join_url": "https://zoom.example/j/secret",
            "password": "secret",
            "settings": {"approval_type": 0},
            **told,
        }

    def register(self, webinar_id: int, *names: str, **told: Any) -> None:
        for name in names:
            row = {
                "id": f"reg-{name}",
                "email": f"{name.title()}@Customer.example",
                "first_name": name.title(),
                "last_name": "",
                "status": "approved",
                "create_time": "2026-03-01T09:00:00Z",
                "join_url": "https://zoom.example/w/secret",
                **told,
            }
            self.registrants.setdefault(str(webinar_id), []).append(row)

    def visit(self, webinar_id: int, uuid: str, **told: Any) -> None:
        row = {
            "id": "",
            "name": "Somebody",
            "user_email": "",
            "registrant_id": "",
            "join_time": "2026-03-10T05:00:00Z",
            "leave_time": "2026-03-10T05:10:00Z",
            "duration": 600,
            **told,
        }
        self.instances.setdefault(str(webinar_id), {}).setdefault(uuid, []).append(row)

    def pull(self, folder: Path, entity: str, **told: Any) -> Pulled:
        options = {"users": [HOST_USER], **told.pop("options", {})}
        page_size, credentials = told.pop("page_size", None), told.pop("credentials", CREDENTIALS)
        source = source_of("zoom", entity, base_url=self.base_url, options=options, page_size=page_size)
        return pull(folder, source, self.base_url, credentials, **told)


@pytest.fixture
def zoom() -> Iterator[Zoom]:
    found = Zoom()
    with serving(found.app()) as found.base_url:
        yield found


def test_webinars_are_programmes_without_what_would_let_somebody_in(zoom: Zoom, tmp_path: Path) -> None:
    for number in range(1, 4):
        zoom.hold(number)
    zoom.hold(4, type=6, start_time=None)
    found = zoom.pull(tmp_path, "programmes", page_size=2)
    assert found.values("programme_id", "programme_name", "programme_kind", "held_at")[2:] == [
        ("3", "Topic 3", "webinar", datetime(2026, 3, 10, 5)),
        ("4", "Topic 4", "webinar", None),
    ]
    assert found.values("_source_time", "_source_is_reconstructed")[0] == (datetime(2026, 2, 1), True)
    assert not any("secret" in str(row) for row in found.rows)
    assert [path for path in zoom.asked.paths if path.endswith("/webinars")] == [
        "/v2/users/host%40vendor.example/webinars"
    ] * 2


def test_a_cancelled_webinar_is_removed_and_an_expired_one_stays(zoom: Zoom, tmp_path: Path) -> None:
    zoom.hold(1)
    zoom.hold(2, start_time=AHEAD)
    zoom.hold(3, start_time=AHEAD)
    first = zoom.pull(tmp_path, "programmes")
    zoom.expired = {"1"}
    del zoom.webinars["2"]
    second = zoom.pull(tmp_path, "programmes", state=first.state, known={"1", "2", "3"})
    assert second.values("programme_id") == [("3",)]
    assert second.removed == ["2"]
    assert second.rows[0]["_row_hash"] == first.rows[2]["_row_hash"]


def test_webinars_that_are_not_listed_are_read_by_their_configured_ids(zoom: Zoom, tmp_path: Path) -> None:
    zoom.hold(1)
    zoom.hold(2)
    zoom.expired = {"1"}
    assert zoom.pull(tmp_path, "programmes", options={"webinars": ["1", "2"]}).values("programme_id") == [
        ("1",),
        ("2",),
    ]


def test_registrants_are_people_by_their_address(zoom: Zoom, tmp_path: Path) -> None:
    zoom.hold(1)
    zoom.hold(2, settings={"approval_type": 2})
    zoom.register(1, "ada", "ben", last_name="Example", org="Customer")
    zoom.register(1, "cleo", email=None)
    found = zoom.pull(tmp_path, "people")
    assert found.values("person_id", "person_name", "email", "_source_time") == [
        ("ada@customer.example", "Ada Example", "ada@customer.example", datetime(2026, 3, 1, 9)),
        ("ben@customer.example", "Ben Example", "ben@customer.example", datetime(2026, 3, 1, 9)),
    ]
    assert [row["reason"] for row in found.rejected] == ["missing_value"]
    assert "secret" not in str(found.rows)


def attended(found: Pulled) -> dict[str, Any]:
    """Newest state of each participant."""
    return {row["user_id"].partition("@")[0]: row["is_attended"] for row in found.rows}


def test_a_participant_attended_where_all_visits_together_are_long_enough(zoom: Zoom, tmp_path: Path) -> None:
    zoom.hold(1)
    zoom.register(1, "ada", "ben", "cleo", "dan")
    zoom.visit(1, "one==", registrant_id="reg-ada", user_email="other@customer.example")
    zoom.visit(1, "one==", registrant_id="reg-ada", join_time="2026-03-10T05:30:00Z", leave_time="2026-03-10T05:40:00Z")
    zoom.visit(1, "two==", user_email="BEN@customer.example", duration=899)
    zoom.visit(1, "two==", user_email="cleo@customer.example", duration=1200)
    zoom.visit(1, "two==", name="Somebody by phone")
    zoom.visit(1, "two==", registrant_id="reg-dan", status="in_waiting_room", duration=3600)
    found = zoom.pull(tmp_path, "programme_participants", options={"least_minutes": 15})
    assert attended(found) == {"ada": True, "ben": False, "cleo": True, "dan": False}
    ada = [row for row in found.rows if row["participant_id"] == "1:reg-ada"]
    assert [(row["is_attended"], row["_source_time"], row["_source_is_reconstructed"]) for row in ada] == [
        (None, datetime(2026, 3, 1, 9), False),
        (True, datetime(2026, 3, 10, 5, 40), False),
    ]
    assert (ada[0]["programme_id"], ada[0]["registered_at"]) == ("1", datetime(2026, 3, 1, 9))
    assert attended(zoom.pull(tmp_path / "b", "programme_participants"))["ben"] is True


def test_nothing_is_said_of_attendance_before_the_webinar_and_before_its_report(zoom: Zoom, tmp_path: Path) -> None:
    zoom.hold(1, start_time=AHEAD)
    zoom.hold(2)
    zoom.register(1, "ada")
    zoom.register(2, "ben")
    zoom.instances["2"] = {"not ready": []}
    found = zoom.pull(tmp_path, "programme_participants")
    assert attended(found) == {"ada": None, "ben": None}
    assert "/v2/past_webinars/1/instances" not in zoom.asked.paths


def test_participants_and_registrants_are_read_over_pages(zoom: Zoom, tmp_path: Path) -> None:
    zoom.hold(1)
    zoom.register(1, *"abcde")
    for name in "abcd":
        zoom.visit(1, "one==", registrant_id=f"reg-{name}")
    found = zoom.pull(tmp_path, "programme_participants", page_size=2)
    assert attended(found) == dict.fromkeys("abcd", True) | {"e": False}
    sizes = {query["page_size"] for query in zoom.asked.queries if "page_size" in query}
    assert sizes == {"2"}
    assert len([path for path in zoom.asked.paths if path.endswith("/participants")]) == 2
    zoom.pull(tmp_path / "b", "programme_participants", page_size=1000)
    assert zoom.asked.queries[-1]["page_size"] == "300"


@pytest.mark.parametrize(
    ("uuid", "sent"),
    [
        ("plain==", "plain%3D%3D"),
        ("a/b==", "a%2Fb%3D%3D"),
        ("/ab==", "%252Fab%253D%253D"),
        ("ab//c==", "ab%252F%252Fc%253D%253D"),
    ],
)
def test_a_uuid_is_encoded_so_that_its_slashes_arrive(zoom: Zoom, tmp_path: Path, uuid: str, sent: str) -> None:
    assert encoded(uuid) == sent
    if uuid == "a/b==":
        return  # a server that decodes once sees two parts; Zoom asks for no more than this
    zoom.hold(1)
    zoom.register(1, "ada")
    zoom.visit(1, uuid, registrant_id="reg-ada")
    assert attended(zoom.pull(tmp_path, "programme_participants")) == {"ada": True}
    assert f"/v2/report/webinars/{sent}/participants" in zoom.asked.paths


def test_a_second_pull_leaves_out_webinars_long_past(zoom: Zoom, tmp_path: Path) -> None:
    zoom.hold(1, start_time="2026-01-10T05:00:00Z")
    zoom.hold(2)
    zoom.hold(3, start_time="2026-01-10T05:00:00Z", type=9)
    zoom.register(1, "ada")
    zoom.register(2, "ben", "cleo")
    zoom.register(3, "dan")
    zoom.visit(2, "two==", registrant_id="reg-ben")
    first = zoom.pull(tmp_path, "programme_participants")
    asked = len(zoom.asked.paths)
    zoom.registrants["2"].pop()
    known = {row["participant_id"] for row in first.rows}
    second = zoom.pull(tmp_path, "programme_participants", state=first.state, known=known)
    assert "/v2/webinars/1/registrants" not in zoom.asked.paths[asked:]
    assert attended(second) == {"ben": True, "dan": None}
    assert second.removed == ["2:reg-cleo"]


def test_what_is_known_of_visits_stands_when_their_report_is_gone(zoom: Zoom, tmp_path: Path) -> None:
    zoom.hold(1, type=9)
    zoom.register(1, "ada", "ben")
    zoom.visit(1, "old==", registrant_id="reg-ada")
    first = zoom.pull(tmp_path, "programme_participants")
    zoom.expired = {"old=="}
    zoom.visit(1, "new==", registrant_id="reg-cleo", leave_time="2026-03-20T05:00:00Z")
    zoom.register(1, "cleo", "dan")
    known = {row["participant_id"] for row in first.rows}
    second = zoom.pull(tmp_path, "programme_participants", state=first.state, known=known)
    assert attended(first) == {"ada": True, "ben": False}
    assert attended(second) == {"cleo": True, "dan": None}
    assert second.removed == []


def test_a_configured_webinar_that_is_gone_is_told_at_first_and_passed_over_later(zoom: Zoom, tmp_path: Path) -> None:
    zoom.hold(1)
    zoom.hold(2)
    told = {"users": [], "webinars": ["1", "2"]}
    first = zoom.pull(tmp_path, "programmes", options=told)
    del zoom.webinars["1"]
    second = zoom.pull(tmp_path, "programmes", options=told, state=first.state, known={"1", "2"})
    assert (second.values("programme_id"), second.removed) == ([("2",)], [])
    with pytest.raises(SourceError, match=r"Webinar does not exist\. Take 1 out of sources\.vendor\.options\.webinars"):
        zoom.pull(tmp_path, "programmes", options=told)


def test_registrations_and_visits_are_engagements(zoom: Zoom, tmp_path: Path) -> None:
    zoom.hold(1)
    zoom.register(1, "ada", "ben")
    zoom.visit(1, "one==", registrant_id="reg-ada", join_time="2026-03-10T05:20:00Z")
    zoom.visit(1, "one==", registrant_id="reg-ada", join_time="2026-03-10T05:03:00Z")
    found = zoom.pull(tmp_path, "engagements")
    columns = ("engagement_id", "engagement_kind", "user_id", "programme_id", "engaged_at")
    assert found.values(*columns) == [
        ("1:reg-ada:event_registered", "event_registered", "ada@customer.example", "1", datetime(2026, 3, 1, 9)),
        ("1:reg-ada:event_attended", "event_attended", "ada@customer.example", "1", datetime(2026, 3, 10, 5, 3)),
        ("1:reg-ben:event_registered", "event_registered", "ben@customer.example", "1", datetime(2026, 3, 1, 9)),
    ]


def test_a_registrant_without_a_time_is_rejected(zoom: Zoom, tmp_path: Path) -> None:
    zoom.hold(1)
    zoom.register(1, "ada")
    zoom.register(1, "ben", create_time="soon")
    zoom.register(1, "cleo", create_time=None)
    zoom.visit(1, "one==", registrant_id="reg-ada")
    for entity in ("programme_participants", "engagements"):
        found = zoom.pull(tmp_path, entity)
        assert {row["user_id"] for row in found.rows} == {"ada@customer.example"}
        assert len(found.rejected) >= 2


def test_a_token_that_ran_out_is_fetched_anew(zoom: Zoom, tmp_path: Path) -> None:
    zoom.hold(1)
    zoom.asked.faults = [JSONResponse({"code": 124, "message": "Access token is expired."}, 401)]
    assert zoom.pull(tmp_path, "programmes").values("programme_id") == [("1",)]
    assert zoom.tokens == 2


def test_wrong_credentials_are_told_with_the_remedy(zoom: Zoom, tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=r"Invalid client_id or client_secret.*See that account_id") as error:
        zoom.pull(tmp_path, "programmes", credentials={**CREDENTIALS, "client_secret": "wrong"})
    assert "wrong" not in str(error.value)
    assert zoom.asked.paths == []


def test_the_limit_of_a_second_is_waited_for_and_that_of_a_day_is_not(zoom: Zoom, tmp_path: Path) -> None:
    zoom.hold(1)
    zoom.asked.faults = [JSONResponse({"code": 429}, 429, {"Retry-After": "0", "X-RateLimit-Type": "Per-second-limit"})]
    assert zoom.pull(tmp_path, "programmes").values("programme_id") == [("1",)]
    limits = {"Retry-After": "2026-03-11T00:00:00Z", "X-RateLimit-Type": "Daily-limit"}
    zoom.asked.faults = [JSONResponse({"code": 429, "message": "Reached the limit."}, 429, limits)]
    with pytest.raises(SourceError, match=r"quota of the day is used up.*Run again after 2026-03-11T00:00:00Z"):
        zoom.pull(tmp_path, "programmes")


def test_whose_webinars_are_meant_must_be_told(zoom: Zoom, tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=r"sources\.vendor\.options: give users, webinars or both"):
        zoom.pull(tmp_path, "programmes", options={"users": []})


@pytest.mark.parametrize("told", [{"users": HOST_USER}, {"least_minutes": "ten"}])
def test_an_option_of_another_kind_is_told(zoom: Zoom, tmp_path: Path, told: Any) -> None:
    with pytest.raises(SourceError, match=r"is no (list|number)\."):
        zoom.pull(tmp_path, "programmes", options=told)


@pytest.mark.parametrize(
    ("base_url", "expected"),
    [("https://api.zoom.us", "https://zoom.us"), ("http://127.0.0.1:8000", "http://127.0.0.1:8000")],
)
def test_tokens_come_from_the_host_beside_the_interface(base_url: str, expected: str) -> None:
    assert log_in_base(base_url) == expected

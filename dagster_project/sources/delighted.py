"""Delighted: survey responses, and the persons who gave them.

Responses: https://delighted.com/docs/api/listing-survey-responses (a plain array, oldest first; the end is an empty
page; `updated_at` may be null until a response is changed).
Limits: https://app.delighted.com/docs/api (429 with `Retry-After`).
Kinds of survey other than NPS and CSAT are rejected as unknown, because their scores have other scales; `keep` on
`survey_type` leaves them out, and a mapping of `survey_kind` in the configuration gives them a kind.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from dlt.sources.helpers.rest_client.paginators import PageNumberPaginator
from requests import Response
from requests.auth import HTTPBasicAuth

from dagster_project.settings import ColumnMapping
from dagster_project.sources.http import VendorClient
from dagster_project.sources.landing import SourceError
from dagster_project.sources.vendor import Page, Pull, Record, VendorTable

PATH = "/v1/survey_responses.json"
MOST_PER_PAGE = 100
SURVEY_KINDS = {"nps": "nps", "csat": "csat"}
# Times that move with every survey sent, and would make each a new version of the person.
PASSING_FIELDS = {"last_sent_at", "last_responded_at", "next_survey_scheduled_at"}
TABLES: Mapping[str, VendorTable] = {
    "people": VendorTable(
        object="persons",
        columns={"person_id": "id", "person_name": "name", "email": "email"},
        modified_at="responded_at",
        created_at="created_at",
        time_format="epoch_seconds",
        omits_empty_fields=True,
    ),
    "survey_answers": VendorTable(
        object="survey_responses",
        columns={
            "answer_id": "id",
            "survey_kind": ColumnMapping(column="survey_type", values=SURVEY_KINDS),
            "user_id": "person.id",
            "answer_score": "score",
            "comment_text": "comment",
            "answered_at": ColumnMapping(column="created_at", format="epoch_seconds"),
        },
        modified_at="updated_at",
        created_at="created_at",
        time_format="epoch_seconds",
    ),
}


def connect(client: VendorClient) -> None:
    """Requests carry `api_key` of the credentials as the user of HTTP's basic log-in, with no password."""
    client.session.auth = HTTPBasicAuth(client.credentials.get("api_key", ""), "")


def pages(pull: Pull) -> Iterator[Page]:
    """Responses changed since the last pull, or the persons who gave them.

    Raises:
        SourceError: an answer is no array.
    """
    changed = {"updated_since": pull.since_epoch} if pull.since else {}
    for responses in _responses(pull, {"expand": "person", **changed}):
        for response in responses:
            person = response.get("person")
            response["person"] = person if isinstance(person, dict) else {"id": person}
            response["updated_at"] = response.get("updated_at") or response.get("created_at")
        if pull.entity.name == "survey_answers":
            # Of the person, the id alone: name and address are told by the people.
            yield Page(rows=[{**response, "person": {"id": response["person"]["id"]}} for response in responses])
        else:
            yield Page(rows=[_person(response) for response in responses])


def keys(pull: Pull) -> Iterator[Sequence[str]]:
    """Keys of all responses, or of all who ever responded; either may be deleted without a word."""
    for responses in _responses(pull, {}):
        if pull.entity.name == "survey_answers":
            yield [pull.key_of(response) for response in responses]
        else:
            yield [str(response["person"]) for response in responses]


class _UntilEmpty(PageNumberPaginator):
    def __init__(self) -> None:
        super().__init__(base_page=1, page_param="page", total_path=None)

    def update_state(self, response: Response, data: list[Any] | None = None) -> None:  # noqa: ARG002
        super().update_state(response, response.json())


def _responses(pull: Pull, params: Mapping[str, Any]) -> Iterator[list[Record]]:
    size = min(pull.page_size or MOST_PER_PAGE, MOST_PER_PAGE)
    for answer in pull.client.pages(PATH, _UntilEmpty(), params={**params, "per_page": size}):
        if not isinstance(answer, list):
            raise SourceError(
                f"{pull.client.name}.{pull.client.table}: the answer of {PATH} is no array. See that base_url is "
                f"https://api.delighted.com."
            )
        yield answer


def _person(response: Record) -> Record:
    """The person as of the response that told of them."""
    person = {name: value for name, value in response["person"].items() if name not in PASSING_FIELDS}
    return {**person, "responded_at": response["updated_at"]}

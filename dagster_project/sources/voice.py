"""Voice tickets of the company's own product, from one endpoint that the product offers for this.

`GET {base_url}/voice_tickets?updated_since=<ISO 8601>&cursor=<next_cursor>` with a bearer token (RFC 6750) answers
`{"voice_tickets": […], "next_cursor": "…" or null}`: tickets that changed at or after the moment, all of them without
one. A ticket has the columns of the contract's entity `voice_tickets` (docs/input_layer.md), `updated_at`, and
`deleted_at` once it was taken back. Where `updated_at` is absent, the time of receipt stands for it. Tickets are told
in any order; one that changes while pages are read comes in the next pull.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from dlt.sources.helpers.rest_client.paginators import JSONResponseCursorPaginator

from dagster_project.sources.http import VendorClient
from dagster_project.sources.landing import SourceError
from dagster_project.sources.vendor import Page, Pull, VendorTable, utc_moment, utc_text

PATH = "/voice_tickets"
TABLES: Mapping[str, VendorTable] = {
    "voice_tickets": VendorTable(
        object="voice_tickets",
        columns={
            name: name
            for name in (
                "voice_ticket_id",
                "account_id",
                "user_id",
                "feature_id",
                "voice_kind",
                "speaker_role",
                "voice_text",
                "received_at",
            )
        },
        key="voice_ticket_id",
        modified_at="updated_at",
        created_at="received_at",
    ),
}


def connect(client: VendorClient) -> None:
    """Requests carry `token` of the credentials."""
    client.session.headers["Authorization"] = f"Bearer {client.credentials.get('token', '')}"


def pages(pull: Pull) -> Iterator[Page]:
    """All tickets that have changed.

    Raises:
        SourceError: an answer has no list of tickets.
    """
    params = {"updated_since": utc_text(pull.since)} if pull.since else {}
    for rows in _answers(pull, params):
        for row in rows:
            row["updated_at"] = row.get("updated_at") or row.get("received_at")
        gone = [row for row in rows if row.get("deleted_at")]
        yield Page(
            rows=[row for row in rows if not row.get("deleted_at")],
            removed=[(pull.key_of(row), _moment(str(row["deleted_at"]))) for row in gone],
        )


def keys(pull: Pull) -> Iterator[Sequence[str]] | None:
    """Keys of all tickets; a ticket that was deleted without a word is found by them."""
    return ([pull.key_of(row) for row in rows if not row.get("deleted_at")] for rows in _answers(pull, {}))


def _answers(pull: Pull, params: Mapping[str, str]) -> Iterator[list[dict[str, Any]]]:
    paginator = JSONResponseCursorPaginator("next_cursor", cursor_param="cursor")
    for answer in pull.client.pages(PATH, paginator, params=dict(params)):
        rows = answer.get("voice_tickets") if isinstance(answer, dict) else None
        if not isinstance(rows, list):
            raise SourceError(
                f"{pull.client.name}.{pull.client.table}: the answer of {PATH} has no list voice_tickets. See that "
                f"base_url is the one of the endpoint."
            )
        yield rows


def _moment(text: str) -> datetime | None:
    """A time of the endpoint; null where it cannot be read."""
    try:
        return utc_moment(text)
    except ValueError:
        return None

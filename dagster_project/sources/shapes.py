"""Exports of usage events whose form is known by the name of who wrote them.

Segment: https://segment.com/docs/connections/spec/common/; Amplitude:
https://amplitude.com/docs/apis/analytics/export; PostHog: https://posthog.com/docs/cdp/batch-exports.
Each gives an event an id that stays when it is sent twice, the time of the use, and the time at which it arrived.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from dagster_project.settings import ColumnMapping, FileTable, KeepRule


@dataclass(frozen=True)
class Shape:
    """How an export's events become usage events."""

    columns: Mapping[str, str]
    known_at: str
    keep: KeepRule


SHAPES: Mapping[str, Shape] = {
    "segment": Shape(
        columns={
            "event_id": "messageId",
            "account_id": "context.groupId",
            "user_id": "userId",
            "feature_id": "event",
            # Segment corrects this one by the sender's clock.
            "event_at": "timestamp",
        },
        known_at="receivedAt",
        keep=KeepRule(column="type", one_of=["track"]),
    ),
    "amplitude": Shape(
        columns={
            # $insert_id is the sender's, and only as good as the sender.
            "event_id": "uuid",
            "account_id": "groups.account.0",
            "user_id": "user_id",
            "feature_id": "event_type",
            "event_at": "event_time",
        },
        known_at="server_upload_time",
        keep=KeepRule(column="event_type", none_of=["$identify", "$groupidentify", "session_start", "session_end"]),
    ),
    "posthog": Shape(
        columns={
            "event_id": "uuid",
            "account_id": "properties.$group_0",
            "user_id": "distinct_id",
            "feature_id": "event",
            "event_at": "timestamp",
        },
        known_at="created_at",
        keep=KeepRule(
            column="event",
            none_of=[
                *("$identify", "$groupidentify", "$create_alias", "$merge_dangerously", "$set"),
                *("$feature_flag_called", "$pageleave"),
            ],
        ),
    ),
}


def shaped(table: FileTable) -> tuple[FileTable, frozenset[str]]:
    """The table with what its shape says where it says nothing itself, and the columns that a file may leave out.

    An export leaves out what none of its events has, such as the user where all were anonymous.
    """
    if table.shape is None:
        return table, frozenset()
    shape = SHAPES[table.shape]
    full = table.model_copy(
        update={
            "format": table.format or "jsonl",
            "columns": {**shape.columns, **table.columns},
            "known_at": table.known_at or shape.known_at,
            "keep": table.keep or [shape.keep],
        }
    )
    own = {_origin(mapping) for mapping in table.columns.values()}
    by_shape = {origin for name, origin in shape.columns.items() if name not in table.columns}
    return full, frozenset(by_shape - own)


def _origin(mapping: str | ColumnMapping) -> str | None:
    return mapping if isinstance(mapping, str) else mapping.column

"""The use of planted accounts as events: the same on the same weekdays, received at once and never twice."""

from collections.abc import Iterator, Sequence
from datetime import date, timedelta

import pyarrow as pa

from dagster_project.demo.identity import SourceIds
from dagster_project.demo.planted.company import Company
from dagster_project.demo.planted.plant import Use
from dagster_project.demo.usage import USAGE_SCHEMA
from dagster_project.demo.window import Row, Window, midnight

OPENING_HOUR = 2  # after everybody's first log-in on the first day
MOBILE_EVERY = 4
RECEIVED_AFTER = timedelta(seconds=5)
WEEK = 7


def usage_table(companies: Sequence[Company], ids: SourceIds, first: date, last: date) -> pa.Table:
    """All events from the day `first` to `last` under the product's ids, in the schema of every usage file."""
    window = Window(first, last)
    rows = [
        {**row, "account_id": ids.company_id("product", company.account_id)}
        for company in companies
        for row in _events(company, window)
    ]
    table = pa.Table.from_pylist(rows, schema=USAGE_SCHEMA)
    for name in ("account_id", "user_id", "contract_id", "feature_id", "device_kind"):
        place = table.schema.get_field_index(name)
        table = table.set_column(place, name, table[name].combine_chunks().dictionary_encode())
    return table


def _events(company: Company, window: Window) -> Iterator[Row]:
    for day in window.days:
        contract = next((told for told in company.contracts if told.start_date <= day < told.end_date), None)
        use = _use_on(company, day)
        if contract is None or use is None or day.weekday() not in use.weekdays:
            continue
        number = (day.toordinal() - 1) // WEEK * len(use.weekdays) + use.weekdays.index(day.weekday())
        for user in range(use.people):
            turn = number * use.people + user
            event_at = midnight(day) + timedelta(hours=OPENING_HOUR, minutes=7 * user)
            yield {
                "event_id": f"E{company.number:05d}{day:%y%m%d}{user:02d}",
                "user_id": company.user_id(user + 1),
                "contract_id": contract.contract_id,
                "feature_id": f"f{use.features[turn % len(use.features)]:02d}",
                "event_at": event_at,
                "event_count": use.count,
                "active_seconds": use.seconds,
                "record_change_count": use.changes,
                "device_kind": "mobile" if turn % MOBILE_EVERY == 0 else "desktop",
                "received_at": event_at + RECEIVED_AFTER,
            }


def _use_on(company: Company, day: date) -> Use | None:
    """The latest of the uses that have begun by a day."""
    tomorrow = company.today + timedelta(days=1)
    monday = tomorrow - timedelta(days=tomorrow.weekday())
    begun = [
        use
        for use in company.plant.use
        if use.weeks_ago is None or day >= monday - timedelta(days=WEEK * use.weeks_ago)
    ]
    return begun[-1] if begun else None

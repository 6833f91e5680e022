"""HubSpot's connector against the demo company's portal on this machine."""

import json
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from dagster_project.demo.vendors.exports import DemoExports
from dagster_project.demo.vendors.hubspot import DemoHubspot, hubspot_id
from dagster_project.sources.hubspot import full_name
from dagster_project.sources.landing import SourceError
from tests.sources.demo_vendor import SECRET, Gate, Puller, as_text, example_source, removed, serving, states, too_many

MERGED_AT = datetime(2026, 6, 20, 9, 30, 5)
DELETED_AT = datetime(2026, 6, 21, 10, 0, 7)
NOT_COMPARED = {"_extra", "_record_key", "_row_hash", "_row_number", "_source_time", "_source_is_reconstructed"}


@pytest.fixture
def exports(demo_folder: Path) -> DemoExports:
    """The demo's exports with a merged account and a deleted one."""
    found = DemoExports(demo_folder)
    accounts = found.records("crm", "accounts")
    parents = {record.now["parent_account_id"] for record in accounts}
    loser, gone, winner = [record for record in accounts if record.key not in parents][:3]
    for record, moment, told in (
        (loser, MERGED_AT, {"is_deleted": True, "merged_into_account_id": winner.key}),
        (gone, DELETED_AT, {"is_deleted": True, "merged_into_account_id": None}),
    ):
        record.states.append({**record.now, **told, "updated_at": moment})  # type: ignore[attr-defined]
    return found


@pytest.fixture
def portal(exports: DemoExports) -> DemoHubspot:
    return DemoHubspot(exports, SECRET)


@pytest.fixture
def served(portal: DemoHubspot, exports: DemoExports) -> Iterator[tuple[str, Gate]]:
    with serving(portal.app(), exports) as told:
        yield told


@pytest.fixture
def puller(served: tuple[str, Gate], tmp_path: Path) -> Puller:
    return Puller("crm", example_source("crm", first_pause_seconds=0), served[0], {"access_token": SECRET}, tmp_path)


def exported(exports: DemoExports, entity: str, columns: list[str], key: str | None = None) -> list[tuple[Any, ...]]:
    """The states of the exports as they should land, under HubSpot's ids where `key` names an object."""
    rows = [
        {**state, "_key": hubspot_id(key, record.key) if key else record.key}
        for record in exports.records("crm", entity)
        for state in record.states
    ]
    return states(rows, "_key", columns, "updated_at")


def columns_of(rows: list[dict[str, Any]], *left_out: str) -> list[str]:
    return [name for name in rows[0] if name not in {*NOT_COMPARED, *left_out}]


def test_accounts_land_with_every_state_that_the_crm_has_exported(puller: Puller, exports: DemoExports) -> None:
    rows = puller.pull("accounts")
    columns = columns_of(rows)
    merged = {each.key: each for each in exports.records("crm", "accounts") if each.now["merged_into_account_id"]}
    expected = [row for row in as_text(exported(exports, "accounts", columns)) if row[0] not in merged]
    landed = as_text(states(rows, "account_id", columns))
    assert [row for row in landed if row[0] not in merged] == expected
    # Nothing but its number, its winner and the time is left of a merged company.
    assert [
        (row["account_id"], row["is_deleted"], row["merged_into_account_id"], row["account_name"], row["_source_time"])
        for row in rows
        if row["account_id"] in merged
    ] == [(key, True, record.now["merged_into_account_id"], None, record.modified_at) for key, record in merged.items()]
    assert merged
    assert not any(row["_source_is_reconstructed"] for row in rows)


def test_a_deleted_account_stood_before(puller: Puller, exports: DemoExports) -> None:
    gone = next(each for each in exports.records("crm", "accounts") if each.modified_at == DELETED_AT)
    told = [
        (row["_source_time"], row["is_deleted"]) for row in puller.pull("accounts") if row["account_id"] == gone.key
    ]
    assert told[0] == (gone.created_at, False)
    assert told[-1] == (DELETED_AT, True)


def test_contacts_and_deals_reach_the_account_number_through_their_company(
    puller: Puller, exports: DemoExports
) -> None:
    merged = {each.key: each.now["merged_into_account_id"] for each in exports.records("crm", "accounts")}
    for entity, name, key in (("contacts", "contacts", "contact_id"), ("opportunities", "deals", "opportunity_id")):
        rows = puller.pull(entity)
        columns = columns_of(rows, key, "account_id")
        assert as_text(states(rows, key, columns)) == as_text(exported(exports, entity, columns, name))
        accounts = {row[key]: row["account_id"] for row in rows}
        # What belonged to a merged company belongs to the one that goes on for it.
        assert accounts == {
            hubspot_id(name, record.key): merged[record.now["account_id"]] or record.now["account_id"]
            for record in exports.records("crm", entity)
        }


def test_owners_go_by_the_code_of_their_mail_address(puller: Puller, exports: DemoExports) -> None:
    rows = puller.pull("owners")
    columns = ["owner_id", "owner_name", "email", "team_id", "is_active"]
    assert [tuple(row[name] for name in columns) for row in rows] == [
        tuple(each.now[name] for name in columns)
        for each in sorted(exports.records("crm", "owners"), key=lambda r: r.key)
    ]


def test_the_second_pull_reads_what_has_changed_by_search(
    puller: Puller, served: tuple[str, Gate], exports: DemoExports, portal: DemoHubspot
) -> None:
    first = puller.pull("opportunities")
    deal = hubspot_id("deals", exports.records("crm", "opportunities")[0].key)
    now = portal.records("deals")[deal]
    moment = puller.watermark("opportunities") + timedelta(minutes=2)
    told = f"{moment.isoformat(timespec='milliseconds')}Z"
    now["_history"]["dealstage"].insert(0, {"value": "closedlost", "timestamp": told, "sourceType": "CRM_UI"})
    now["_history"]["hs_lastmodifieddate"][0]["value"] = told
    now["_history"]["amount"].insert(0, {"value": "", "timestamp": told, "sourceType": "CRM_UI"})
    gate = served[1]
    gate.asked.clear()
    rows = puller.pull("opportunities")
    assert gate.count("/deals/search") == 1
    assert gate.count("/deals/batch/read") == 1
    changed = [row for row in rows if row["opportunity_id"] == deal]
    before = [row for row in first if row["opportunity_id"] == deal][-1]
    assert len(rows) < len(first)
    assert (changed[-1]["stage"], changed[-1]["opportunity_amount"], changed[-1]["_source_time"]) == (
        "lost",
        None,
        moment,
    )
    assert before["opportunity_amount"] is not None
    assert puller.watermark("opportunities") == moment


def test_archived_and_merged_contacts_are_gone(puller: Puller, exports: DemoExports, portal: DemoHubspot) -> None:
    puller.pull("contacts")
    moment = puller.watermark("contacts") + timedelta(minutes=2)
    archived, loser, winner = (hubspot_id("contacts", each.key) for each in exports.records("crm", "contacts")[:3])
    portal.archived_at[archived] = moment
    told = f"{moment.isoformat(timespec='milliseconds')}Z"
    del portal.records("contacts")[loser]
    history = portal.records("contacts")[winner]["_history"]
    history["hs_merged_object_ids"].insert(0, {"value": loser, "timestamp": told, "sourceType": "MERGE_OBJECTS"})
    history["lastmodifieddate"][0]["value"] = told
    batch = puller.batch("contacts")
    assert batch is not None
    assert sorted(removed(batch)) == sorted([(archived, moment), (loser, moment)])


def test_a_contact_deleted_for_good_is_found_by_its_missing_key(
    served: tuple[str, Gate], exports: DemoExports, portal: DemoHubspot, tmp_path: Path
) -> None:
    settings = example_source("crm", compare_keys_every_days=1)
    puller = Puller("crm", settings, served[0], {"access_token": SECRET}, tmp_path)
    puller.pull("contacts")
    state = json.loads(puller.states["contacts"] or "")
    puller.states["contacts"] = json.dumps({**state, "keys_compared_date": "2026-01-01"})
    lost = hubspot_id("contacts", exports.records("crm", "contacts")[0].key)
    del portal.records("contacts")[lost]
    batch = puller.batch("contacts")
    assert batch is not None
    assert [key for key, _ in removed(batch)] == [lost]


def test_merged_and_archived_accounts_are_not_missed_when_keys_are_compared(
    served: tuple[str, Gate], tmp_path: Path
) -> None:
    settings = example_source("crm", compare_keys_every_days=1)
    puller = Puller("crm", settings, served[0], {"access_token": SECRET}, tmp_path)
    puller.pull("accounts")
    state = json.loads(puller.states["accounts"] or "")
    puller.states["accounts"] = json.dumps({**state, "keys_compared_date": "2026-01-01"})
    batch = puller.batch("accounts")
    assert batch is not None
    assert removed(batch) == []
    assert json.loads(batch.source_state or "")["keys_not_held"] is None


@pytest.mark.parametrize("in_one_moment", [False, True])
def test_a_search_goes_on_beyond_its_largest_number_of_results(
    served: tuple[str, Gate], portal: DemoHubspot, tmp_path: Path, *, in_one_moment: bool
) -> None:
    portal.search_results = 10
    settings = example_source("crm", options={**example_source("crm").options, "search_results": 10}, page_size=5)
    puller = Puller("crm", settings, served[0], {"access_token": SECRET}, tmp_path)
    puller.pull("opportunities")
    start = puller.watermark("opportunities") + timedelta(minutes=1)
    deals = portal.records("deals")
    for number, row in enumerate(deals.values()):
        moment = start + timedelta(milliseconds=0 if in_one_moment else number)
        row["_history"]["hs_lastmodifieddate"][0]["value"] = f"{moment.isoformat(timespec='milliseconds')}Z"
    gate = served[1]
    gate.asked.clear()
    rows = puller.pull("opportunities")
    assert len(deals) > 50
    assert {row["opportunity_id"] for row in rows} == set(deals)
    # Read once each, although searches begin again with the last moment seen.
    assert gate.count("/deals/batch/read") <= gate.count("/deals/search")


def test_too_many_calls_are_waited_for_as_long_as_the_policy_says(puller: Puller, served: tuple[str, Gate]) -> None:
    waits = {"status": "error", "errorType": "RATE_LIMIT", "message": "too many"}
    served[1].ready = [
        too_many({**waits, "policyName": "SECONDLY"}, {"Retry-After": "0"}),
        too_many({**waits, "policyName": "TEN_SECONDLY_ROLLING"}, {"X-HubSpot-RateLimit-Interval-Milliseconds": "30"}),
    ]
    assert puller.pull("owners")
    assert served[1].count("/owners") == 4


def test_the_quota_of_the_day_is_not_waited_for(puller: Puller, served: tuple[str, Gate]) -> None:
    served[1].ready = [too_many({"status": "error", "message": "daily limit", "policyName": "DAILY"}, {})]
    with pytest.raises(SourceError, match=r"DAILY.*run again tomorrow"):
        puller.pull("owners")
    assert len(served[1].asked) == 1


def test_a_wrong_token_is_told(served: tuple[str, Gate], tmp_path: Path) -> None:
    puller = Puller("crm", example_source("crm"), served[0], {"access_token": "wrong"}, tmp_path)
    with pytest.raises(SourceError, match="401"):
        puller.pull("accounts")


def test_a_property_that_the_portal_does_not_have_is_told(served: tuple[str, Gate], tmp_path: Path) -> None:
    settings = example_source("crm", tables={"accounts": {"columns": {"segment": "tier"}}})
    puller = Puller("crm", settings, served[0], {"access_token": SECRET}, tmp_path)
    with pytest.raises(SourceError, match=r"no field .*tier"):
        puller.pull("accounts")


@pytest.mark.parametrize(
    ("first", "last", "whole"),
    [("Anna", "Carter", "Anna Carter"), ("陽菜", "伊藤", "伊藤 陽菜"), (None, "Carter", "Carter"), ("", None, None)],
)
def test_names_stand_in_the_order_of_their_letters(first: str | None, last: str | None, whole: str | None) -> None:
    assert full_name(first, last) == whole

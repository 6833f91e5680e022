"""Settings: every mistake is named with its file, line and place, and only what is used must be set."""

import os
import re
import tomllib
from datetime import date
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from pydantic import BaseModel

from dagster_project.settings import (
    PROJECT_ROOT,
    VARIABLE,
    ApiSource,
    ApiTable,
    CalendarSettings,
    ColumnMapping,
    EmailSettings,
    FilesSource,
    FileTable,
    GuardSettings,
    JoinSettings,
    KeepRule,
    NotificationSettings,
    PostgresSettings,
    PrivacySettings,
    PublishSettings,
    Settings,
    SettingsError,
    SupportSettings,
    exported,
    load_settings,
)
from dagster_project.sources.vendor import vendor_of, vendor_options, vendor_table

CONFIG = """\
home = "from_file"

[calendar]
history_start_date = 2026-01-01
business_timezone = "Asia/Tokyo"

[sources.crm]
type = "files"
folder = "${CRM_FOLDER}/in"

[sources.crm.tables.accounts]
files = "accounts.csv"

[sources.crm.tables.accounts.columns]
account_id = "id"
segment = { column = "size", values = { S = "small" } }
"""


def load(folder: Path, text: str = CONFIG, **variables: str) -> Settings:
    path = folder / "bansou.toml"
    path.write_text(text, encoding="utf-8")
    return load_settings({"BANSOU_CONFIG": str(path)} | variables)


def refusal(folder: Path, text: str) -> str:
    """The message, without the path that each of its lines begins with."""
    with pytest.raises(SettingsError) as caught:
        load(folder, text)
    path = str(folder / "bansou.toml")
    lines = str(caught.value).splitlines()
    assert all(line.startswith(path) for line in lines)
    return "\n".join(line.removeprefix(path) for line in lines)


def test_settings_hold_typed_values_when_file_is_whole(tmp_path: Path) -> None:
    settings = load(tmp_path, BANSOU_HOME=str(tmp_path / "home"))
    assert settings.calendar.history_start_date == date(2026, 1, 1)
    assert settings.calendar.timezone == ZoneInfo("Asia/Tokyo")
    assert settings.config_path == tmp_path / "bansou.toml"
    assert settings.build_path == tmp_path / "home" / "build" / "warehouse.duckdb"
    assert settings.publish.sets_kept == 5
    source = settings.sources["crm"]
    assert isinstance(source, FilesSource)
    table = source.tables["accounts"]
    assert (table.files, table.delimiter, table.encoding, table.timezone) == ("accounts.csv", ",", "utf-8", "UTC")
    assert table.columns["account_id"] == "id"


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("history_start_date", "history_begin = 1\nhistory_start_date", ":4: calendar.history_begin: unknown key"),
        ("[calendar]", "colour = 1\n[calendar]", ":3: colour: unknown key"),
        (
            'files = "accounts.csv"',
            'files = "accounts.csv"\nfile = "x"',
            ":13: sources.crm.tables.accounts.file: unknown key",
        ),
        ("[calendar]", 'config_path = "x"\n[calendar]', ": config_path: unknown key"),
    ],
    ids=["in_calendar", "at_the_top", "in_a_table", "reserved"],
)
def test_settings_name_the_place_when_key_is_unknown(tmp_path: Path, old: str, new: str, message: str) -> None:
    assert refusal(tmp_path, CONFIG.replace(old, new, 1)) == message


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("2026-01-01", '"soon"', ":4: calendar.history_start_date: Input should be a valid date"),
        ('"accounts.csv"', "7", ":12: sources.crm.tables.accounts.files: Input should be a valid string"),
        ('"from_file"', "7", ":1: home: Input should be a valid string"),
        ("home =", "home.folder =", ":1: home: Input should be a valid string"),
        ('"files"', '"web"', ":8: sources.crm.type: 'web' has no staging models; there are "),
        ("sources.crm]", "sources.CRM]", ":7: sources.CRM: String should match pattern"),
    ],
    ids=["date", "text", "home", "home_as_table", "choice", "name"],
)
def test_settings_name_the_place_when_value_is_of_the_wrong_type(
    tmp_path: Path, old: str, new: str, message: str
) -> None:
    assert message in refusal(tmp_path, CONFIG.replace(old, new, 1))


def test_settings_name_the_column_when_its_mapping_has_an_unknown_key(tmp_path: Path) -> None:
    told = refusal(tmp_path, CONFIG.replace("{ column =", "{ colour = 1, column ="))
    assert ":16: sources.crm.tables.accounts.columns.segment.colour: unknown key" in told.splitlines()


def test_settings_refuse_an_expression_when_a_vendor_is_asked(tmp_path: Path) -> None:
    """Fields of a vendor are asked for by name; what an expression reads would not be among them."""
    vendor = """
[sources.desk]
type = "zendesk"
base_url = "https://example.zendesk.com"

[sources.desk.tables.tickets.columns]
channel = { expression = "lower(channel)" }
"""
    assert refusal(tmp_path, CONFIG + vendor) == (
        ":22: sources.desk.tables.tickets.columns: "
        "channel: an expression reads the columns of files; a vendor's field is named"
    )


def test_settings_name_the_table_when_key_is_missing(tmp_path: Path) -> None:
    text = CONFIG.replace("history_start_date = 2026-01-01\n", "").replace('files = "accounts.csv"\n', "")
    assert refusal(tmp_path, text) == (
        ":3: calendar.history_start_date: required key is missing\n"
        ":10: sources.crm.tables.accounts.files: required key is missing"
    )


def test_settings_name_the_zone_when_it_is_unknown(tmp_path: Path) -> None:
    told = refusal(tmp_path, CONFIG.replace("Asia/Tokyo", "Asia/Tokio"))
    assert told == (":5: calendar.business_timezone: 'Asia/Tokio' is no time zone name, such as 'Asia/Tokyo' or 'UTC'")


def test_settings_refuse_when_file_is_no_toml(tmp_path: Path) -> None:
    told = refusal(tmp_path, "[calendar]\nhistory_start_date == 1\n")
    assert told.startswith(": not valid TOML: ")
    assert "line 2" in told


def test_settings_refuse_when_file_is_not_utf_8(tmp_path: Path) -> None:
    path = tmp_path / "bansou.toml"
    path.write_bytes('home = "会社"'.encode("cp932"))
    with pytest.raises(SettingsError) as caught:
        load_settings({"BANSOU_CONFIG": str(path)})
    assert str(caught.value).startswith(f"{path}: not valid TOML: 'utf-8' codec can't decode byte")


def test_settings_refuse_when_file_is_missing(tmp_path: Path) -> None:
    path = tmp_path / "none.toml"
    with pytest.raises(SettingsError) as caught:
        load_settings({"BANSOU_CONFIG": str(path)})
    assert str(caught.value) == f"{path}: no such file. BANSOU_CONFIG must name a configuration file."


def test_settings_refuse_when_path_is_a_folder(tmp_path: Path) -> None:
    with pytest.raises(SettingsError) as caught:
        load_settings({"BANSOU_CONFIG": str(tmp_path)})
    assert str(caught.value) == f"{tmp_path}: cannot be read: Is a directory"


def test_settings_load_when_variable_is_not_set(tmp_path: Path) -> None:
    settings = load(tmp_path)
    message = (
        f"{tmp_path / 'bansou.toml'}, sources.crm.folder: the environment variable CRM_FOLDER is not set. "
        "Set it, or write the value into the file."
    )
    with pytest.raises(SettingsError) as caught:
        settings.require_complete()
    assert str(caught.value) == message
    with pytest.raises(SettingsError) as caught:
        settings.resolve("${CRM_FOLDER}", "sources.crm.folder")
    assert str(caught.value) == message


def test_settings_are_complete_when_variable_is_set(tmp_path: Path) -> None:
    settings = load(tmp_path, CRM_FOLDER="/data/crm", BANSOU_HOME="/srv/bansou")
    settings.require_complete()
    assert settings.resolve("${CRM_FOLDER}/in and ${BANSOU_HOME}", "x") == "/data/crm/in and /srv/bansou"


def test_settings_keep_variables_out_when_shown(tmp_path: Path) -> None:
    assert "hidden-word" not in repr(load(tmp_path, CRM_FOLDER="hidden-word"))


@pytest.mark.parametrize(
    ("text", "variables", "home"),
    [
        (CONFIG, {"BANSOU_HOME": "/srv/bansou"}, Path("/srv/bansou")),
        (CONFIG, {}, Path.cwd() / "from_file"),
        (CONFIG, {"BANSOU_HOME": ""}, Path.cwd() / "from_file"),
        (CONFIG.replace('home = "from_file"\n', ""), {}, PROJECT_ROOT / "data"),
    ],
    ids=["environment", "file", "blank_environment", "neither"],
)
def test_settings_take_home_from_environment_first_when_both_tell_it(
    tmp_path: Path, text: str, variables: dict[str, str], home: Path
) -> None:
    assert load(tmp_path, text, **variables).home == home


def test_settings_load_when_file_is_the_default() -> None:
    settings = load_settings({})
    told = tomllib.loads((PROJECT_ROOT / "bansou.toml").read_text(encoding="utf-8"))
    assert list(settings.sources) == list(told["sources"])
    settings.require_complete()


def test_exported_takes_variables_back_when_done(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BANSOU_TEST_OLD", "old")
    monkeypatch.delenv("BANSOU_TEST_NEW", raising=False)
    with pytest.raises(KeyError), exported({"BANSOU_TEST_OLD": "other", "BANSOU_TEST_NEW": "new"}):
        assert (os.environ["BANSOU_TEST_OLD"], os.environ["BANSOU_TEST_NEW"]) == ("other", "new")
        raise KeyError
    assert os.environ["BANSOU_TEST_OLD"] == "old"
    assert "BANSOU_TEST_NEW" not in os.environ


def test_example_is_valid_and_shows_every_key() -> None:
    """The example speaks of every setting there is, and of nothing else."""
    path = PROJECT_ROOT / "bansou.toml.example"
    text = path.read_text(encoding="utf-8")
    variables = dict.fromkeys(VARIABLE.findall(text), "x")
    settings = load_settings({**variables, "BANSOU_CONFIG": str(path)})
    settings.require_complete()
    words = set(re.findall(r"[a-z_]+", text))
    models: list[type[BaseModel]] = [
        CalendarSettings,
        FileTable,
        JoinSettings,
        KeepRule,
        ColumnMapping,
        ApiTable,
        ApiSource,
        FilesSource,
    ]
    models += [GuardSettings, PublishSettings, PrivacySettings, EmailSettings, NotificationSettings, PostgresSettings]
    models += [SupportSettings]
    assert {name for model in models for name in model.model_fields} - words == set()
    for name, source in settings.sources.items():
        if isinstance(source, ApiSource):
            vendor = vendor_of(source.type)
            assert set(vendor.options) <= words | {"api_version"}, name
            options = vendor_options(vendor, source.options, name)
            for entity, told in source.tables.items():
                vendor_table(vendor, entity, told, options, name)

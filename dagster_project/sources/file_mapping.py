"""The mapping from foreign columns to the input contract, as one DuckDB statement."""

import re
from dataclasses import dataclass
from functools import cache, cached_property
from zoneinfo import available_timezones

import duckdb

from dagster_project.contract import ContractColumn, Entity
from dagster_project.settings import ColumnMapping, FileTable
from dagster_project.sources.landing import SourceError

# Blanks of text in any language, and marks without width; a cell of nothing else is empty.
BLANKS = " \t\r\n\u00a0\u2007\u202f\u3000\u200b\u200c\u200d\u2060\ufeff"
EPOCH_UNITS = {"epoch_seconds": 1, "epoch_milliseconds": 1000}
# Columns by which rows of a vendor's pages say more than files do: the fields that are not read by name, as JSON, and
# whether the row shows a later state for a time before.
OTHER_FIELDS, IS_RECONSTRUCTED = "_other_fields", "_is_reconstructed"
SOURCE_IS_RECONSTRUCTED = "_source_is_reconstructed"
# Names in an expression, outside of its text constants.
TEXT_CONSTANT, NAME = re.compile(r"'(?:[^']|'')*'"), re.compile(r'"((?:[^"]|"")+)"|([^\W\d]\w*)')
ROW_AS_TEXT = "cast(to_json(_foreign_row) as varchar)"


def quoted(name: str) -> str:
    """An identifier, safe in SQL."""
    return '"' + name.replace('"', '""') + '"'


def text_literal(value: str) -> str:
    """A text constant, safe in SQL."""
    return "'" + value.replace("'", "''") + "'"


@cache
def _time_zones() -> frozenset[str]:
    """Names of time zones; the machine's own is none that a source could mean."""
    return frozenset(available_timezones()) - {"localtime"}


def _without_blanks(sql: str, kind: str) -> str:
    """A value with blanks as null; types other than text stay as they are."""
    return f"nullif(trim({sql}, {text_literal(BLANKS)}), '')" if kind == "VARCHAR" else sql


@dataclass(frozen=True)
class FileMapping:
    """How the columns of one file (and of a joined second one) become one entity's columns.

    `columns` and `joined_columns` give name and DuckDB type as found in the files.
    """

    entity: Entity
    table: FileTable
    place: str
    columns: dict[str, str]
    joined_columns: dict[str, str]

    @cached_property
    def _found(self) -> dict[str, str]:
        prefix = self.table.join.prefix if self.table.join else ""
        return self.columns | {prefix + name: kind for name, kind in self.joined_columns.items()}

    @cached_property
    def _mapped(self) -> dict[str, ColumnMapping]:
        """Contract column to its origin, each origin checked against the files."""
        told = self.table.columns
        unknown = sorted(set(told) - set(self.entity.column_names))
        if unknown:
            raise SourceError(
                f"{self.place}.columns: {', '.join(unknown)} is no column of the entity {self.entity.name}. "
                f"It has: {', '.join(self.entity.column_names)}."
            )
        mapped = {
            name: ColumnMapping(column=origin) if isinstance(origin, str) else origin for name, origin in told.items()
        } or {name: ColumnMapping(column=name) for name in self.entity.column_names if name in self.columns}
        for name, origin in mapped.items():
            if [origin.column, origin.constant, origin.expression].count(None) != 2:  # noqa: PLR2004 (all but one)
                raise SourceError(f"{self.place}.columns.{name}: give one of `column`, `constant` and `expression`.")
            if origin.column is not None:
                self._require(origin.column, f"columns.{name}")
        for column in self.entity.columns:
            if (column.is_required or column.name in self.key) and column.name not in mapped:
                raise SourceError(
                    f"{self.place}: the required column {column.name} is not mapped, and the file has no column of "
                    f"that name. The file has: {', '.join(self.columns)}."
                )
        return mapped

    @cached_property
    def _kinds(self) -> dict[str, str]:
        """DuckDB type of each expression, by contract column; each is bound to the files' columns, without a row."""
        told = {name: origin.expression for name, origin in self._mapped.items() if origin.expression is not None}
        if not told:
            return {}
        row = ", ".join(f"cast(null as {kind}) as {quoted(name)}" for name, kind in self._found.items())
        kinds = {}
        with duckdb.connect() as connection:
            for name, expression in told.items():
                try:
                    bound = f"describe select ({expression}) as told, * from (select {row} where false) as files"
                    kinds[name] = str(connection.execute(bound).fetchall()[0][1])
                except duckdb.Error as error:
                    raise SourceError(
                        f"{self.place}.columns.{name}: the expression {expression} cannot be read: "
                        f"{str(error).splitlines()[0]} The file has: {', '.join(self._found)}."
                    ) from error
        return kinds

    @property
    def _named_in_expressions(self) -> set[str]:
        """Foreign columns that an expression names."""
        texts = [TEXT_CONSTANT.sub("", origin.expression) for origin in self._mapped.values() if origin.expression]
        names = {(match[1] or match[2]).lower() for text in texts for match in NAME.finditer(text)}
        return {name for name in self.columns if name.lower() in names}

    def _require(self, column: str, where: str) -> None:
        if column not in self._found:
            raise SourceError(
                f"{self.place}.{where}: the file has no column '{column}'. It has: {', '.join(self._found)}. "
                f"Correct the mapping, or ask the source for the column."
            )

    @property
    def key(self) -> tuple[str, ...]:
        """Contract columns that identify a row; empty where the whole row does."""
        if self.table.key == "whole_row":
            return ()
        return tuple(self.table.key or self.entity.key)

    @property
    def fed_columns(self) -> tuple[str, ...]:
        """Contract columns that the files fill."""
        return tuple(self._mapped)

    def mapped_sql(self, source_name: str, reader: str, joined_reader: str | None) -> str:
        """Create the temporary table `mapped`: one row per row read, typed, with `_rejection` where typing failed."""
        contract = self.entity.columns
        picked = ",\n".join(f"{self._picked(column)} as {quoted('from_' + column.name)}" for column in contract)
        typed = ",\n".join(f"{self._typed(column)} as {quoted('to_' + column.name)}" for column in contract)
        final = ",\n".join(f"{quoted('to_' + column.name)} as {quoted(column.name)}" for column in contract)
        return f"""
            create or replace temp table mapped as
            with read_rows as (select row_number() over () as _row_number, * from {reader}),
            joined_rows as ({self._joined(joined_reader)}),
            picked as (
                select
                    _row_number, _source_file as _file, {self._keep()} as _is_kept,
                    {self._source_time()} as _source_time,
                    {self._is_reconstructed()} as {SOURCE_IS_RECONSTRUCTED},
                    {self._extra()} as _extra, {self._foreign_row()} as _foreign_row,
                    {picked}
                from joined_rows
            ),
            typed as (select *, {typed} from picked),
            judged as (select *, {self._rejection()} as _rejection from typed)
            select
                {final},
                _extra,
                {text_literal(source_name + ":")} || {self._record_key()} as _record_key,
                md5(concat_ws(chr(31), {self._hashed()})) as _row_hash,
                _row_number, _source_time, {SOURCE_IS_RECONSTRUCTED}, _file, _is_kept, _rejection,
                -- Text of the whole row is dear, and only a rejected row is kept as text.
                case when _rejection is not null then {ROW_AS_TEXT} end as _source_row
            from judged
        """

    def _joined(self, joined_reader: str | None) -> str:
        join = self.table.join
        if join is None or joined_reader is None:
            return "select * from read_rows"
        for left, right in join.on.items():
            self._require(left, "join.on")
            self._require(join.prefix + right, "join.on")
        taken = ", ".join(f"second.{quoted(name)} as {quoted(join.prefix + name)}" for name in self.joined_columns)
        matched = " and ".join(f"first.{quoted(left)} = second.{quoted(right)}" for left, right in join.on.items())
        return f"select first.*, {taken} from read_rows as first left join {joined_reader} as second on {matched}"

    def _text(self, column: str) -> str:
        return _without_blanks(quoted(column), self._found[column])

    def _keep(self) -> str:
        rules = []
        for rule in self.table.keep:
            self._require(rule.column, "keep")
            text = f"coalesce(cast({quoted(rule.column)} as varchar), '')"
            if rule.one_of is not None:
                rules.append(f"{text} in ({', '.join(map(text_literal, rule.one_of))})")
            if rule.none_of is not None:
                rules.append(f"{text} not in ({', '.join(map(text_literal, rule.none_of))})")
        return " and ".join(rules) or "true"

    def _source_time(self) -> str:
        if self.table.known_at is None:
            return "cast(null as timestamp)"
        self._require(self.table.known_at, "known_at")
        return self._timestamp(self._text(self.table.known_at), self._found[self.table.known_at])

    def _is_reconstructed(self) -> str:
        return quoted(IS_RECONSTRUCTED) if IS_RECONSTRUCTED in self.columns else "false"

    def _extra(self) -> str:
        if OTHER_FIELDS in self.columns:
            return quoted(OTHER_FIELDS)
        used = {origin.column for origin in self._mapped.values()} | {self.table.known_at} | self._named_in_expressions
        left = [name for name in self.columns if name not in used]
        fields = ", ".join(f"{text_literal(name)}: {quoted(name)}" for name in left)
        # Merging drops nulls, so that a new empty column is no new version of every row.
        return f"nullif(cast(json_merge_patch('{{}}', to_json({{{fields}}})) as varchar), '{{}}')" if left else "null"

    def _foreign_row(self) -> str:
        fields = ", ".join(f"{text_literal(name)}: {quoted(name)}" for name in self.columns)
        return f"{{{fields}}}"

    def _picked(self, column: ContractColumn) -> str:
        origin = self._mapped.get(column.name)
        if origin is None:
            return "cast(null as varchar)"
        if origin.expression is not None:
            return _without_blanks(f"({origin.expression})", self._kinds[column.name])
        if origin.column is None:
            return text_literal(str(origin.constant))
        return self._text(origin.column)

    def _typed(self, column: ContractColumn) -> str:
        source = quoted("from_" + column.name)
        origin = self._mapped.get(column.name)
        if origin is None:
            return f"cast(null as {column.data_type})"
        kind = self._found[origin.column] if origin.column else self._kinds.get(column.name, "VARCHAR")
        if origin.values is not None:
            cases = " ".join(
                f"when {text_literal(theirs)} then {text_literal(ours)}" for theirs, ours in origin.values.items()
            )
            otherwise = text_literal(origin.otherwise) if origin.otherwise is not None else "null"
            source = f"(case cast({source} as varchar) {cases} else {otherwise} end)"
            kind = "VARCHAR"
        if origin.format in EPOCH_UNITS:
            seconds = f"try_cast({source} as decimal(20, 3)) / {EPOCH_UNITS[origin.format]}"
            moment = f"timezone('UTC', to_timestamp(cast({seconds} as double)))"
            return f"cast({moment} as date)" if column.data_type == "date" else moment
        if origin.format is not None:
            moment = f"try_strptime(cast({source} as varchar), {text_literal(origin.format)})"
            # The session's zone is the table's; a format with %z gives a moment that has its own.
            zoned = f"timezone('UTC', cast({moment} as timestamptz))"
            return f"cast({moment} as date)" if column.data_type == "date" else zoned
        if column.data_type == "timestamp":
            return self._timestamp(source, kind)
        if column.data_type in {"integer", "bigint"}:
            # A cast would round 12.6 to 13 without a word.
            return (
                f"case when try_cast({source} as double) = try_cast({source} as {column.data_type}) "
                f"then try_cast({source} as {column.data_type}) end"
            )
        return f"try_cast({source} as {column.data_type})"

    def _timestamp(self, source: str, kind: str) -> str:
        if kind == "TIMESTAMP" and self.table.timezone == "UTC":
            return source
        return f"timezone('UTC', try_cast({source} as timestamptz))"

    def _rejection(self) -> str:
        cases = []
        for column in self.entity.columns:
            origin, source, typed = (
                self._mapped.get(column.name),
                quoted("from_" + column.name),
                quoted("to_" + column.name),
            )
            if origin is None:
                continue
            value = f"'column_name': {text_literal(column.name)}, 'value': cast({source} as varchar)"
            wrong = "unknown_value" if origin.values is not None else "wrong_type"
            cases.append(f"when {source} is not null and {typed} is null then {{'reason': '{wrong}', {value}}}")
            if column.is_required or column.name in self.key:
                cases.append(f"when {typed} is null then {{'reason': 'missing_value', {value}}}")
            if column.accepted_values:
                accepted = ", ".join(map(text_literal, column.accepted_values))
                cases.append(f"when {typed} not in ({accepted}) then {{'reason': 'unknown_value', {value}}}")
            if column.is_time_zone:
                known = ", ".join(map(text_literal, sorted(_time_zones())))
                cases.append(f"when {typed} not in ({known}) then {{'reason': 'unknown_value', {value}}}")
        if self.table.known_at is not None:
            value = f"'column_name': {text_literal(self.table.known_at)}, 'value': cast(null as varchar)"
            cases.append(f"when _source_time is null then {{'reason': 'missing_known_at', {value}}}")
        return f"case {' '.join(cases)} end"

    def _record_key(self) -> str:
        if not self.key:
            return f"md5({ROW_AS_TEXT})"
        return "concat_ws('|', " + ", ".join(f"cast({quoted('to_' + name)} as varchar)" for name in self.key) + ")"

    def _hashed(self) -> str:
        parts = [f"coalesce(cast({quoted('to_' + name)} as varchar), chr(30))" for name in self.entity.column_names]
        return ", ".join([*parts, "coalesce(cast(_extra as varchar), chr(30))"])

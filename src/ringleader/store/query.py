"""SQL over the tables, by DuckDB: views over exactly the files of the manifest, shut off from everything else."""

from __future__ import annotations

import glob
import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import pyarrow as pa

from ringleader.errors import UsageError
from ringleader.schema import tables


def run(text: str, files: Mapping[str, Sequence[Path]]) -> pa.Table:
    """``files`` gives the Parquet files of each table. Only tables named in ``text`` are opened: a view over
    thousands of event files costs a look at each. Column names are without case in SQL: where two differ only in
    case, DuckDB adds ``_1``."""
    import duckdb  # here, because workers never ask and its import is a tenth of their start

    with duckdb.connect(":memory:") as connection:
        connection.execute("SET TimeZone = 'UTC'")
        wanted = {table: paths for table, paths in files.items() if re.search(rf"\b{table}\b", text, re.IGNORECASE)}
        for table, paths in wanted.items():
            if paths:
                # Paths are data, but DuckDB expands patterns in them and takes no parameters in a view.
                names = _list(glob.escape(str(path)) for path in paths)
                connection.execute(f"CREATE VIEW {table} AS FROM read_parquet({names}, union_by_name = true)")
            else:
                connection.register(table, tables.ALL[table].empty_table())
        plain = [str(path) for paths in wanted.values() for path in paths]
        connection.execute(f"SET allowed_paths = {_list([*plain, *map(glob.escape, plain)])}")
        connection.execute("SET enable_external_access = false")
        connection.execute("SET lock_configuration = true")
        try:
            answer = connection.sql(text)
        except duckdb.Error as error:
            raise UsageError(f"the query failed: {error}") from error
        if answer is None:
            raise UsageError("the statement has no answer", hint="only queries make sense here: SELECT, FROM, WITH")
        return answer.to_arrow_table()


def _list(texts: Iterable[str]) -> str:
    """A list of texts as SQL writes it."""
    return "[" + ", ".join("'" + text.replace("'", "''") + "'" for text in texts) + "]"

"""Tables as Parquet files under ``CASE/store``, made visible by an append-only manifest; DuckDB for queries over
them."""

from ringleader.store.dataset import Store
from ringleader.store.layout import FIELD_PREFIX, MIXED, Layout
from ringleader.store.manifest import File
from ringleader.store.transaction import Transaction, sha256_file
from ringleader.store.verify import Difference

__all__ = ["FIELD_PREFIX", "MIXED", "Difference", "File", "Layout", "Store", "Transaction", "sha256_file"]

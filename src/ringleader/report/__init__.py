"""Write what was found for people: one HTML file that needs no network."""

from ringleader.report.model import Model, Tables, from_store, from_tables
from ringleader.report.page import build
from ringleader.report.stage import Summary, run

__all__ = ["Model", "Summary", "Tables", "build", "from_store", "from_tables", "run"]

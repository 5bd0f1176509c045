"""Write what was found for people: one HTML file that needs no network, and the same in other forms."""

from ringleader.report.assemble import from_store, from_tables
from ringleader.report.model import Model
from ringleader.report.renderers import RENDERERS
from ringleader.report.source import Marking, Tables
from ringleader.report.stage import Summary, build, run

__all__ = ["RENDERERS", "Marking", "Model", "Summary", "Tables", "build", "from_store", "from_tables", "run"]

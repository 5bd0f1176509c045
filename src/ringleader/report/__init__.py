"""Write what was found for people: one HTML file that needs no network, and the same as Markdown and JSON."""

from ringleader.report.assemble import from_tables
from ringleader.report.model import Model
from ringleader.report.renderers import RENDERERS
from ringleader.report.source import Tables
from ringleader.report.stage import Options, Summary, build, run

__all__ = ["RENDERERS", "Model", "Options", "Summary", "Tables", "build", "from_tables", "run"]

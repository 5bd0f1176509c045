"""What is published about groups: ATT&CK's groups, software, techniques and campaigns, who uses what, and which report
says so. ``Knowledge.load`` reads it; :mod:`ringleader.knowledge.build` makes it from a bundle."""

from ringleader.knowledge.base import BUILT_IN, Entity, Knowledge, Relation
from ringleader.knowledge.citation import Report

__all__ = ["BUILT_IN", "Entity", "Knowledge", "Relation", "Report"]

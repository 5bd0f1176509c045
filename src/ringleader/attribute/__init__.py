"""Whom evidence is like, how sure that is, and what would change it: known groups and "unknown", calibrated on the
reports of the knowledge itself."""

from ringleader.attribute.model import Model
from ringleader.attribute.ranking import UNKNOWN, Attribution, Attributor, Candidate

__all__ = ["UNKNOWN", "Attribution", "Attributor", "Candidate", "Model"]

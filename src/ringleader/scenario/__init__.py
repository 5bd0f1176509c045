"""A synthetic telecom operator: raw evidence in its native formats and, apart from it, the truth. All of it is inert:
lines in logs about things that never happened."""

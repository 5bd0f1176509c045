"""How far to trust what Ringleader says: measured on the knowledge's own reports, each held out."""

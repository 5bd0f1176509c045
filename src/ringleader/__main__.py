"""``python -m ringleader`` is the same as the ``ringleader`` command."""

from ringleader.cli import main

main()

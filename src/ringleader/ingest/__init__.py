"""Parse any supported evidence; record what was read and what could not be. ``run.ingest`` is the stage;
``stream.Stream`` and ``stream.read`` are for reading without a store. Nothing is imported here: ``scan`` starts without
Arrow."""

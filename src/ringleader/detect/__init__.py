"""Detect: Sigma rules over events. ``stage.run`` is the stage; ``ruleset.load`` and its ``matcher`` are for matching
without a store. Nothing is imported here: a worker of ``scan`` starts without pySigma and Arrow."""

"""The sections of the score, one file each: ``score(matched)`` returns the file's ``Figures``."""

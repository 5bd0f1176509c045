"""How each source writes its lines: one module for each, every function one sort of line."""

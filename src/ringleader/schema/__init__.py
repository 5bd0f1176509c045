"""The words that the stages share: tables, kinds, values, batches."""

"""A thought with recall in it: triggers, branches, selection, quotes and receipts."""

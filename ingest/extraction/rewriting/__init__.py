"""Procedures in the trace's own words: its requests, headings and method sentences, with the particulars abstracted."""

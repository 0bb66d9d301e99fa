"""Tests of sheets: content, both encodings, merging; and what a hostile workbook comes to."""

"""Work offline: an audit as a workbook or JSON, out and in again, and two sheets of one audit merged."""

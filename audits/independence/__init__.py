"""Who may audit here: the register of firms and auditors, conflict declarations, and the draw of an assignment."""

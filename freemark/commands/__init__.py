"""Commands of the command line that fill a page of their own; `freemark.cli` holds the tree and the rest."""

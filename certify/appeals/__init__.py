"""Notices with grounds, replies, appeals decided by other people, and what an appeal won leads to."""

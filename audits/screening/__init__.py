"""Exclusion lists: taken in, held against sites, owners and agents, every likeness explained and judged by a person."""

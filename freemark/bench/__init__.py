"""The figures: what Freemark costs, each as a ratio to a floor that is measured in the same run.

`make bench` prints them and writes bench-results.json {name: {value, unit, floor, ratio}}. Nothing here decides
whether a figure is good: a machine is fast or slow, a ratio is neither.
"""

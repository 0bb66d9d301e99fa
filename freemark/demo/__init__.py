"""The demonstration: the four journeys, told over HTTP by a cast of six, in a world that stays on disk.

Owns nothing that a real installation needs. Everything it does, it does through the public API, as people would.
"""

"""Standalone listener for what comes back: reads non-delivery reports and records them."""

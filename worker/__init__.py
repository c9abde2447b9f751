"""The processes that work through the queue, and the one that keeps it filled."""

"""A load generator: virtual users on a thread pool driven by asyncio futures."""

__version__ = "0.1.0"

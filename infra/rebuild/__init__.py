"""Rebuilding what a subscription has written, from the feeds, beside it and while it goes on."""

from infra.rebuild.rebuilds import Rebuilds

__all__ = ["Rebuilds"]

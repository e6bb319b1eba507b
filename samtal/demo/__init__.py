"""samtal demo: the programme's own figures at scale, played through the HTTP APIs."""

from samtal.demo.verb import command

__all__ = ["command"]

"""samtal doctor: what is wrong with this installation, and what to do about it."""

from samtal.doctor.verb import command

__all__ = ["command"]

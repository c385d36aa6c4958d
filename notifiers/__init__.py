"""Notifiers tell: one message, one channel, one outcome. They never know what stock is."""

"""From a page to what it says: the whole pure reading path, in the order of its doubts.

wall? -> gone? -> whole? -> readable? -> this product? -> what its data says -> what its words say -> weigh
"""

from watchers.readers.path import read

__all__ = ["read"]

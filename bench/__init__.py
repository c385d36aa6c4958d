"""What `make bench` runs: the whole product against a bare fetch loop, in one run, in turn."""

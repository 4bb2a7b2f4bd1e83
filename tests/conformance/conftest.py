"""Nothing here is a test of this project: run.py runs the interpreters' own, and driver is what they load."""

collect_ignore_glob = ["*"]

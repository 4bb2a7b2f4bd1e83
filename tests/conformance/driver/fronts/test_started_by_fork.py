"""The installed tests of multiprocessing under fork, for a build that left their start files out."""

from test._test_multiprocessing import install_tests_in_module_dict

install_tests_in_module_dict(globals(), "fork")

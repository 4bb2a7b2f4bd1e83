"""For the laid-out site only: what Python must not try under Wine, since the process would end."""

import sys

if sys.platform == "win32":
    import _winapi

    # Wine 8 aborts on CopyFile2; shutil looks for it by hasattr() and copies by itself without.
    if hasattr(_winapi, "CopyFile2"):
        del _winapi.CopyFile2

"""Write every layout into a folder of its own."""

import sys
from pathlib import Path

from tests.archives import long, packets, rows, texts, wide  # noqa: F401 - register
from tests.archives.kit import LAYOUTS

for name, one in LAYOUTS.items():
    folder = Path(sys.argv[1]) / name
    one.write(folder)
    if one.mapping:
        (folder / "mapping.toml").write_text(one.mapping)
    print(f"{folder}: {one.trap}")

"""Print the requirements that pyproject.toml names, one a line, for `pip install -r`.

    python tools/requirements.py [EXTRA ...]

pip could read them from the project itself, but only by installing the project, and Precis is
run from its checkout: nothing called `engine` or `ui` belongs in site-packages.
"""

import sys
import tomllib
from pathlib import Path

project = tomllib.loads((Path(__file__).parent.parent / "pyproject.toml").read_text("utf-8"))["project"]
for requirement in project["dependencies"]:
    print(requirement)
for extra in sys.argv[1:]:
    for requirement in project["optional-dependencies"][extra]:
        print(requirement)

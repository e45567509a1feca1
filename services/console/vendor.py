"""Fetch the browser libraries from exact npm pins: `python -m services.console.vendor`.

The files are committed, so only somebody who moves a pin needs npm. Beside them, manifest.json says
for each library its version, licence and the sha256 of every file; a test holds the files to it.
"""

from __future__ import annotations

import hashlib
import io
import json
import re
import subprocess
import tarfile
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

HERE = Path(__file__).parent
STATIC = HERE / "static" / "vendor"
TESTS = HERE.parents[1] / "tests" / "system" / "vendor"
SPRITE = "icons.svg"


@dataclass(frozen=True)
class Library:
    """One npm package: which of its files go where."""

    name: str
    version: str
    licence: str
    files: dict[str, str]
    target: Path = STATIC
    icons: tuple[str, ...] = field(default=())


ICONS = tuple(
    """
    alert-triangle arrow-down arrow-up check chevron-down chevron-right circle-check circle-x
    clock copy device-floppy download edit eye file-import file-spreadsheet folder-plus home
    hourglass inbox info-circle key language loader-2 lock logout mail mail-check mail-forward
    mail-off phone player-pause player-play player-stop plus refresh route search send tag trash
    upload user user-check user-circle user-off user-plus users users-group x
    """.split()  # noqa: SIM905
)

LIBRARIES = (
    Library(
        "@tabler/core",
        "1.6.1",
        "MIT",
        {"dist/css/tabler.min.css": "tabler.min.css", "dist/js/tabler.min.js": "tabler.min.js"},
    ),
    Library("htmx.org", "2.0.11", "0BSD", {"dist/htmx.min.js": "htmx.min.js"}),
    Library("@alpinejs/csp", "3.17.4", "MIT", {"dist/cdn.min.js": "alpine-csp.min.js"}),
    Library(
        "@fontsource-variable/inter",
        "5.3.0",
        "OFL-1.1",
        {
            "files/inter-latin-wght-normal.woff2": "inter-latin.woff2",
            "files/inter-latin-ext-wght-normal.woff2": "inter-latin-ext.woff2",
            "LICENSE": "inter-LICENSE.txt",
        },
    ),
    Library("@tabler/icons", "3.51.0", "MIT", {}, icons=ICONS),
    Library("axe-core", "4.14.1", "MPL-2.0", {"axe.min.js": "axe.min.js"}, target=TESTS),
)


def fetch(library: Library) -> tarfile.TarFile:
    """Download the exact version; npm checks it against the registry's own digest."""
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run(
            ["npm", "pack", "--silent", f"{library.name}@{library.version}"],
            cwd=folder,
            check=True,
            stdout=subprocess.DEVNULL,
        )
        [archive] = Path(folder).glob("*.tgz")
        return tarfile.open(fileobj=io.BytesIO(archive.read_bytes()))


def member(archive: tarfile.TarFile, path: str) -> bytes:
    file = archive.extractfile(f"package/{path}")
    if file is None:
        raise FileNotFoundError(path)
    return file.read()


def sprite(archive: tarfile.TarFile, names: tuple[str, ...]) -> bytes:
    """Return one SVG with a symbol per icon, so that a page loads them all with one request."""
    symbols = []
    for name in names:
        svg = member(archive, f"icons/outline/{name}.svg").decode()
        inner = re.sub(r"^.*?<svg.*?>|</svg>\s*$|\s*\n\s*", "", svg, flags=re.DOTALL)
        symbols.append(f'<symbol id="{name}" viewBox="0 0 24 24">{inner}</symbol>')
    lines = ['<svg xmlns="http://www.w3.org/2000/svg">', *symbols, "</svg>", ""]
    return "\n".join(lines).encode()


def without_source_map(content: bytes) -> bytes:
    """Drop the pointer to a source map that is not shipped: browsers would ask for it in vain."""
    return re.sub(rb"\n?(//|/\*)# sourceMappingURL=\S+( \*/)?\s*$", b"\n", content)


def install(library: Library) -> dict[str, object]:
    archive = fetch(library)
    library.target.mkdir(parents=True, exist_ok=True)
    contents = {
        name: without_source_map(member(archive, path)) for path, name in library.files.items()
    }
    if library.icons:
        contents[SPRITE] = sprite(archive, library.icons)
    for name, content in contents.items():
        (library.target / name).write_bytes(content)
    return {
        "name": library.name,
        "version": library.version,
        "licence": library.licence,
        "files": {name: hashlib.sha256(content).hexdigest() for name, content in contents.items()},
    }


def main() -> None:
    for target in (STATIC, TESTS):
        entries = [install(library) for library in LIBRARIES if library.target == target]
        (target / "manifest.json").write_text(json.dumps(entries, indent=2) + "\n")


if __name__ == "__main__":
    main()

"""Extensions made for the tests: the .vsix layout that VS Code's own packaging tool writes."""

from __future__ import annotations

import json
import zipfile
from io import BytesIO

_MANIFEST = """<?xml version="1.0" encoding="utf-8"?>
<PackageManifest Version="2.0.0" xmlns="http://schemas.microsoft.com/developer/vsx-schema/2011">
<Metadata><Identity Language="en-US" Id="{name}" Version="{version}" Publisher="{publisher}"/>
<DisplayName>{name}</DisplayName><Description>made for a test</Description><Categories>Other</Categories>
<Properties><Property Id="Microsoft.VisualStudio.Code.Engine" Value="^1.40.0"/></Properties></Metadata>
<Installation><InstallationTarget Id="Microsoft.VisualStudio.Code"/></Installation><Dependencies/>
<Assets><Asset Type="Microsoft.VisualStudio.Code.Manifest" Path="extension/package.json" Addressable="true"/></Assets>
</PackageManifest>"""
_TYPES = """<?xml version="1.0" encoding="utf-8"?>
<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">
<Default Extension=".json" ContentType="application/json"/><Default Extension=".vsixmanifest" ContentType="text/xml"/>
</Types>"""


def manifest(publisher: str, name: str, version: str) -> dict[str, object]:
    """The extension's package.json."""
    return {
        "name": name,
        "publisher": publisher,
        "version": version,
        "displayName": name,
        "engines": {"vscode": "^1.40.0"},
        "categories": ["Other"],
        "contributes": {},
    }


def vsix(publisher: str, name: str, version: str = "1.0.0") -> bytes:
    """A whole .vsix file of an extension that contributes nothing."""
    packed = BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("extension.vsixmanifest", _MANIFEST.format(publisher=publisher, name=name, version=version))
        archive.writestr("[Content_Types].xml", _TYPES)
        archive.writestr("extension/package.json", json.dumps(manifest(publisher, name, version)))
    return packed.getvalue()

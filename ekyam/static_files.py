"""Static files under names that change with what is in them: browsers keep them for ever."""

from whitenoise.storage import CompressedManifestStaticFilesStorage

# Of our own modules: Django would also read those of libraries, and what they have in comments.
_MODULES = "js/*.js"
_IMPORTED = r"""(?P<matched>from\s+["'](?P<url>\./[^"']+)["'])"""


class StaticFiles(CompressedManifestStaticFilesStorage):  # type: ignore[misc]
    """Scripts name the modules that they import by their new names too: a page never mixes those of
    two versions."""

    patterns = (
        *CompressedManifestStaticFilesStorage.patterns,
        (_MODULES, ((_IMPORTED, 'from "%(url)s"'),)),
    )

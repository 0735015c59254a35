"""Text that a person uploads or pastes, and text that they take home."""

import re

from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext

from flows.sheet import MOST_CHARACTERS

_UNFIT = re.compile(r"[^\w. -]+", re.ASCII)


class NotText(ValueError):
    """What was uploaded is no text or empty, or nothing was; the message says which."""


def read_sheet_text(request: HttpRequest) -> str:
    """The file if there is one, else what was pasted. Raises NotText."""
    upload = request.FILES.get("file")
    if not isinstance(upload, UploadedFile):
        text = str(request.POST.get("text", ""))
        if not text.strip():
            raise NotText(gettext("Choose a file, or paste its text."))
        return text
    if (upload.size or 0) > MOST_CHARACTERS * 4:
        raise NotText(
            gettext("The file is larger than {size} MB.").format(
                size=MOST_CHARACTERS * 4 // 1_000_000
            )
        )
    body = upload.read()
    is_wide = body[:2] in (b"\xff\xfe", b"\xfe\xff")
    text = _decoded(body, "utf-16" if is_wide else "utf-8-sig")
    if not text.strip():
        raise NotText(gettext("The file is empty."))
    return text


def _decoded(body: bytes, encoding: str) -> str:
    try:
        return body.decode(encoding)
    except UnicodeDecodeError as error:
        raise NotText(gettext("The file is no text in UTF-8: save it as «CSV UTF-8».")) from error


def attachment(name: str, text: str, kind: str) -> HttpResponse:
    answer = HttpResponse(text, content_type=f"{kind}; charset=utf-8")
    safe = _UNFIT.sub("-", name)
    answer["Content-Disposition"] = f'attachment; filename="{safe}"'
    return answer

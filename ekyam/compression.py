"""Which answers are sent compressed: pages and files that are looked at, never a form's answer."""

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.middleware.gzip import GZipMiddleware

STREAM = "text/event-stream"


class Compression(GZipMiddleware):
    """A page of 50 orders is a tenth as long compressed.

    How long a compressed answer is tells something of what is in it, to whoever can both put words
    into it and watch its length (BREACH). So: what shows a secret once is the answer to a form, and
    those are sent as they are; the form's token is masked anew in each page; Django adds a random
    number of bytes; and our cookies come along with no request that another site makes unseen
    (SameSite). What is told bit by bit is not held back until there is enough to compress.
    """

    def process_response(
        self, request: HttpRequest, response: HttpResponseBase
    ) -> HttpResponseBase:
        is_stream = response.headers.get("Content-Type", "").startswith(STREAM)
        if request.method != "GET" or is_stream or response.status_code != 200:
            return response
        return super().process_response(request, response)

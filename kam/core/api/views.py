"""The base classes of every REST view, so that none forgets access, errors or idempotency."""

from collections.abc import Callable, Iterable, Mapping
from functools import partial
from typing import Any, ClassVar

from django.db import transaction
from django.http.response import HttpResponseBase
from rest_framework import generics
from rest_framework.negotiation import BaseContentNegotiation
from rest_framework.parsers import BaseParser
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request
from rest_framework.views import APIView

from kam.core.api import idempotency
from kam.core.api.throttling import TokenThrottle


class AlwaysJson(BaseContentNegotiation):
    """JSON whatever the client says it accepts: there is nothing else."""

    def select_parser(self, request: Request, parsers: Iterable[BaseParser]) -> BaseParser | None:
        wanted = request.content_type.partition(";")[0].strip().lower()
        return next((parser for parser in parsers if parser.media_type == wanted), None)

    def select_renderer(
        self,
        request: Request,
        renderers: Iterable[BaseRenderer],
        format_suffix: str | None = None,
    ) -> tuple[BaseRenderer, str]:
        renderer = next(iter(renderers))
        return renderer, renderer.media_type


class ApiMixin(APIView):
    """What all REST views share. Declare the scope, and the permission for people, per method."""

    required_scopes: ClassVar[Mapping[str, str | tuple[str, ...]]] = {}
    required_permissions: ClassVar[dict[str, str]] = {}
    # Lists: the order of the rows; that of `?updated_since=` where clients mirror the list.
    keyset: ClassVar[tuple[str, ...]] = ("pk",)
    updated_keyset: ClassVar[tuple[str, ...]] = ()

    content_negotiation_class = AlwaysJson
    throttle_classes = [TokenThrottle]
    http_method_names = ["get", "head", "post", "put", "patch", "delete"]

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        if call := idempotency.call_of(request):
            handler = getattr(self, "post")  # noqa: B009 (views without POST have been refused)
            self.post: Callable[..., HttpResponseBase] = partial(self._post_once, call, handler)

    def _post_once(
        self,
        call: idempotency.Call,
        handler: Callable[..., HttpResponseBase],
        request: Request,
        *args: Any,
        **kwargs: Any,
    ) -> HttpResponseBase:
        """Run the handler, or replay its first answer. What it wrote and what is kept of its
        answer are one transaction, so neither is there without the other."""
        with idempotency.exclusive(call.token, call.key):
            if kept := idempotency.kept_answer(call):
                return kept
            try:
                with transaction.atomic():
                    response = self._rendered(request, handler(request, *args, **kwargs))
                    idempotency.keep(call, response)
            except Exception as exc:  # what is not a refusal is raised again
                response = self._rendered(request, self.handle_exception(exc))
                idempotency.keep(call, response)
        return response

    def _rendered(self, request: Request, response: Any) -> HttpResponseBase:
        response = self.finalize_response(request, response)
        return response.render()


class ApiView(ApiMixin):
    """One REST resource that is not a plain list or detail."""


class ListApiView(ApiMixin, generics.ListAPIView[Any]):
    """A paged list: `get_queryset()`, `serializer_class` and `keyset`."""


class DetailApiView(ApiMixin, generics.RetrieveAPIView[Any]):
    """One object by its natural key: `get_queryset()`, `serializer_class`, `lookup_field`."""


class GenericApiView(ApiMixin, generics.GenericAPIView[Any]):
    """For views with several methods over one queryset."""

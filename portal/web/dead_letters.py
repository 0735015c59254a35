"""Dead letters by their cause, and a replay of all that died of one."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render

from ekyam.tenants.rights import Right
from flows.operations.replay_many import replay_many
from flows.queries.dead_letters import find_dead_group, list_dead, list_dead_groups, list_dead_ids
from portal.web.access import SeatedRequest, form_page, page

MOST_AT_ONCE = 500


@page
def dead_letters(request: SeatedRequest) -> HttpResponse:
    groups = list_dead_groups()
    context = {"groups": groups, "count": sum(group.count for group in groups)}
    return render(request, "portal/dead_letters.html", context)


@page
def dead_group(request: SeatedRequest, key: str) -> HttpResponse:
    found = list_dead(key, after=request.GET.get("after", ""))
    return render(request, "portal/dead_group.html", {"group": find_dead_group(key), "page": found})


@form_page(Right.OPERATE)
def replay_group(request: SeatedRequest, key: str) -> HttpResponse:
    """First how many and which; then they go."""
    group = find_dead_group(key)
    at_once = min(group.count, MOST_AT_ONCE)
    if request.method != "POST":
        return render(request, "portal/replay_group.html", {"group": group, "at_once": at_once})
    replayed = replay_many(list_dead_ids(key, limit=MOST_AT_ONCE), cause=group.failure)
    messages.success(request, f"{replayed} of {group.count} dead letters are sent again.")
    return redirect("dead_letters")

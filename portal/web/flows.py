"""Flows along the chain, each with its On light and its switch."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse

from ekyam.tenants.rights import Right
from flows.models import Flow
from flows.operations.complete import Incomplete
from flows.operations.configure import switch_off, switch_on
from flows.queries.home import answer
from flows.queries.lights import list_chains, list_flows
from flows.queries.stock.layout import list_stock_flows
from flows.queries.stock.syncs import newest_syncs
from flows.states import IllegalMove
from portal.web.access import SeatedRequest, act, page


@page
def flows(request: SeatedRequest) -> HttpResponse:
    rows, of_stock = list_flows(), list_stock_flows()
    syncs = newest_syncs(of_stock)
    context = {
        "chains": list_chains(rows),
        "answer": answer(rows),
        "stock": {flow.public_id: syncs.get(flow.public_id) for flow in of_stock},
    }
    return render(request, "portal/flows.html", context)


@act(Right.CONFIGURE)
def switch(request: SeatedRequest, id: str) -> HttpResponse:
    flow = Flow.get_public(id)
    if request.POST.get("to") == "on":
        try:
            switch_on(flow)
            messages.success(request, f"{flow.label} is on.")
        except Incomplete as reason:
            messages.error(request, str(reason))
            return redirect(f"{reverse('verify_flow', kwargs={'id': id})}?of=published")
        except IllegalMove as reason:
            messages.error(request, str(reason))
    else:
        switch_off(flow)
        messages.success(request, f"{flow.label} is off. What is open waits.")
    return redirect("flows")

"""When a browser first shows something of a page: headless Chromium, Debian's own."""

from collections.abc import Mapping
from pathlib import Path
from statistics import median

CHROMIUM = Path("/usr/bin/chromium")
ROUNDS = 5
PAINTED = """() => new Promise((tell) => {
    const found = () => performance.getEntriesByName("first-contentful-paint")[0];
    if (found()) return tell(found().startTime);
    new PerformanceObserver(() => found() && tell(found().startTime))
        .observe({ type: "paint", buffered: true });
})"""


def first_paints(
    base: str, cookie: tuple[str, str], addresses: Mapping[str, str]
) -> dict[str, float]:
    """Milliseconds of the first contentful paint, the median of a few; none without a browser."""
    if not CHROMIUM.exists():
        return {}
    # Of the tests' packages: an installation has no need of a browser.
    from playwright.sync_api import sync_playwright

    found = {}
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=str(CHROMIUM))
        context = browser.new_context(base_url=base)
        context.add_cookies([{"name": cookie[0], "value": cookie[1], "url": base}])
        page = context.new_page()
        for name, address in addresses.items():
            times = []
            for _ in range(ROUNDS):
                page.goto(address)
                times.append(float(page.evaluate(PAINTED)))
            found[name] = median(times)
        browser.close()
    return found

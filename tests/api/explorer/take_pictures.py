"""Takes the pictures of docs/explorer.md: ``python tests/api/explorer/take_pictures.py URL`` of a running service.

It shows what the newest entry, run and job of the namespace `default` are there, and the newest thought that runs, if
one does; it needs Chromium.
"""

import base64
import sys
from pathlib import Path

from webdriver import Browser, browsing

FOLDER = Path(__file__).parents[3] / "docs" / "explorer"
WIDTH, HEIGHT = 860, 600


def take(browser: Browser, name: str, heading: str) -> None:
    """Write what is seen from a heading on."""
    top = browser.run(
        "return document.getElementById(arguments[0]).getBoundingClientRect().top + scrollY - 12", heading
    )
    clip = {"x": 0, "y": max(0, top), "width": WIDTH, "height": HEIGHT, "scale": 1}
    taken = browser.emulate("Page.captureScreenshot", format="webp", quality=35, clip=clip, captureBeyondViewport=True)
    (FOLDER / f"{name}.webp").write_bytes(base64.b64decode(taken["data"]))


def take_all(browser: Browser, url: str) -> None:
    """Walk through the pages as a person does."""
    place = f"{url}/explore/default"
    browser.open(f"{place}?q=How+many+ways+are+there+to+arrange+letters+that+repeat%3F")
    browser.click("article summary")
    take(browser, "search", "decision")
    browser.open(f"{place}/entries?kind=example")
    browser.click("tbody a")
    browser.click("section[aria-labelledby=provenance] article a")
    browser.run("document.activeElement.blur()")
    take(browser, "provenance", "part-thought")
    browser.prefer("dark")
    browser.open(f"{place}/runs")
    browser.click("h1 ~ table tbody a")
    take(browser, "run", "thought")
    browser.prefer("light")
    take_running(browser, place)
    browser.open(f"{place}/calibration")
    take(browser, "calibration", "main")


def take_running(browser: Browser, place: str) -> None:
    """Show a thought that runs."""
    browser.open(f"{place}/runs")
    running = browser.run("return document.querySelector('section[aria-labelledby=running] a')?.href")
    if running:
        browser.open(running)
        take(browser, "watch", browser.run("return document.querySelector('#parts section:last-child').id"))


if __name__ == "__main__":
    FOLDER.mkdir(exist_ok=True)
    with browsing() as opened:
        opened.emulate(
            "Emulation.setDeviceMetricsOverride", width=WIDTH, height=HEIGHT, deviceScaleFactor=1, mobile=False
        )
        take_all(opened, sys.argv[1])

"""The phones page in a real Chromium, against a real `flask serve`: a journey as a visitor plays it."""

import os
import re
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from urllib.error import URLError

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright
from playwright.sync_api import TimeoutError as NotSeen

from tests.support.missing import chromium

ROOT = Path(__file__).parents[2]
SHOTS = ROOT / "screenshots"
SWITCHES = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
START_SECONDS = 30
SOON_MS = 10_000
EVENT_MS = 1600  # a tick and a look of the page
EVENTS = 16  # more than lie between any two texts of the story

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a demo of its own."""
    folder = tmp_path_factory.mktemp("demo")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    url = f"http://127.0.0.1:{port}"
    settings = {
        "PREPLINE_DEMO__ENABLED": "true",
        "PREPLINE_DATABASE__URL": f"sqlite:///{folder}/demo.sqlite",
        "PREPLINE_INSTANCE": str(folder),
        "PREPLINE_WEB__PORT": str(port),
        "PREPLINE_TWILIO__PUBLIC_URL": url,
        "PREPLINE_SENDING__TICK_SECONDS": "0.2",
    }
    ours = {name: value for name, value in os.environ.items() if not name.startswith(("PREPLINE_", "TWILIO_"))}
    with (folder / "log").open("w") as log:
        process = subprocess.Popen([sys.executable, "-m", "flask", "serve"], cwd=ROOT, env=ours | settings, stdout=log, stderr=log)
        try:
            wait_for(f"{url}/phones", process, folder / "log")
            yield url
        finally:
            process.terminate()
            process.wait(START_SECONDS)


def wait_for(url: str, process: subprocess.Popen[bytes], log: Path) -> None:
    """Return when something answers. Raises AssertionError with the log when the server ends, or takes too long."""
    until = time.monotonic() + START_SECONDS
    while process.poll() is None and time.monotonic() < until:
        try:
            with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(url, timeout=2):
                return
        except URLError:
            time.sleep(0.1)
    raise AssertionError(f"the server did not answer:\n{log.read_text()}")


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """One Chromium for all stories."""
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=chromium(), args=SWITCHES)
        yield started
        started.close()


@pytest.fixture
def page(browser: Browser, server: str) -> Iterator[Page]:
    """The phones page. A script error, or anything the browser refuses to load or run, fails the story."""
    context = browser.new_context(viewport={"width": 1440, "height": 900}, reduced_motion="no-preference")
    opened = context.new_page()
    complaints: list[str] = []
    opened.on("pageerror", lambda error: complaints.append(str(error)))
    opened.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    opened.goto(f"{server}/phones")
    expect(opened.locator("#patient-choice")).not_to_be_empty()
    yield opened
    context.close()
    assert [complaint for complaint in complaints if "400 (BAD REQUEST)" not in complaint] == []  # that one the page tells itself


def enroll(page: Page, name: str, language: str = "en") -> None:
    """Fill in the form; the free number and the date are there already."""
    page.get_by_role("button", name="Enroll another").click()
    page.get_by_label("Name", exact=True).fill(name)
    page.locator("#enroll-form [name=language]").select_option(language)
    page.get_by_role("button", name="Enroll", exact=True).click()
    expect(page.locator("#patient-phone .contact-note")).to_contain_text(name)


def moves_on_until(page: Page, phone: str, words: str) -> None:
    """Press "Next event" until these words are on the phone."""
    for _ in range(EVENTS):
        try:
            page.locator(f"#{phone}-texts").get_by_text(words).last.wait_for(timeout=EVENT_MS)
            return
        except NotSeen:
            page.get_by_role("button", name="Next event").click()
    expect(page.locator(f"#{phone}-texts")).to_contain_text(words)


def says(page: Page, phone: str, words: str) -> None:
    """Type a text and send it by keyboard."""
    page.locator(f"#{phone}-input").fill(words)
    page.locator(f"#{phone}-input").press("Enter")


def hears(page: Page, phone: str, words: str) -> None:
    """A text with these words has come to the phone."""
    expect(page.locator(f"#{phone}-texts .theirs").filter(has_text=words).last).to_be_visible(timeout=SOON_MS)


def shoot(page: Page, name: str) -> None:
    """Keep a picture for people to look at."""
    SHOTS.mkdir(exist_ok=True)
    page.evaluate("document.activeElement.blur()")
    page.screenshot(path=SHOTS / f"{name}.png", animations="disabled")


def test_a_journey_from_enrolling_to_a_nurse_who_takes_the_case(page: Page) -> None:
    enroll(page, "Rosa Diaz")
    moves_on_until(page, "patient", "Automated texts about your test")
    moves_on_until(page, "patient", "Checklist 1 of 3")
    for following in ("Checklist 2 of 3", "Checklist 3 of 3", "Your checklist is done"):
        says(page, "patient", "1")
        hears(page, "patient", following)
    page.get_by_role("group", name="Things she might text").get_by_role("button", name="can I eat before?").click()
    hears(page, "patient", "You can eat and drink as usual")
    moves_on_until(page, "patient", "Your test is today")

    page.get_by_role("button", name="Test is done").click()
    expect(page.locator("#visit")).to_contain_text("done")
    expect(page.get_by_role("button", name="Test is done")).to_be_disabled()
    moves_on_until(page, "patient", "Leave the bandage or pad on")

    says(page, "patient", "I have a fever of 101")
    hears(page, "patient", "Please call the nurse line now")
    expect(page.locator("#patient-texts .mine").last).to_contain_text("read as urgent: fever; temperature 101")
    hears(page, "nurse", "URGENT")
    expect(page.locator("#nurse-phone")).to_have_class(re.compile("buzzing"))
    expect(page.locator("#case")).to_contain_text("Nobody has taken it")
    page.wait_for_timeout(1500)  # the bubbles have arrived
    shoot(page, "desktop")

    ben = page.get_by_role("group", name="Whose phone").get_by_role("button", name="Ben")
    for _ in range(EVENTS):  # Ana does not answer: the ladder climbs to her backup
        if ben.locator(".badge").count():
            break
        page.get_by_role("button", name="Next event").click()
        page.wait_for_timeout(EVENT_MS)
    ben.click()
    hears(page, "nurse", "URGENT")
    expect(ben.locator(".badge")).to_have_count(0)
    page.get_by_role("group", name="Things the nurse might text").get_by_role("button", name=re.compile("^ACK")).click()
    expect(page.locator("#case")).to_contain_text("acknowledged by text · Ben", timeout=SOON_MS)
    page.get_by_role("button", name=re.compile("^DONE .* REACHED$")).click()
    expect(page.locator("#case")).to_contain_text("Outcome: reached", timeout=SOON_MS)
    assert re.fullmatch(r"\?(patient=\d+|nurse=\d+|&)+", page.evaluate("location.search")), "the address holds more than ids"


def test_her_language_changes_what_waits_and_stop_ends_it(page: Page) -> None:
    enroll(page, "Lucia Romero")
    planned = page.locator("#planned")
    expect(planned.locator("li")).not_to_have_count(0)
    page.get_by_role("button", name="Español").click()
    expect(planned).to_contain_text("no se apriete el pezón", timeout=SOON_MS)
    says(page, "patient", "STOP")
    expect(page.locator("#visit")).to_contain_text("opted out", timeout=SOON_MS)
    expect(planned.locator(".waiting")).to_have_count(0)
    expect(planned.locator(".dropped").first).to_contain_text("suppressed")
    expect(page.get_by_role("group", name="Things she might text").get_by_role("button")).to_have_text(["START"])


def test_bad_input_is_answered_in_the_form(page: Page) -> None:
    page.get_by_role("button", name="Enroll another").click()
    page.get_by_label("Phone", exact=True).fill("12")
    page.get_by_role("button", name="Enroll", exact=True).click()
    expect(page.locator("#enroll-error")).to_contain_text("phone number")
    page.keyboard.press("Escape")
    expect(page.locator("#enroll")).to_be_hidden()


@pytest.mark.parametrize(
    ("name", "width", "height", "scheme"), [("narrow", 360, 740, "light"), ("tablet", 900, 1100, "light"), ("dark", 1440, 900, "dark")]
)
def test_it_fits_every_screen(browser: Browser, server: str, name: str, width: int, height: int, scheme: str) -> None:
    context = browser.new_context(viewport={"width": width, "height": height}, color_scheme=scheme)  # type: ignore[arg-type]
    page = context.new_page()
    page.goto(f"{server}/phones")
    expect(page.locator("#planned li")).not_to_have_count(0)
    assert page.evaluate("document.documentElement.scrollWidth") == width
    shoot(page, name)
    if name == "narrow":
        for part in ("Journey", "Staff", "Patient"):
            page.get_by_role("navigation").get_by_role("button", name=part).press("Enter")
            shown = [page.locator(side).is_visible() for side in ("#journey-side", "#nurse-side", "#patient-side")]
            assert shown == [part == "Journey", part == "Staff", part == "Patient"]
            assert page.evaluate("document.documentElement.scrollWidth") == width
            shoot(page, f"narrow-{part.lower()}")
    context.close()


def test_every_word_has_enough_contrast(page: Page) -> None:
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
        page.wait_for_timeout(300)
        assert page.evaluate(FAINT) == [], scheme


# WCAG 2.2, 1.4.3: words whose contrast with what is behind them is below 4.5 to 1 (3 to 1 for large ones).
FAINT = """() => {
  const canvas = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
  const parse = (colour) => {
    canvas.clearRect(0, 0, 1, 1); canvas.fillStyle = colour; canvas.fillRect(0, 0, 1, 1);
    const [r, g, b, a] = canvas.getImageData(0, 0, 1, 1).data;
    return [r, g, b, a / 255];
  };
  const over = (top, under) => [0, 1, 2].map((i) => top[i] * top[3] + under[i] * (1 - top[3])).concat(1);
  const behind = (node) => {
    if (!node) return [255, 255, 255, 1];
    const own = parse(getComputedStyle(node).backgroundColor);
    return own[3] === 1 ? own : over(own, behind(node.parentElement));
  };
  const light = (colour) => {
    const [r, g, b] = colour.map((c) => c / 255).map((c) => (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  return [...document.querySelectorAll("body *")].filter((node) => {
    const words = [...node.childNodes].some((child) => child.nodeType === 3 && child.data.trim());
    return words && node.checkVisibility() && !node.closest(":disabled, .hidden, .skip, script, noscript");
  }).map((node) => {
    const style = getComputedStyle(node), ground = behind(node), ink = over(parse(style.color), ground);
    const [a, b] = [light(ink), light(ground)].sort((x, y) => y - x);
    const large = parseFloat(style.fontSize) >= 24 || (parseFloat(style.fontSize) >= 18.66 && style.fontWeight >= 700);
    return [(a + 0.05) / (b + 0.05), large ? 3 : 4.5, node.className, node.textContent.slice(0, 30)];
  }).filter(([ratio, least]) => ratio < least);
}"""

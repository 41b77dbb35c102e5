"""A Chromium that hangs costs a test some seconds, and the run nothing."""

from __future__ import annotations

import os
import signal

from tests.browser.chromium import Chromium, parent_of


def works(chromium: Chromium) -> bool:
    page = chromium.browser().new_page()
    page.set_content("<p>Again")
    return page.locator("p").inner_text() == "Again"


def test_one_that_does_not_close_a_profile_is_replaced(chromium: Chromium) -> None:
    browser = chromium.browser()
    contexts = [browser.new_context(), browser.new_context()]
    for context in contexts:
        context.new_page()
    os.kill(chromium.process, signal.SIGSTOP)
    for context in contexts:
        chromium.close_profile(context, seconds=0.2)
    assert chromium.browser() is not browser
    assert works(chromium)


def test_one_whose_driver_hangs_is_replaced(chromium: Chromium) -> None:
    assert works(chromium)
    os.kill(parent_of(chromium.process), signal.SIGSTOP)
    chromium.close(seconds=0.2)
    assert works(chromium)

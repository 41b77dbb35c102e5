"""Puts the web app together."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from flask import Flask, g, request
from werkzeug.routing import IntegerConverter, Rule

from flashcards import __version__
from flashcards.bundled import bundled
from flashcards.counted import counted
from flashcards.domain.grade import grade_names, grades
from flashcards.domain.study_day import raw_study_day
from flashcards.web import seldom
from flashcards.web.api import authoring as _api_authoring
from flashcards.web.api import cards as _api_cards
from flashcards.web.api import decks as _api_decks
from flashcards.web.api import export as _api_export
from flashcards.web.api import imports as _api_imports
from flashcards.web.api import me as _api_me
from flashcards.web.api import memory as _api_memory
from flashcards.web.api import openapi as _api_openapi
from flashcards.web.api import plan as _api_plan
from flashcards.web.api import plans as _api_plans
from flashcards.web.api import queue as _api_queue
from flashcards.web.api import reviews as _api_reviews
from flashcards.web.api import rounds as _api_rounds
from flashcards.web.api import scheduler as _api_scheduler
from flashcards.web.api import searches as _api_searches
from flashcards.web.api import sets as _api_sets
from flashcards.web.api import stats as _api_stats
from flashcards.web.api.operations import api
from flashcards.web.auth import link_views as _link_views
from flashcards.web.auth import login
from flashcards.web.auth.views import auth
from flashcards.web.browse.searches import searches
from flashcards.web.browse.views import browse
from flashcards.web.cards import changes, flags
from flashcards.web.cards.views import cards
from flashcards.web.decks.media import media
from flashcards.web.decks.views import decks
from flashcards.web.metrics import views as figures
from flashcards.web.pwa import assets
from flashcards.web.pwa.views import pwa
from flashcards.web.review.views import review
from flashcards.web.serving.workers import NOT_KEPT, waits_of
from flashcards.web.sets.views import SET_NAMES, sets
from flashcards.web.shared import base_path, card_state, dates, errors, security
from flashcards.web.shared.browser_names import browser_name
from flashcards.web.shared.compiled_templates import CompiledTemplates
from flashcards.web.shared.percent import percent
from flashcards.web.shared.proxies import LOOPBACK_NAMES, TrustedProxies
from flashcards.web.shared.responses import AppResponse
from flashcards.web.today.views import today

if TYPE_CHECKING:
    from flashcards.clock import Clock
    from flashcards.config import Config
    from flashcards.wiring import Services

BODY_LIMIT = 2 << 20
"""Bytes of a request; a batch of 500 answers is a twentieth of it."""

# They declare themselves.
API_VIEWS = (
    _api_authoring,
    _api_cards,
    _api_decks,
    _api_export,
    _api_imports,
    _api_me,
    _api_memory,
    _api_scheduler,
    _api_openapi,
    _api_plan,
    _api_plans,
    _api_queue,
    _api_reviews,
    _api_rounds,
    _api_searches,
    _api_sets,
    _api_stats,
)

_MORE_VIEWS = (_link_views,)  # importing it declares its pages

BLUEPRINTS = (
    auth,
    today,
    review,
    sets,
    decks,
    browse,
    searches,
    cards,
    media,
    pwa,
    figures.metrics,
    api,
)


class LateRule(Rule):
    """An address whose function for `url_for` is made when it is first asked for.

    Werkzeug compiles two for each address when the app is put together: most of that time, and 5 kB each.
    """

    def _compile_builder(self, append_unknown: bool = True) -> Callable[..., tuple[str, str]]:
        compile_now, name = super()._compile_builder, "_build_unknown" if append_unknown else "_build"

        def build(rule: LateRule, **values: Any) -> tuple[str, str]:
            compiled: Callable[..., tuple[str, str]] = compile_now(append_unknown).__get__(rule, None)
            setattr(rule, name, compiled)
            return compiled(**values)

        return build


class FlashcardsApp(Flask):
    """Flask, with what the app asks of it from the beginning."""

    url_rule_class = LateRule
    response_class = AppResponse

    def ensure_sync(self, func: Callable[..., Any]) -> Callable[..., Any]:
        """The function itself: none of ours is a coroutine, which Flask asks of five for each request."""
        return func


class RowNumber(IntegerConverter):
    """A number that the database can hold: any other in an address leads nowhere."""

    regex = "[0-9]{1,18}"


def create_app(services: Services, config: Config) -> Flask:
    """The app over opened services. It reads no environment and keeps nothing between requests."""
    app = FlashcardsApp(__name__, template_folder=str(bundled("templates")), static_folder=None)
    app.config["MAX_CONTENT_LENGTH"] = BODY_LIMIT
    app.url_map.converters["int"] = RowNumber
    app.jinja_options = {
        "trim_blocks": True,
        "lstrip_blocks": True,
        "bytecode_cache": CompiledTemplates(config.data),
    }
    app.extensions["flashcards"] = services
    figures.install(app, config.metrics_token)
    base_path.install(app, config.base_path)
    app.wsgi_app = TrustedProxies(app.wsgi_app, config.trusted_proxies)  # type: ignore[method-assign]
    app.before_request(lambda: services.hurry_thread(*waits_of(request.environ)))
    # The order of before_request and after_request handlers is that of installation.
    login.install(app, trusted_hosts(config))
    app.before_request(_say_what_was_not_kept)
    security.install(app)
    errors.install(app, login.account_is_gone)
    assets.install(app, assets.read_assets())
    for blueprint in BLUEPRINTS:
        app.register_blueprint(blueprint)
    seldom.install(app)
    _teach_templates(app, services.clock)
    return app


def _say_what_was_not_kept() -> None:
    if (error := request.environ.get(NOT_KEPT)) is not None:
        raise error


def trusted_hosts(config: Config) -> frozenset[str] | None:
    """The names that requests may give the server; None trusts any.

    On loopback a page of another site could otherwise reach us by a name of its own that points here (DNS
    rebinding). A server that is open to a network does not know its names unless it is told. The addresses of whoever
    watches it are answered by whatever name, see `login.install`.
    """
    named = frozenset(name.lower() for name in config.trusted_hosts)
    if config.loopback:
        return LOOPBACK_NAMES | named
    return named or None


def _teach_templates(app: Flask, clock: Clock) -> None:
    def today() -> int:
        """Of whoever is logged in: at their new year it is another year in UTC."""
        me = login.guest_or_learner()
        return raw_study_day(clock(), me.timezone, me.day_start) if me else raw_study_day(clock(), "UTC", 0)

    app.jinja_env.filters.update(
        count=lambda number: f"{number:,}",
        iso_date=dates.iso_date,
        long_date=lambda day: dates.long_date(day, today()),
        day_and_month=lambda day: dates.day_and_month(day, today()),
        short_date=dates.short_date,
        local_time=dates.local_time,
        interval=dates.interval_words,
        browser=browser_name,
        seconds=dates.seconds_words,
        stopwatch=dates.stopwatch_words,
        length_words=dates.length_words,
        plural=counted,
        percent=percent,
        ease=lambda ease: f"{ease / 100:.2f}",
        diff=changes.diff_html,
        flag_history=flags.history_words,
        state=card_state.state_words,
    )
    app.jinja_env.globals.update(
        relative_day=dates.relative_day,
        version=__version__,
        grades=grades,
        grade_names=grade_names,
        FLAGS=flags.FLAGS,
        SET_NAMES=SET_NAMES,
    )
    app.context_processor(lambda: {"learner": g.get("learner")})

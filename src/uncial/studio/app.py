"""The web application: routes, screens, static files, errors and the guard around them."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from fastapi import FastAPI
from fastapi.staticfiles import StaticFiles

from uncial.studio import faults, routes
from uncial.studio.db.database import Database
from uncial.studio.dispatch import Bells
from uncial.studio.door import Studio
from uncial.studio.files import Files
from uncial.studio.guard import Guard
from uncial.studio.settings import Settings

STATIC = Path(__file__).parent / "static"


def build(settings: Settings) -> FastAPI:
    """The application of one studio; brings its database up to date."""
    database = Database(settings.database_url)
    files = Files(settings.data)
    database.upgrade()
    files.drop_stale()

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        yield
        database.close()

    app = FastAPI(
        title="Uncial studio",
        lifespan=lifespan,
        docs_url=None,
        redoc_url=None,
        openapi_url="/api/openapi.json",
    )
    app.state.studio = Studio(
        settings=settings,
        db=database,
        files=files,
        bells=Bells(settings),
    )
    for module in pkgutil.iter_modules(routes.__path__, f"{routes.__name__}."):
        app.include_router(importlib.import_module(module.name).router)
    app.mount("/static", StaticFiles(directory=STATIC), name="static")
    faults.install(app)
    app.add_middleware(Guard, settings=settings, db=database)
    return app

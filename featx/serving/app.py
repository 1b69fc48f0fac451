"""The routes of the server, and how it says that something went wrong."""

from pathlib import Path
from typing import Annotated, Any

from fastapi import FastAPI, Query, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import FileResponse, JSONResponse, Response
from fastapi.staticfiles import StaticFiles
from starlette.exceptions import HTTPException

from featx import __version__
from featx.features.planning.length import MAX_SECONDS
from featx.serving.answers import Answer, Facts, Health, Problem
from featx.serving.limits import Refused
from featx.serving.service import Service

PAGE = Path(__file__).with_name("page")
SHORTEST = 0.5  # seconds of a window, and from one to the next
# Newer versions of FastAPI can report to OpenTelemetry, even by an environment variable alone.
NO_TELEMETRY: Any = {"tracing": False, "metrics": False, "logs": False, "auto_configure": False}
DESCRIPTION = """\
Emotions of recorded speech by a model that featx trained. Recordings stay on the machine that runs
the server, and are deleted as soon as they are answered. Nothing else is kept or sent anywhere."""

Window = Annotated[
    float | None,
    Query(
        ge=SHORTEST,
        le=MAX_SECONDS,
        description="Cut the recording into windows of so many seconds, each predicted alone.",
        examples=[4],
    ),
]
Hop = Annotated[
    float | None,
    Query(
        ge=SHORTEST,
        description="Seconds from one window to the next, by default the window's length.",
        examples=[2],
    ),
]
Abstain = Annotated[
    float, Query(ge=0, le=1, description="Give no label below this probability.", examples=[0.6])
]
_AUDIO = {"schema": {"type": "string", "format": "binary"}}
_FORM = {
    "schema": {
        "type": "object",
        "required": ["file"],
        "properties": {
            "file": {
                "type": "string",
                "format": "binary",
                "description": "WAV, FLAC, OGG or MP3.",
            }
        },
    }
}
BODY = {
    "requestBody": {
        "required": True,
        "description": "A form with the field `file`, or the audio itself.",
        "content": {"multipart/form-data": _FORM, "audio/*": _AUDIO},
    }
}
WHEN = {
    400: "No audio, or no proper form.",
    408: "The recording took too long to arrive.",
    413: "The recording is too large or too long.",
    415: "The file is not audio that can be read.",
    422: "Options that can't be used, or a recording that can't be predicted.",
    429: "The client asks too often; `Retry-After` says when to try again.",
    503: "The server is busy; `Retry-After` says when to try again.",
    507: "The server's disk is full; `Retry-After` says when to try again.",
}


def build_app(service: Service) -> FastAPI:
    """Return the application that offers a model.

    Args:
        service: answers requests.
    """

    app = FastAPI(
        title="featx serve",
        version=__version__,
        description=DESCRIPTION,
        docs_url=None,  # both load scripts from elsewhere
        redoc_url=None,
        telemetry=NO_TELEMETRY,
    )

    @app.post(
        "/predict",
        summary="Predict the emotion of a recording",
        response_description="Label and probabilities.",
        responses={code: {"model": Problem, "description": why} for code, why in WHEN.items()},
        openapi_extra=BODY,
    )
    async def predict(
        request: Request,
        response: Response,
        window: Window = None,
        hop: Hop = None,
        abstain: Abstain = 0.0,
    ) -> Answer:
        response.headers["cache-control"] = "no-store"
        return await service.predict(request, window, hop, abstain)

    @app.get("/model", summary="Say what predicts, and what it was trained on")
    async def model() -> Facts:
        return service.facts

    @app.get("/health", summary="Say that the server is there")
    async def health() -> Health:
        return Health(status="ok", waiting=service.room.taken)

    @app.get("/", include_in_schema=False)
    async def page() -> FileResponse:
        return FileResponse(PAGE / "index.html")

    app.mount("/page", StaticFiles(directory=PAGE))
    app.add_exception_handler(Refused, _refused)
    app.add_exception_handler(HTTPException, _wrong)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(Exception, _failed)
    return app


def _problem(status: int, sentence: str, headers: dict[str, str] | None = None) -> JSONResponse:
    return JSONResponse(Problem(error=sentence).model_dump(), status, headers)


async def _refused(_: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, Refused)
    again = error.retry_after
    headers = None if again is None else {"Retry-After": str(again)}
    return _problem(error.status, error.sentence, headers)


async def _wrong(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, HTTPException)
    known = {
        404: f"There is nothing at {request.url.path}. / is the page, /openapi.json says the rest.",
        405: f"{request.url.path} does not take {request.method}.",
    }
    headers = dict(error.headers) if error.headers else None
    return _problem(error.status_code, known.get(error.status_code, str(error.detail)), headers)


async def _invalid(_: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, RequestValidationError)
    detail: dict[str, Any] = error.errors()[0]
    name = ".".join(map(str, detail["loc"][1:]))
    wanted = str(detail["msg"]).removeprefix("Input ")
    return _problem(422, f"{name}={detail['input']} can't be used: it {wanted}.")


async def _failed(_: Request, __: Exception) -> JSONResponse:
    return _problem(500, "Something is wrong with the server; its terminal says what.")

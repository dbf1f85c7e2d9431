"""What is shown of page images: thumbnail, preview, tiles, the image itself."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path
from fastapi.responses import FileResponse, Response

from uncial.studio import cutting, segmentation
from uncial.studio.db.tables import Picture
from uncial.studio.door import Here, Ident, document_of, page_of
from uncial.studio.faults import NotFound

router = APIRouter(tags=["images"])

_FOREVER = {"cache-control": "private, max-age=31536000, immutable"}
_A_WHILE = {"cache-control": "private, max-age=3600"}
LineId = Annotated[str, Path(pattern=r"^[\w.:-]{1,100}$")]
Small = Annotated[int, Path(ge=0, le=100_000)]


@router.get("/pictures/{picture}/thumb.jpg")
def thumbnail(here: Here, picture: Ident) -> FileResponse:
    """For the grid of pages."""
    return _derived(here, picture, "thumb.jpg")


@router.get("/pictures/{picture}/preview.jpg")
def preview(here: Here, picture: Ident) -> FileResponse:
    """The whole image, scaled down."""
    return _derived(here, picture, "preview.jpg")


@router.get("/pictures/{picture}/tiles/{level}/{column}_{row}.jpg")
def tile(here: Here, picture: Ident, level: Small, column: Small, row: Small) -> FileResponse:
    """One tile of a large image."""
    return _derived(here, picture, f"tiles/{level}/{column}_{row}.jpg")


@router.get("/pictures/{picture}/original")
def original(here: Here, picture: Ident) -> FileResponse:
    """The image as it was given."""
    with here.db.read() as session:
        found = session.get(Picture, picture)
        if found is None:
            raise NotFound("image")
        path = here.files.picture(found.digest, found.suffix)
    return FileResponse(path, headers=_FOREVER, filename=f"{picture}{found.suffix}")


@router.get("/api/pages/{page}/lines/{line}/image")
def line_image(here: Here, page: Ident, line: LineId) -> Response:
    """A line of the page, cut and straightened as models see it."""
    with here.db.read() as session:
        found = page_of(session, page)
        version = segmentation.current(session, found)
        picture = session.get_one(Picture, found.picture_id)
        if version is None:
            raise NotFound("line")
        sheet = cutting.Sheet(
            image=here.files.picture(picture.digest, picture.suffix),
            segmentation=version.id,
            revision=version.revision,
            direction=document_of(session, found.document_id).direction,
        )
        body = version.body
    data = cutting.line_jpeg(sheet, body, line)
    return Response(data, media_type="image/jpeg", headers=_A_WHILE)


def _derived(here: Here, picture: Ident, name: str) -> FileResponse:
    with here.db.read() as session:
        found = session.get(Picture, picture)
    path = here.files.derived(found.digest) / name if found else None
    if path is None or not path.is_file():
        raise NotFound("image")
    return FileResponse(path, media_type="image/jpeg", headers=_FOREVER)

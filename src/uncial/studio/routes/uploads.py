"""Files on their way in, in chunks that can be sent again."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel, Field

from uncial.errors import InputError
from uncial.studio import quotas
from uncial.studio.door import Here
from uncial.studio.files import Upload, plain_name

router = APIRouter(prefix="/api/uploads", tags=["uploads"])


class NewUpload(BaseModel):
    """A file that will be sent."""

    name: str = Field(min_length=1, max_length=1000)
    size: int = Field(ge=1)


@router.post("", status_code=201)
def begin_upload(here: Here, new: NewUpload) -> dict[str, Any]:
    """Announce a file."""
    if new.size > here.settings.max_upload:
        raise InputError(
            f"{plain_name(new.name)}: {new.size / 1e9:.1f} GB is more than "
            f"{here.settings.max_upload / 1e9:.1f} GB",
            remedy="split the file, or import it by its path",
        )
    if here.who.account is not None:
        quotas.require_room(here.usage(), new.size)
    return _shown(here.files.begin_upload(plain_name(new.name), new.size))


@router.get("/{upload}")
def one_upload(here: Here, upload: str) -> dict[str, Any]:
    """How much has arrived."""
    return _shown(here.files.upload(upload))


@router.put("/{upload}")
async def send_chunk(
    here: Here, request: Request, upload: str, offset: Annotated[int, Query(ge=0)] = 0
) -> dict[str, Any]:
    """Send the next chunk, the request's body."""
    found = here.files.upload(upload)
    return _shown(here.files.append(found, offset, await request.body()))


@router.delete("/{upload}", status_code=204)
def drop_upload(here: Here, upload: str) -> None:
    """Forget a file that was being sent."""
    here.files.drop_upload(upload)


def _shown(upload: Upload) -> dict[str, Any]:
    return {
        "id": upload.id,
        "name": upload.name,
        "size": upload.size,
        "received": upload.received,
    }

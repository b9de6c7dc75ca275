# #region fastapi
import os
from contextlib import asynccontextmanager
from fastapi import FastAPI, Request
from cairn import Cairn, TrackActivity

cairn = Cairn(os.environ["CAIRN_URL"], os.environ["CAIRN_WRITE_KEY"])


@asynccontextmanager
async def lifespan(app):
    yield
    cairn.flush()


app = FastAPI(lifespan=lifespan)
app.add_middleware(TrackActivity, cairn=cairn, user=lambda scope: scope.get("state", {}).get("user"))


@app.post("/tasks/{task_id}/complete")
async def complete(task_id: int, request: Request):
    request.state.user = "ada"  # what your sign-in does
    cairn.track("task_completed", "ada", entity_type="task", entity_id=task_id, metadata={"plan": "pro"})
    return {"done": True}
# #endregion

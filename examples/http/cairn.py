# #region client
"""Cairn for Python: events wait in memory and go in batches, so that no request of yours waits for them. Python 3.9 or newer, nothing else."""
import json, queue, threading, time, urllib.error, urllib.request, uuid
from datetime import datetime, timezone


class Cairn:
    def __init__(self, host, write_key):
        self.url = f"{host}/api/events/log/batch"
        self.headers = {"Authorization": f"Bearer {write_key}", "Content-Type": "application/json"}
        self.waiting = queue.Queue(maxsize=10_000)
        threading.Thread(target=self._run, daemon=True).start()

    def track(self, event_type, user_id, **fields):
        """fields: session_id, entity_type, entity_id, metadata, duration_ms"""
        event = {
            "event_id": str(uuid.uuid4()),
            "event_type": event_type,
            "user_id": user_id,
            "timestamp": datetime.now(timezone.utc).isoformat(),
            "device_type": "server",
            **fields,
        }
        try:
            self.waiting.put_nowait(event)
        except queue.Full:
            print("cairn: 10,000 events wait, this one is lost:", event_type)

    def flush(self):
        """Returns when all is delivered; for the end of the process."""
        self.waiting.join()

    def _run(self):
        while True:
            events = [self.waiting.get()]
            time.sleep(1)
            while len(events) < 100 and not self.waiting.empty():
                events.append(self.waiting.get())
            while (wait := self._send(events)) is not None:
                time.sleep(wait)
            for _ in events:
                self.waiting.task_done()

    def _send(self, events):
        """Seconds until the same events may be sent again; None when they are done."""
        body = json.dumps({"events": events, "sent_at": datetime.now(timezone.utc).isoformat()}).encode()
        try:
            with urllib.request.urlopen(urllib.request.Request(self.url, body, self.headers), timeout=30) as answer:
                rejected = json.load(answer)["rejected"]
        except urllib.error.HTTPError as refusal:
            if refusal.code in (429, 503):
                return float(refusal.headers.get("Retry-After", 10))
            rejected = refusal.read().decode()
        except OSError:
            return 10
        if rejected:
            print("cairn:", rejected)
        return None
# #endregion


# #region activity
class TrackActivity:
    """Records every answered request: app.add_middleware(TrackActivity, cairn=cairn, user=…); user(scope) is an id, or None for nobody."""

    def __init__(self, app, cairn, user):
        self.app, self.cairn, self.user = app, cairn, user

    async def __call__(self, scope, receive, send):
        if scope["type"] != "http":
            return await self.app(scope, receive, send)
        began = time.perf_counter()
        status = 500

        async def note(message):
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self.app(scope, receive, note)
        finally:
            user = self.user(scope)
            if user is not None:
                self.cairn.track(
                    "request_completed",
                    user,
                    session_id=dict(scope["headers"]).get(b"x-session", b"").decode() or None,
                    duration_ms=round((time.perf_counter() - began) * 1000),
                    metadata={"method": scope["method"], "route": getattr(scope.get("route"), "path", None), "status": status},
                )
# #endregion

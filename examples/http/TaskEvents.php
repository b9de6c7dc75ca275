<?php
// #region log-in
// boot() of app/Providers/AppServiceProvider.php: the token is this log-in's, and Cairn keeps its SHA-256 only
use App\Jobs\TellCairn;
use App\Models\Task;
use Illuminate\Auth\Events\Login;
use Illuminate\Auth\Events\Logout;
use Illuminate\Support\Facades\Event;
use Illuminate\Support\Str;

Event::listen(function (Login $event) {
    session(['cairn' => Str::random(40)]);
    $token = session('cairn');
    TellCairn::dispatch('POST', '/api/sessions/start', ['user_id' => (string) $event->user->id, 'session_token' => $token, 'user_agent' => request()->userAgent()]);
});
Event::listen(fn (Logout $event) => TellCairn::dispatch('POST', '/api/sessions/' . session('cairn') . '/end'));
// #endregion

// #region tasks
Task::saved(fn (Task $task) => TellCairn::dispatch('PUT', "/api/tasks/{$task->id}", [
    'attributes' => $task->only(['title', 'status', 'type', 'project_id', 'created_by', 'due_date', 'completed_at']),
]));
Task::deleted(fn (Task $task) => TellCairn::dispatch('DELETE', "/api/tasks/{$task->id}"));
// #endregion

// #region actions
// where somebody is assigned, opens it, comments, turns it down
TellCairn::dispatch('PUT', "/api/tasks/{$task->id}/assignees/{$user->id}");
TellCairn::dispatch('POST', "/api/tasks/{$task->id}/track-view", ['user_id' => (string) $user->id]);
TellCairn::dispatch('POST', "/api/tasks/{$task->id}/activity", ['user_id' => (string) $user->id, 'action' => 'commented']);
TellCairn::dispatch('POST', "/api/tasks/{$task->id}/reject", ['user_id' => (string) $user->id, 'reason' => $reason, 'rejection_note' => $note]);
// #endregion

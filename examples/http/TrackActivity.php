<?php
// #region activity
// app/Http/Middleware/TrackActivity.php

namespace App\Http\Middleware;

use App\Jobs\SendToCairn;
use Closure;
use Illuminate\Http\Request;

class TrackActivity
{
    public function handle(Request $request, Closure $next)
    {
        return $next($request);
    }

    /** Laravel calls it after the answer was sent. */
    public function terminate(Request $request, $response): void
    {
        if (! $request->user()) {
            return;
        }
        SendToCairn::dispatch('request_completed', $request->user()->id, [
            'session_id' => $request->header('X-Session'),
            'duration_ms' => (int) round((microtime(true) - LARAVEL_START) * 1000),
            'metadata' => [
                'method' => $request->method(),
                'route' => $request->route()?->uri(),
                'status' => $response->getStatusCode(),
            ],
        ]);
    }
}
// #endregion

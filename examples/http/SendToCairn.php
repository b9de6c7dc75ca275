<?php
// #region job
// app/Jobs/SendToCairn.php

namespace App\Jobs;

use Illuminate\Contracts\Queue\ShouldQueue;
use Illuminate\Foundation\Queue\Queueable;
use Illuminate\Support\Facades\Http;
use Illuminate\Support\Str;

class SendToCairn implements ShouldQueue
{
    use Queueable;

    public int $tries = 20;
    public array $event;

    /** $fields: session_id, entity_type, entity_id, metadata, duration_ms */
    public function __construct(string $type, string|int $user, array $fields = [])
    {
        $this->event = [
            'event_id' => (string) Str::uuid(),
            'event_type' => $type,
            'user_id' => (string) $user,
            'timestamp' => now()->toIso8601String(),
            'device_type' => 'server',
            ...$fields,
        ];
    }

    /** The event has its id from the start: however often it is sent, it counts once. */
    public function handle(): void
    {
        $answer = Http::withToken(config('services.cairn.key'))
            ->timeout(30)
            ->post(config('services.cairn.url') . '/api/events/log', $this->event);
        if (in_array($answer->status(), [429, 503])) {
            $this->release((int) ($answer->header('Retry-After') ?: 10));
        } elseif ($answer->failed()) {
            logger()->warning('Cairn: ' . $answer->body());
        }
    }

    public function backoff(): array
    {
        return [1, 10, 60, 600];
    }
}
// #endregion

<?php
// #region job
// app/Jobs/TellCairn.php

namespace App\Jobs;

use Illuminate\Contracts\Queue\ShouldQueue;
use Illuminate\Foundation\Queue\Queueable;
use Illuminate\Support\Facades\Http;
use Illuminate\Support\Str;

class TellCairn implements ShouldQueue
{
    use Queueable;

    public int $tries = 20;

    /** The call has its id and its time from the start: however often and late it is sent, it counts once, as of now. */
    public function __construct(public string $method, public string $path, public array $body = [])
    {
        $this->body += ['event_id' => (string) Str::uuid(), 'occurred_at' => now()->toIso8601String()];
    }

    public function handle(): void
    {
        $answer = Http::withToken(config('services.cairn.secret'))
            ->timeout(30)
            ->send($this->method, config('services.cairn.url') . $this->path, ['json' => $this->body]);
        // 404 and 409: it may have overtaken the call that it follows.
        if (in_array($answer->status(), [404, 409, 429, 503])) {
            $this->release((int) ($answer->header('Retry-After') ?: 10));
        } elseif ($answer->failed()) {
            logger()->warning("Cairn: {$this->method} {$this->path} " . $answer->body());
        }
    }

    public function backoff(): array
    {
        return [1, 10, 60, 600];
    }
}
// #endregion

/**
 * What can become of an event on the way in, beyond being accepted. One table: answers, the ledger, quarantine, docs and metrics use these words.
 * `quarantined` events are kept with their reason and can be replayed; of `not_recorded` ones nothing but the count is kept.
 */
export const reasons = {
  invalid: { outcome: 'quarantined', means: 'A field is missing, too long or of the wrong type.', remedy: 'Correct the fields named, then replay.' },
  too_large: {
    outcome: 'quarantined',
    means: 'event_metadata or context_snapshot is over 32 KB, or nested over 16 levels.',
    remedy: 'Send less with one event.',
  },
  unsafe_key: { outcome: 'quarantined', means: 'A property is named __proto__, constructor or prototype.', remedy: 'Rename the property.' },
  in_future: {
    outcome: 'quarantined',
    means: 'event_timestamp is more than 24 hours ahead of the server.',
    remedy: 'Correct the sender’s clock, or send sent_at so that the skew is known.',
  },
  older_than_retention: {
    outcome: 'quarantined',
    means: 'event_timestamp is older than the workspace keeps events.',
    remedy: 'Raise the retention of the workspace, then replay.',
  },
  unknown_type: {
    outcome: 'quarantined',
    means: 'The workspace takes declared event types only (strict), and this one is not declared.',
    remedy: 'Declare the type, then replay.',
  },
  missing_property: {
    outcome: 'quarantined',
    means: 'The declared type requires a property that is absent.',
    remedy: 'Send the property, or change the declaration, then replay.',
  },
  unknown_entity: {
    outcome: 'quarantined',
    means: 'The thing that was viewed is of a registered type and not known.',
    remedy: 'Put the entity: its views are replayed by themselves.',
  },
  stream_off: { outcome: 'not_recorded', means: 'The stream is switched off.', remedy: 'Switch the stream on.' },
  opted_out: { outcome: 'not_recorded', means: 'The person has opted out.', remedy: 'None: it is the person’s choice.' },
  privacy_signal: {
    outcome: 'not_recorded',
    means: 'An anonymous visitor’s browser sent Global Privacy Control or Do Not Track.',
    remedy: 'None, unless the workspace is set to ignore the signal.',
  },
} as const satisfies Record<string, { outcome: 'quarantined' | 'not_recorded'; means: string; remedy: string }>

export type Reason = keyof typeof reasons

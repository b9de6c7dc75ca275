/** What this application knows without Cairn; yours has a database. */
export const people = new Map(
  [
    { id: 'carol', name: 'Carol', trade: 'Manager' },
    { id: 'ada', name: 'Ada', trade: 'Painter' },
    { id: 'bob', name: 'Bob', trade: 'Electrician' },
  ].map((person) => [person.id, person]),
)

export const tasks = new Map(
  [
    { title: 'Paint the fence', place: 'Harbour 7', assignees: ['ada', 'bob'] },
    { title: 'Hang the lamps', place: 'Old Mill', assignees: ['ada', 'bob'] },
    { title: 'Seal the windows', place: 'Harbour 7', assignees: ['ada'] },
  ].map((task, n) => [String(n + 1), { id: String(n + 1), created_by: 'carol', status: 'open', comments: [], ...task }]),
)

export const reasons = {
  workload: 'Too much work',
  too_busy: 'No time',
  not_my_skill: 'Not my skill',
  unclear: 'Unclear',
  conflict: 'Conflict',
  other: 'Other',
}

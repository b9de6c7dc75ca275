/** What a member may do; each may do everything that those before it may. */
export const roles = ['viewer', 'analyst', 'admin', 'owner'] as const
export type Role = (typeof roles)[number]
export const atLeast = (role: Role, least: Role): boolean => roles.indexOf(role) >= roles.indexOf(least)

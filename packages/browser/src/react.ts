'use client'
import { EVENT_TYPES } from '@cairn/core/event-types'
import { useEffect, type ReactNode } from 'react'
import type { Client, Options } from './client.ts'
import { cairn, identify, init } from './index.ts'

/** All calls of the client, and the names of the shared types. */
export interface ActivityTracker extends Client {
  readonly EVENT_TYPES: typeof EVENT_TYPES
}

const tracker: ActivityTracker = Object.defineProperty({ ...cairn, EVENT_TYPES }, 'queueSize', { get: () => cairn.queueSize, enumerable: true })

/**
 * The one client of the page, the same object with every render; nothing here makes a component render again. Without a user the visitor is
 * anonymous; once there is one, what they did and do is theirs.
 */
export function useActivityTracker(userId?: string | number | null): ActivityTracker {
  useEffect(() => {
    if (userId !== undefined && userId !== null && userId !== '') identify(userId)
  }, [userId])
  return tracker
}

/** `init` as a component, for those who keep their set-up in the tree. Options are read once. */
export function CairnProvider({ children, ...options }: Options & { children?: ReactNode }): ReactNode {
  useEffect(() => init(options), [])
  return children
}

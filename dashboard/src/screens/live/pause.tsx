import { Button } from '@mantine/core'
import { useEffect } from 'react'
import { texts } from '../../texts/texts.ts'
import { Icon } from '../../ui/icons.tsx'
import { useSetUrl, useUrl } from '../../url.ts'

const t = texts.overview.live

/** Whether nothing moves; the space key turns it, except where it means something of its own. */
export function usePaused(): { paused: boolean; toggle: () => void } {
  const paused = useUrl()['paused'] !== undefined
  const setUrl = useSetUrl()
  useEffect(() => {
    const onKeyDown = (event: KeyboardEvent): void => {
      const { target } = event
      const isTaken =
        target instanceof Element && target.closest('a, button, input, select, textarea, summary, dialog, [role=dialog], [contenteditable]') !== null
      if (event.key !== ' ' || isTaken || event.ctrlKey || event.metaKey || event.altKey) return
      event.preventDefault()
      setUrl({ paused: paused ? undefined : '1' }, { replace: true })
    }
    document.addEventListener('keydown', onKeyDown)
    return () => document.removeEventListener('keydown', onKeyDown)
  }, [paused, setUrl])
  return { paused, toggle: () => setUrl({ paused: paused ? undefined : '1' }, { replace: true }) }
}

export const Pause = ({ paused, toggle }: { paused: boolean; toggle: () => void }) => (
  <Button
    variant={paused ? 'filled' : 'default'}
    leftSection={<Icon name={paused ? 'play' : 'pause'} size={16} />}
    onClick={toggle}
    title={t.pauseKey}
    aria-keyshortcuts="Space"
  >
    {paused ? t.resume : t.pause}
  </Button>
)

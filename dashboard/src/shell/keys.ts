import { useHotkeys } from '@mantine/hooks'

/** Ctrl or Cmd K anywhere, also while typing; `/` puts the cursor into the screen's search, or opens the palette where there is none. */
export function useShellKeys({ openPalette }: { openPalette: () => void }): void {
  useHotkeys([['mod+K', openPalette]], [])
  useHotkeys([
    [
      '/',
      () => {
        const search = document.querySelector<HTMLInputElement>('main [data-search]')
        if (search) search.focus()
        else openPalette()
      },
    ],
  ])
}

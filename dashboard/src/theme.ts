import { createTheme, type CSSVariablesResolver, type MantineColorsTuple } from '@mantine/core'

/** Moss, the colour of old cairns. White on shade 7 (light) has a contrast of 5.6, on shade 6 (dark) of 4.8; shade 6 on the dark surface 3.3. */
const moss: MantineColorsTuple = ['#eef7f2', '#dcece3', '#b6d8c5', '#8dc3a5', '#6bb28a', '#54a778', '#337f5c', '#2b7553', '#215f44', '#174a34']

export const theme = createTheme({
  primaryColor: 'moss',
  primaryShade: { light: 7, dark: 6 },
  autoContrast: true,
  colors: { moss },
  defaultRadius: 'md',
  components: { Badge: { defaultProps: { tt: 'none', variant: 'light', c: 'var(--mantine-color-text)' } } },
  cursorType: 'pointer',
  fontFamily: 'system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif',
  fontFamilyMonospace: 'ui-monospace, SFMono-Regular, Menlo, Consolas, monospace',
  headings: { fontWeight: '600', sizes: { h1: { fontSize: '1.5rem' }, h2: { fontSize: '1.125rem' }, h3: { fontSize: '1rem' } } },
})

/** Mantine's grey for secondary text misses WCAG AA on its own backgrounds. */
export const variables: CSSVariablesResolver = () => ({
  variables: {},
  light: {
    '--mantine-color-dimmed': '#5b6470',
    '--mantine-color-error': '#c92a2a',
    '--mantine-color-placeholder': '#6b7480',
    '--cairn-surface': '#ffffff',
    '--cairn-ground': '#f6f7f6',
    '--cairn-line': '#e1e5e2',
  },
  dark: {
    '--mantine-color-dimmed': '#a6b0a9',
    '--mantine-color-error': '#ff8787',
    '--mantine-color-placeholder': '#8f9a93',
    '--mantine-color-body': '#1d211f',
    '--cairn-surface': '#1d211f',
    '--cairn-ground': '#151817',
    '--cairn-line': '#343b37',
  },
})

/** Series of charts: after Okabe and Ito, told apart with any kind of colour vision; the order is that of use. */
export const seriesColours = {
  light: ['#0072b2', '#d55e00', '#009e73', '#b3599a', '#8a6d00', '#3a8fc4'],
  dark: ['#56b4e9', '#f08a4b', '#2fc79a', '#dd9dc8', '#f0c93c', '#8fd0f5'],
} as const

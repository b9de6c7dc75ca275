/** Languages that screens speak, each by its own name. */
export const languages = { en: 'English', de: 'Deutsch', es: 'Español' } as const
export type Language = keyof typeof languages

const KEY = 'cairn.language'
const isLanguage = (name: string | null | undefined): name is Language => name !== null && name !== undefined && name in languages
const languageOf = (locale: string): string | undefined => locale.split('-')[0]
const preferred = (): readonly string[] => (typeof navigator === 'undefined' ? [] : navigator.languages)

/** What was chosen on this device, if anything was. */
export function chosenLanguage(): Language | undefined {
  if (typeof document === 'undefined') return undefined
  try {
    const chosen = localStorage.getItem(KEY)
    return isLanguage(chosen) ? chosen : undefined
  } catch {
    // A browser that denies storage has chosen nothing.
    return undefined
  }
}

/** Keeps the choice on this device, or forgets it, and shows the page anew in it. */
export function chooseLanguage(language: Language | undefined): void {
  if (language === undefined) localStorage.removeItem(KEY)
  else localStorage.setItem(KEY, language)
  location.reload()
}

/** The one that was chosen, else the first that the browser asks for and Cairn speaks, else English. */
export const language: Language = chosenLanguage() ?? preferred().map(languageOf).find(isLanguage) ?? 'en'

/** How dates and numbers are written: in that language, as the browser's region does. */
export const locale: string =
  preferred().find((name) => languageOf(name) === language) ?? [language, new Intl.Locale(preferred()[0] ?? language).region ?? []].flat().join('-')

import { texts as en } from './en/index.ts'
import { language, type Language } from './language.ts'

/** The English texts with any words in their places: another language that leaves one out, or has one too many, does not compile. */
type Said<T> = T extends string
  ? string
  : T extends (...given: infer Given) => string
    ? (...given: Given) => string
    : { readonly [Name in keyof T]: Said<T[Name]> }
export type Texts = Said<typeof en>

/** Only the language that is spoken is loaded beside English. Their files take nothing from the rest of the screens, which waits for them. */
const others: Record<Exclude<Language, 'en'>, () => Promise<{ texts: Texts }>> = {
  de: () => import('./de/index.ts'),
  es: () => import('./es/index.ts'),
}

/** Everything that screens say, by part of the product, in the viewer's language. */
export const texts: Texts = language === 'en' ? en : (await others[language]()).texts

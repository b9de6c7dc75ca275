/** What follows from `of` and a name is worked out once; brute force asks for it again and again. */
export function once<K extends object, V>(work: (of: K, name: string) => V): (of: K, name: string) => V {
  const all = new WeakMap<K, Map<string, V>>()
  return (of, name) => {
    const known = all.get(of) ?? new Map<string, V>()
    all.set(of, known)
    if (known.has(name)) return known.get(name) as V
    const value = work(of, name)
    known.set(name, value)
    return value
  }
}

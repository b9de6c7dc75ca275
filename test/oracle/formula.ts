type Figure = number | null
type Formula = (...series: readonly Figure[]) => Figure

const of =
  (compute: (a: number, b: number) => number): Formula =>
  (a = null, b = null) =>
    a === null || b === null ? null : compute(a, b)
const over: Formula = (a = null, b = null) => (a === null || b === null || b === 0 ? null : a / b)
const times = of((a, b) => a * b)
const plus = of((a, b) => a + b)
const minus = of((a, b) => a - b)

/** The formulas that are asked for, each worked out by hand. */
export const formulas: Readonly<Record<string, Formula>> = {
  'A * 2 - 1': (a = null) => minus(times(a, 2), 1),
  '1 / A': (a = null) => over(1, a),
  '-A': (a = null) => minus(0, a),
  'A / B * 100': (a, b) => times(over(a, b), 100),
  'A / (A + B)': (a = null, b = null) => over(a, plus(a, b)),
  'A - B - 1': (a, b) => minus(minus(a, b), 1),
  'A - (B - 1)': (a = null, b = null) => minus(a, minus(b, 1)),
  '2 + A * B': (a, b) => plus(2, times(a, b)),
  '1 / (A - A) + B': (a = null, b = null) => plus(over(1, minus(a, a)), b),
  '-(A + B) / 0.5': (a, b) => over(minus(0, plus(a, b)), 0.5),
}

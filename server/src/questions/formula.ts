import { refused } from './scope.ts'

type Term = (values: readonly (number | null)[]) => number | null

/**
 * A formula over series A, B, …: numbers, + - * /, parentheses. What is made of it takes the value of each series; null, and division by zero, give
 * null. Throws `invalid` for what is no formula.
 */
export function readFormula(text: string, series: number): Term {
  const tokens = text.match(/\d+(?:\.\d+)?|[A-Za-z]+|[-+*/()]|\S/g) ?? []
  let place = 0
  const bad = (): never => {
    throw refused(
      `The formula is not valid at ${tokens[place] === undefined ? 'its end' : `"${tokens[place]}"`}: it takes numbers, + - * / ( ) and A to ${String.fromCharCode(64 + series)}.`,
    )
  }

  function atom(): Term {
    const token = tokens[place] ?? bad()
    place++
    if (token === '-') {
      const term = atom()
      return (values) => ((value) => (value === null ? null : -value))(term(values))
    }
    if (token === '(') {
      const term = sum()
      if (tokens[place] !== ')') bad()
      place++
      return term
    }
    if (/^\d/.test(token)) return () => Number(token)
    const index = /^[A-Z]$/.test(token) ? (token.codePointAt(0) ?? 0) - 65 : -1
    if (index < 0 || index >= series) {
      place--
      bad()
    }
    return (values) => values[index] ?? null
  }
  const chain = (next: () => Term, operators: string): Term => {
    let left = next()
    for (let token = tokens[place]; token !== undefined && operators.includes(token); token = tokens[place]) {
      place++
      const [before, after, operator] = [left, next(), token]
      left = (values) => apply(operator, before(values), after(values))
    }
    return left
  }
  const product = (): Term => chain(atom, '*/')
  const sum = (): Term => chain(product, '+-')

  const term = sum()
  if (place < tokens.length) bad()
  return term
}

function apply(operator: string, a: number | null, b: number | null): number | null {
  if (a === null || b === null) return null
  if (operator === '+') return a + b
  if (operator === '-') return a - b
  if (operator === '*') return a * b
  return b === 0 ? null : a / b
}

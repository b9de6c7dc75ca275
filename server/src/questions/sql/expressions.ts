import { functionNamed, typeNamed } from './functions.ts'
import { Cursor, isName, isPart, isWord, literal, marked, plain } from './cursor.ts'
import { wrong } from './tokens.ts'

const operators = new Set(['+', '-', '*', '/', '%', '||', '=', '==', '!=', '<>', '<', '>', '<=', '>=', '->'])
const wordOperators = new Set(['AND', 'OR', 'XOR', 'DIV', 'MOD', 'LIKE', 'ILIKE', 'REGEXP'])
const units = new Set(['MILLISECOND', 'SECOND', 'MINUTE', 'HOUR', 'DAY', 'WEEK', 'MONTH', 'QUARTER', 'YEAR'])

/** Values: a row of operands and operators, whose order of precedence is the engine's business. */
export abstract class Expressions extends Cursor {
  /** A moment as SQL. */
  protected readonly now: string

  constructor(text: string, now: string) {
    super(text)
    this.now = now
  }

  protected abstract query(): void

  protected expression(): void {
    this.deeper(() => {
      this.#operand()
      for (;;) {
        if (this.isWord('NOT') && ['IN', 'LIKE', 'ILIKE', 'BETWEEN'].some((word) => isWord(this.peek(1), word))) {
          this.next()
          this.put('NOT')
        }
        const { kind, value } = this.token
        if (kind === 'sign' && operators.has(value)) {
          this.next()
          this.put(value)
          this.#operand()
        } else if (kind === 'word' && wordOperators.has(value.toUpperCase())) {
          this.next()
          this.put(value.toUpperCase())
          this.#operand()
        } else if (this.takeWord('BETWEEN')) {
          this.put('BETWEEN')
          this.#operand()
        } else if (this.takeWord('IS')) this.#is()
        else if (this.takeWord('IN')) {
          this.put('IN')
          this.#operand()
        } else return
      }
    })
  }

  /** With a name that the rest of the query may use. */
  #named(): void {
    this.expression()
    if (this.takeWord('AS')) this.put(`AS ${marked(this.name('a name after AS'))}`)
  }

  #is(): void {
    this.put(this.takeWord('NOT') ? 'IS NOT' : 'IS')
    if (this.takeWord('NULL')) this.put('NULL')
    else {
      this.word('DISTINCT')
      this.word('FROM')
      this.put('DISTINCT FROM')
      this.#operand()
    }
  }

  #operand(): void {
    for (;;) {
      if (this.takeWord('NOT')) this.put('NOT')
      else if (this.takeSign('-')) this.put('-')
      else if (this.takeSign('+')) this.put('+')
      else break
    }
    this.#atom()
    for (;;) {
      if (this.isSign('[')) this.#bracket()
      else if (this.takeSign('::')) {
        this.put('::')
        this.#type()
      } else if (this.takeSign('.')) {
        const { kind, value } = this.next()
        if (kind === 'number' && /^\d+$/.test(value)) this.put(`.${value}`, false)
        else if (kind === 'word' || kind === 'quoted') this.put(`.${plain(value)}`, false)
        else throw this.unexpected('a name or a number', -1)
      } else return
    }
  }

  #atom(): void {
    const token = this.token
    if (token.kind === 'number' || token.kind === 'text') {
      this.next()
      this.put(token.kind === 'number' ? token.value : literal(token.value))
    } else if (this.isSign('(')) this.#parentheses()
    else if (this.isSign('[')) this.#bracket()
    else if (token.kind === 'word' && this.#special(token.value.toUpperCase())) return
    else if (token.kind === 'word' && this.peek(1)?.value === '(' && this.peek(1)?.kind === 'sign') this.#call()
    else this.#path()
  }

  #path(): void {
    const path = [this.name('a value')]
    while (this.isSign('.') && isPart(this.peek(1))) {
      this.next()
      path.push(this.part())
    }
    this.push(' ', { path })
  }

  /** `()`, `(query)`, `(a)`, `(a, b)`. */
  #parentheses(): void {
    this.group(() => {
      if (this.isWord('SELECT') || this.isWord('WITH')) this.query()
      else if (!this.isSign(')')) this.list(() => this.#named(), true)
    })
  }

  #bracket(): void {
    this.sign('[')
    this.put('[')
    if (!this.isSign(']')) this.list(() => this.expression())
    this.sign(']')
    this.put(']')
  }

  /** Writing that begins with a word and is no plain call. */
  #special(word: string): boolean {
    const next = this.peek(1)
    if (['NULL', 'TRUE', 'FALSE', 'INF', 'NAN'].includes(word)) {
      this.next()
      this.put(word)
    } else if (word === 'CASE') this.#case()
    else if (word === 'INTERVAL' && (next?.kind === 'number' || next?.kind === 'text' || next?.value === '(')) this.#interval()
    else if ((word === 'DATE' || word === 'TIMESTAMP') && next?.kind === 'text') {
      this.skip(2)
      this.put(`${word === 'DATE' ? 'toDate' : 'toDateTime'}(${literal(next.value)})`)
    } else if (word === 'EXISTS' && next?.value === '(') {
      this.next()
      this.put('EXISTS')
      this.group(() => this.query())
    } else if (word === 'CAST' && next?.value === '(') {
      this.next()
      this.put('CAST')
      this.group(() => {
        this.expression()
        this.word('AS')
        this.put('AS')
        this.#type()
      })
    } else if (word === 'EXTRACT' && next?.value === '(' && isWord(this.peek(3), 'FROM')) {
      this.next()
      this.put('EXTRACT')
      this.group(() => {
        this.#unit()
        this.word('FROM')
        this.put('FROM')
        this.expression()
      })
    } else if (['NOW', 'TODAY', 'YESTERDAY', 'NOW64'].includes(word) && next?.value === '(') {
      this.next()
      this.sign('(')
      this.sign(')')
      const day = `toDate(${this.now})`
      this.put(word === 'TODAY' ? day : word === 'YESTERDAY' ? `(${day} - 1)` : word === 'NOW' ? `toDateTime(${this.now})` : this.now)
    } else return false
    return true
  }

  #case(): void {
    this.word('CASE')
    this.put('CASE')
    if (!this.isWord('WHEN')) this.expression()
    while (this.takeWord('WHEN')) {
      this.put('WHEN')
      this.expression()
      this.word('THEN')
      this.put('THEN')
      this.expression()
    }
    if (this.takeWord('ELSE')) {
      this.put('ELSE')
      this.expression()
    }
    this.word('END')
    this.put('END')
  }

  /** `INTERVAL 7 DAY`, `INTERVAL (n + 1) DAY`, `INTERVAL '7 days'`. */
  #interval(): void {
    this.word('INTERVAL')
    const [, count, unit] = this.token.kind === 'text' ? (/^(\d+)(?: +([A-Za-z]+?)s?)?$/.exec(this.token.value) ?? []) : []
    this.put('INTERVAL')
    if (count === undefined) this.#operand()
    else {
      this.next()
      this.put(count)
    }
    if (unit === undefined) this.#unit()
    else if (units.has(unit.toUpperCase())) this.put(unit.toUpperCase())
    else throw this.unexpected('an interval such as 7 DAY', -1)
  }

  #unit(): void {
    const { kind, value } = this.next()
    const unit = value.toUpperCase().replace(/S$/, '')
    if (kind !== 'word' || !units.has(unit)) throw this.unexpected(`one of ${[...units].join(', ')}`, -1)
    this.put(unit)
  }

  #call(): void {
    const { value, at } = this.next()
    const name = functionNamed(value)
    if (name === undefined) throw wrong(this.text, at, `The function ${value} is not known or not available here.`)
    this.put(name)
    this.#arguments()
    if (this.isSign('(')) this.#arguments()
    const nulls = this.oneOf('RESPECT', 'IGNORE')
    if (nulls !== undefined) {
      this.word('NULLS')
      this.put(`${nulls} NULLS`)
    }
    if (this.takeWord('FILTER')) {
      this.put('FILTER')
      this.group(() => {
        this.word('WHERE')
        this.clause('WHERE')
      })
    }
    if (this.takeWord('OVER')) {
      this.put('OVER')
      if (this.isSign('(')) this.group(() => this.window())
      else this.put(marked(this.name('a window')))
    }
  }

  #arguments(): void {
    this.group(() => {
      if (this.isSign(')')) return
      if (this.takeWord('DISTINCT')) this.put('DISTINCT')
      this.list(() => this.#argument())
    })
  }

  #argument(): void {
    const next = this.peek(1)
    if (this.isSign('*') && next?.value === ')') {
      this.next()
      this.put('*')
    } else this.#named()
  }

  protected window(): void {
    if (isName(this.token) && !this.isWord('ROWS') && !this.isWord('RANGE')) this.put(marked(this.name('')))
    if (this.takeWord('PARTITION')) {
      this.word('BY')
      this.put('PARTITION BY')
      this.list(() => this.expression())
    }
    if (this.takeWord('ORDER')) this.orderBy()
    const frame = this.oneOf('ROWS', 'RANGE')
    if (frame === undefined) return
    this.put(frame)
    if (this.takeWord('BETWEEN')) {
      this.put('BETWEEN')
      this.#bound()
      this.word('AND')
      this.put('AND')
    }
    this.#bound()
  }

  #bound(): void {
    if (this.takeWord('CURRENT')) {
      this.word('ROW')
      this.put('CURRENT ROW')
      return
    }
    if (this.takeWord('UNBOUNDED')) this.put('UNBOUNDED')
    else this.count()
    this.put(this.oneOf('PRECEDING', 'FOLLOWING') ?? this.fail('PRECEDING or FOLLOWING'))
  }

  #type(): void {
    this.deeper(() => {
      const { kind, value, at } = this.next()
      const name = kind === 'word' ? typeNamed(value) : undefined
      if (name === undefined) throw wrong(this.text, at, `${value === '' ? 'This' : value} is no type that values can be converted to here.`)
      this.put(name)
      if (!this.isSign('(')) return
      this.group(() =>
        this.list(() => {
          const inner = this.token
          if (inner.kind === 'number' && /^\d+$/.test(inner.value)) this.put(this.next().value)
          else if (inner.kind === 'text') this.put(literal(this.next().value))
          else this.#type()
        }),
      )
    })
  }

  protected orderBy(): void {
    this.word('BY')
    this.put('ORDER BY')
    if (this.takeWord('ALL')) this.put('ALL')
    else
      this.list(() => {
        this.expression()
        const direction = this.oneOf('ASC', 'DESC')
        if (direction !== undefined) this.put(direction)
        if (this.takeWord('NULLS')) this.put(`NULLS ${this.oneOf('FIRST', 'LAST') ?? this.fail('FIRST or LAST')}`)
      })
  }

  protected clause(word: string): void {
    this.put(word)
    this.expression()
  }

  protected count(): void {
    const token = this.next()
    if (token.kind !== 'number' || !/^\d+$/.test(token.value)) throw this.unexpected('a whole number', -1)
    this.put(token.value)
  }
}

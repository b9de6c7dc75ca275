import { isName, isWord, marked, type Part } from './cursor.ts'
import { Expressions } from './expressions.ts'
import { wrong } from './tokens.ts'

/**
 * One SELECT, read by a grammar of our own and written anew: nothing of the text reaches the engine but what a rule here has taken. Names that
 * the text brings carry a mark that no table, column or function of the engine has, so that they can only mean what the query itself defines,
 * or a table that Cairn puts in their place; what is called comes from a list. Comments, settings, formats, parameters, other statements and
 * table functions have no rule.
 */
export interface Read {
  /** The query as it is written anew; what is an object stands for the table of that name. */
  parts: readonly Part[]
  /** Names that the text uses, and where each stands first. */
  names: ReadonlyMap<string, number>
  /** Whether columns are asked for without their names. */
  hasStar: boolean
}

/** `now`: a moment as SQL. Throws `invalid` with the place of what cannot be read, is not known or not allowed. */
export function readQuery(text: string, { tables, now }: { tables: ReadonlySet<string>; now: string }): Read {
  return new Reader(text, now, tables).read()
}

class Reader extends Expressions {
  readonly #tables: ReadonlySet<string>
  /** Names of the queries in WITH that can be seen, the innermost last. */
  #seen: readonly string[] = []
  #hasStar = false

  constructor(text: string, now: string, tables: ReadonlySet<string>) {
    super(text, now)
    this.#tables = tables
  }

  read(): Read {
    this.query()
    while (this.takeSign(';'));
    if (this.token.kind !== 'end') throw this.unexpected('the end of the query')
    return { parts: this.parts, names: this.names, hasStar: this.#hasStar }
  }

  /** The answer of several selects is wrapped, since a limit on rows would otherwise hold for each of them. */
  protected override query(): void {
    this.deeper(() => {
      const before = this.#seen
      if (this.takeWord('WITH')) this.#with()
      const start = this.written
      this.#selectOrGroup()
      let isSet = false
      for (;;) {
        const word = this.oneOf('UNION', 'INTERSECT', 'EXCEPT')
        if (word === undefined) break
        isSet = true
        const all = this.oneOf('ALL', 'DISTINCT') ?? 'DISTINCT'
        this.put(`${word} ${all}`)
        this.#selectOrGroup()
      }
      if (isSet) {
        this.wrap(start, 'SELECT * FROM (', ')')
      }
      this.#seen = before
    })
  }

  #with(): void {
    this.put('WITH')
    do {
      if (this.#isQueryAhead()) {
        const token = this.token
        const name = this.name('the name of a query')
        if (this.#tables.has(name)) throw wrong(this.text, token.at, `${name} is a table already; give the query of WITH another name.`)
        this.word('AS')
        this.put(`${marked(name)} AS`)
        this.group(() => this.query())
        this.#seen = [...this.#seen, name]
      } else {
        this.expression()
        this.word('AS')
        this.put(`AS ${marked(this.name('the name of a value'))}`)
      }
    } while (this.comma())
  }

  #isQueryAhead(): boolean {
    const [name, as, open, first] = [0, 1, 2, 3].map((i) => this.peek(i))
    return isName(name) && isWord(as, 'AS') && open?.value === '(' && (isWord(first, 'SELECT') || isWord(first, 'WITH') || first?.value === '(')
  }

  #selectOrGroup(): void {
    if (this.isSign('(')) this.group(() => this.query())
    else this.#select()
  }

  #select(): void {
    this.word('SELECT')
    this.put('SELECT')
    if (this.takeWord('DISTINCT')) {
      this.put('DISTINCT')
      if (this.takeWord('ON')) {
        this.put('ON')
        this.group(() => this.list(() => this.expression()))
      }
    }
    this.list(() => this.#item())
    if (this.takeWord('FROM')) this.#from()
    if (this.takeWord('WHERE')) this.clause('WHERE')
    if (this.takeWord('GROUP')) this.#groupBy()
    if (this.takeWord('HAVING')) this.clause('HAVING')
    if (this.takeWord('WINDOW')) {
      this.put('WINDOW')
      this.list(() => {
        this.put(`${marked(this.name('the name of a window'))} AS`)
        this.word('AS')
        this.group(() => this.window())
      })
    }
    if (this.takeWord('QUALIFY')) this.clause('QUALIFY')
    if (this.takeWord('ORDER')) this.orderBy()
    this.#limits()
  }

  #item(): void {
    if (!this.#star()) this.expression()
    this.#alias()
  }

  /** `*`, `t.*`, and what they leave out. */
  #star(): boolean {
    const [name, dot, star] = [0, 1, 2].map((i) => this.peek(i))
    if (this.takeSign('*')) this.put('*')
    else if (isName(name) && dot?.value === '.' && star?.kind === 'sign' && star.value === '*') {
      this.put(`${marked(this.name(''))}.*`)
      this.skip(2)
    } else return false
    this.#hasStar = true
    if (this.takeWord('EXCEPT')) {
      this.put('EXCEPT')
      if (this.isSign('(')) this.group(() => this.list(() => this.put(marked(this.name('a column')))))
      else this.put(marked(this.name('a column')))
    }
    return true
  }

  #alias(): void {
    if (this.takeWord('AS')) this.put(`AS ${marked(this.name('a name after AS'))}`)
    else if (isName(this.token)) this.put(`AS ${marked(this.name(''))}`)
  }

  #from(): void {
    this.put('FROM')
    this.#source()
    for (;;) {
      if (this.takeSign(',')) {
        this.put(',')
        this.#source()
        continue
      }
      const words = this.#joinWords()
      if (words === undefined) return
      this.put(words)
      if (words.endsWith('ARRAY JOIN')) {
        this.list(() => this.#item())
        continue
      }
      this.#source()
      if (this.takeWord('ON')) {
        this.put('ON')
        this.expression()
      } else if (this.takeWord('USING')) {
        this.put('USING')
        const column = (): void => this.put(marked(this.name('a column')))
        if (this.isSign('(')) this.group(() => this.list(column))
        else this.list(column)
      }
    }
  }

  #joinWords(): string | undefined {
    const words: string[] = []
    for (;;) {
      const word = this.oneOf('ALL', 'ANY', 'ASOF', 'SEMI', 'ANTI', 'INNER', 'LEFT', 'RIGHT', 'FULL', 'CROSS', 'OUTER', 'ARRAY')
      if (word === undefined) break
      words.push(word)
    }
    if (this.takeWord('JOIN')) return [...words, 'JOIN'].join(' ')
    if (words.length > 0) throw this.unexpected('JOIN')
    return undefined
  }

  #source(): void {
    if (this.isSign('(')) {
      this.group(() => this.query())
      this.#sourceAlias(undefined)
      return
    }
    const token = this.token
    const name = this.name('a table')
    if (this.isSign('(')) throw wrong(this.text, token.at, `Table functions such as ${name}() are not available.`)
    if (this.isSign('.')) throw wrong(this.text, token.at, 'Tables are named alone, without a database.')
    if (this.#seen.includes(name)) this.put(marked(name))
    else if (this.#tables.has(name)) this.push(' ', { table: name })
    else throw wrong(this.text, token.at, `There is no table ${name}; there are ${[...this.#tables].join(', ')}.`)
    this.#sourceAlias(name)
  }

  #sourceAlias(own: string | undefined): void {
    if (this.isWord('FINAL') || this.isWord('SAMPLE')) throw this.unexpected('a name, a clause or the end')
    const given = this.takeWord('AS') || isName(this.token) ? this.name('a name after AS') : own
    if (given === undefined) return
    this.aliases.add(given)
    this.put(`AS ${marked(given)}`)
  }

  #groupBy(): void {
    this.word('BY')
    this.put('GROUP BY')
    const shape = this.oneOf('ROLLUP', 'CUBE', 'ALL')
    if (shape === 'ALL') this.put('ALL')
    else if (shape !== undefined) {
      this.put(shape)
      this.group(() => this.list(() => this.expression()))
    } else this.list(() => this.expression())
    if (this.takeWord('WITH')) {
      const more = this.oneOf('ROLLUP', 'CUBE')
      if (more === undefined) throw this.unexpected('ROLLUP or CUBE')
      this.put(`WITH ${more}`)
    }
  }

  #limits(): void {
    while (this.takeWord('LIMIT')) {
      this.put('LIMIT')
      this.count()
      if (this.takeSign(',')) {
        this.put(',')
        this.count()
      }
      if (this.takeWord('OFFSET')) {
        this.put('OFFSET')
        this.count()
      }
      if (this.takeWord('BY')) {
        this.put('BY')
        this.list(() => this.expression())
      } else if (this.takeWord('WITH')) {
        this.word('TIES')
        this.put('WITH TIES')
      }
    }
    if (this.takeWord('OFFSET')) {
      this.put('OFFSET')
      this.count()
    }
  }
}

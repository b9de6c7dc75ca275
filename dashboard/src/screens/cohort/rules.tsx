import { ActionIcon, Button, Group, NativeSelect, NumberInput, Stack, TextInput } from '@mantine/core'
import type { CohortDefinition } from '@cairn/wire/api/cohort'
import { operatorNames, operators } from '@cairn/wire/questions/vocabulary'
import { texts } from '../../texts/texts.ts'
import { Icon } from '../../ui/icons.tsx'
import classes from '../explorer/explorer.module.css'
import { ConditionValue } from '../explorer/filters.tsx'
import { StepPicker } from '../explorer/pickers.tsx'
import { StepDetails } from '../explorer/series.tsx'

const t = texts.boards.cohorts
type Entry = Extract<CohortDefinition, { all: unknown }>['all'][number]
type RuleGroup = Extract<Entry, { any: unknown } | { all: unknown }>
type Rule = Exclude<Entry, RuleGroup>
type Joined = 'all' | 'any'
export const FIRST_RULE: Rule = { did: { any: true } }

const joinedOf = (group: CohortDefinition | RuleGroup): Joined => ('any' in group ? 'any' : 'all')
const rulesOf = (group: CohortDefinition | RuleGroup): Entry[] => ('any' in group ? group.any : group.all)
const isGroup = (entry: Entry): entry is RuleGroup => 'any' in entry || 'all' in entry

interface Props<G> {
  definition: G
  change: (definition: G) => void
  /** It stands in another one, and may hold no more of them. */
  isInner?: boolean
}

/** Rules one below the other, of which all hold or any; a group of rules may stand among them. */
export function Rules<G extends CohortDefinition | RuleGroup>({ definition, change, isInner = false }: Props<G>) {
  const joined = joinedOf(definition)
  const rules = rulesOf(definition)
  const say = (how: Joined, entries: readonly Entry[]): void => change((how === 'any' ? { any: entries } : { all: entries }) as G)
  const put = (at: number, entry: Entry | undefined): void =>
    say(
      joined,
      rules.flatMap((one, i) => (i !== at ? [one] : entry ? [entry] : [])),
    )
  return (
    <Stack gap="xs">
      <NativeSelect
        w="fit-content"
        aria-label={t.joined}
        value={joined}
        data={[
          { value: 'all', label: t.all },
          { value: 'any', label: t.any },
        ]}
        onChange={({ currentTarget }) => say(currentTarget.value === 'any' ? 'any' : 'all', rules)}
      />
      {rules.map((entry, i) => (
        // A rule has no name of its own; what it is, is where it stands.
        // oxlint-disable-next-line react/no-array-index-key
        <Group key={i} gap={4} wrap="nowrap" align="flex-start" className={classes['step'] ?? ''}>
          <Stack gap={6} flex={1} miw={0}>
            {isGroup(entry) ? (
              <Rules definition={entry} change={(next) => put(i, next)} isInner />
            ) : (
              <RuleFields rule={entry} change={(next) => put(i, next)} />
            )}
          </Stack>
          {rules.length > 1 && (
            <ActionIcon variant="subtle" color="gray" size={36} aria-label={t.removeRule(String(i + 1))} onClick={() => put(i, undefined)}>
              <Icon name="close" size={14} />
            </ActionIcon>
          )}
        </Group>
      ))}
      <Group gap={4}>
        <Button size="compact-sm" variant="subtle" leftSection={<Icon name="plus" size={14} />} onClick={() => say(joined, [...rules, FIRST_RULE])}>
          {t.addRule}
        </Button>
        {!isInner && (
          <Button size="compact-sm" variant="subtle" onClick={() => say(joined, [...rules, { any: [FIRST_RULE] } as Entry])}>
            {t.addGroup}
          </Button>
        )}
      </Group>
    </Stack>
  )
}

const kinds = ['did', 'did_not', 'trait'] as const
type Kind = (typeof kinds)[number]
const kindOf = (rule: Rule): Kind => ('trait' in rule ? 'trait' : 'did_not' in rule ? 'did_not' : 'did')

/** The same step in a rule of another kind. */
function ofKind(kind: Kind, rule: Rule): Rule {
  const step = 'did' in rule ? rule.did : 'did_not' in rule ? rule.did_not : { any: true as const }
  const days = 'within_days' in rule && rule.within_days !== undefined ? { within_days: rule.within_days } : {}
  if (kind === 'trait') return { trait: 'plan', op: 'exists' }
  return kind === 'did' ? { did: step, ...days } : { did_not: step, ...days }
}

function RuleFields({ rule, change }: { rule: Rule; change: (rule: Rule) => void }) {
  const kind = kindOf(rule)
  return (
    <>
      <Group gap={6} align="center">
        <NativeSelect
          aria-label={t.kind}
          value={kind}
          data={kinds.map((value) => ({ value, label: t.kinds[value] }))}
          onChange={({ currentTarget }) => change(ofKind(kinds.find((one) => one === currentTarget.value) ?? 'did', rule))}
        />
        {'did' in rule && <StepPicker label={t.event} step={rule.did} change={(did) => change({ ...rule, did })} />}
        {'did_not' in rule && <StepPicker label={t.event} step={rule.did_not} change={(did_not) => change({ ...rule, did_not })} />}
        {'trait' in rule && <TraitFields rule={rule} change={change} />}
      </Group>
      {'did' in rule && <StepDetails step={rule.did} change={(did) => change({ ...rule, did })} />}
      {'did_not' in rule && <StepDetails step={rule.did_not} change={(did_not) => change({ ...rule, did_not })} />}
      {!('trait' in rule) && (
        <Group gap={8} align="center">
          {'did' in rule && (
            <>
              <Whole label={t.atLeast} value={rule.at_least ?? 1} change={(n) => change(without({ ...rule, at_least: n }))} />
              <Whole label={t.atMost} value={rule.at_most} change={(n) => change(without({ ...rule, at_most: n }))} />
            </>
          )}
          <Whole label={t.within} hint={t.ever} value={rule.within_days} most={36_500} change={(n) => change(without({ ...rule, within_days: n }))} />
        </Group>
      )}
    </>
  )
}

/** What is undefined is not said. */
const without = (rule: { [Name in keyof Rule]?: Rule[Name] | undefined } | object): Rule =>
  Object.fromEntries(Object.entries(rule).filter(([, value]) => value !== undefined)) as Rule

type TraitRule = Extract<Rule, { trait: string }>
function TraitFields({ rule, change }: { rule: TraitRule; change: (rule: Rule) => void }) {
  const offered = operatorNames.filter((name) => operators[name].values !== 'cohort')
  return (
    <>
      <TextInput
        aria-label={t.trait}
        placeholder={t.trait}
        flex="1 1 8rem"
        maxLength={255}
        value={rule.trait}
        onChange={({ currentTarget }) => change({ ...rule, trait: currentTarget.value })}
      />
      <NativeSelect
        aria-label={texts.insights.filters.operator}
        value={rule.op}
        data={offered.map((name) => ({ value: name, label: texts.vocabulary.operators[name] }))}
        onChange={({ currentTarget }) => {
          const op = offered.find((name) => name === currentTarget.value) ?? 'exists'
          change({ trait: rule.trait, op } as TraitRule)
        }}
      />
      <ConditionValue
        condition={{ field: `person.${rule.trait}`, op: rule.op, ...(rule.value === undefined ? {} : { value: rule.value }) }}
        change={({ value }) => change(without({ ...rule, value }))}
      />
    </>
  )
}

interface WholeProps {
  label: string
  /** Where nothing is said. */
  hint?: string
  value: number | undefined
  most?: number
  change: (value: number | undefined) => void
}
const Whole = ({ label, hint = '', value, most = 1_000_000, change }: WholeProps) => (
  <NumberInput
    label={label}
    placeholder={hint}
    size="xs"
    w="7rem"
    min={1}
    max={most}
    allowDecimal={false}
    hideControls
    value={value ?? ''}
    onChange={(next) => change(typeof next === 'number' && next >= 1 ? next : undefined)}
  />
)

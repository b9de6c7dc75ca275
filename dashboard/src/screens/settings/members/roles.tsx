import { roles, type Role } from '@cairn/wire/roles'
import { Radio, Stack } from '@mantine/core'
import { texts } from '../../../texts/texts.ts'
import { Section } from '../../../ui/section.tsx'
import { Fact, Facts } from '../facts.tsx'

const t = texts.settings.members

/** Most first. */
const descending = roles.toReversed()

/** Owners are made by owners only. */
export const grantable = (own: Role): Role[] => descending.filter((role) => role !== 'owner' || own === 'owner')

export const Roles = () => (
  <Section title={t.roles}>
    <Facts>
      {descending.map((role) => (
        <Fact key={role} name={texts.accounts.roles[role].name}>
          {texts.accounts.roles[role].may}
        </Fact>
      ))}
    </Facts>
  </Section>
)

export const RoleChoice = ({ own, value, onChange }: { own: Role; value: Role; onChange: (role: Role) => void }) => (
  <Radio.Group
    label={t.role}
    value={value}
    onChange={(chosen) => {
      const role = roles.find((one) => one === chosen)
      if (role) onChange(role)
    }}
  >
    <Stack gap="sm" mt="xs">
      {grantable(own).map((role) => (
        <Radio key={role} value={role} label={texts.accounts.roles[role].name} description={texts.accounts.roles[role].may} />
      ))}
    </Stack>
  </Radio.Group>
)

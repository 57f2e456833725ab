import { Badge, Group, Stack, Text } from '@mantine/core';
import { breakersOf, GATEWAY } from './figures';
import { Section } from './Section';
import type { Snapshot } from './snapshot';
import { operations } from './strings';

const { breakers, map } = operations;
const COLORS = ['teal', 'yellow', 'red'];

export function Breakers({ now }: { now: Snapshot }) {
  const all = breakersOf(now);
  return (
    <Section title={breakers.title}>
      {all.length === 0 && <Text>{breakers.none}</Text>}
      {/* Said aloud when one of them changes. */}
      <div role="status">
        <Stack component="ul" className="plain-list" gap="xs">
          {all.map(({ module, target, state }) => (
            <Group component="li" key={`${module} ${target}`} justify="space-between" gap="xs">
              <Text>{breakers.between(module, target === GATEWAY ? map.gateway : target)}</Text>
              <Group gap="xs">
                <Text size="sm" c="dimmed">
                  {breakers.means[state]}
                </Text>
                <Badge variant="light" color={COLORS[state] ?? 'gray'} tt="none" size="lg">
                  {breakers.state[state]}
                </Badge>
              </Group>
            </Group>
          ))}
        </Stack>
      </div>
    </Section>
  );
}

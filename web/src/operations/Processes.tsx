import { Badge, Button, Card, Group, Modal, SimpleGrid, Stack, Text } from '@mantine/core';
import { useState } from 'react';
import { timeText } from '../format';
import { strings } from '../strings';
import { Section } from './Section';
import { kill, type ProcessView, slow, type Snapshot } from './snapshot';
import { operations } from './strings';
import { clock, memoryText, percentText } from './texts';

const { processes } = operations;
const COLORS = { starting: 'yellow', ready: 'teal', 'not-ready': 'red', stopping: 'gray' };
const SLOW_MS = 1000;

export function Processes({ now, admin }: { now: Snapshot; admin: boolean }) {
  const [doomed, setDoomed] = useState<ProcessView | null>(null);
  return (
    <Section title={processes.title}>
      <SimpleGrid cols={{ base: 1, sm: 2, lg: 3 }}>
        {now.processes.map((each) => (
          <Process key={each.id} process={each} kill={now.lab && admin ? () => setDoomed(each) : null} />
        ))}
      </SimpleGrid>
      <Modal
        opened={doomed !== null}
        onClose={() => setDoomed(null)}
        title={processes.killTitle}
        closeButtonProps={{ 'aria-label': strings.close }}
      >
        <Stack>
          <Text>{doomed?.instance}</Text>
          <Text>{processes.killWarning}</Text>
          <Group>
            <Button
              color="red.9"
              onClick={() => {
                if (doomed) kill(doomed.id);
                setDoomed(null);
              }}
            >
              {processes.killConfirm}
            </Button>
            <Button variant="default" onClick={() => setDoomed(null)}>
              {processes.keep}
            </Button>
          </Group>
        </Stack>
      </Modal>
    </Section>
  );
}

/** With its switches, where there are any for whoever looks. */
function Process({ process, kill: ask }: { process: ProcessView; kill: (() => void) | null }) {
  const { instance, modules, startedAt, state, gone, seenAt, failing, pid, memoryBytes, cpu, slowMs } =
    process;
  return (
    <Card withBorder padding="sm">
      <Stack gap={6}>
        <Group justify="space-between" gap="xs" wrap="nowrap">
          <Text fw={600} className="wrap">
            {modules.join(', ')}
          </Text>
          <Badge variant="light" color={gone ? 'red' : COLORS[state]} tt="none" size="lg" miw="max-content">
            {gone ? processes.gone : processes.state[state]}
          </Badge>
        </Group>
        <Text size="sm" c="dimmed" className="wrap">
          {processes.since(instance, timeText(startedAt))}
        </Text>
        <Text size="sm" c="dimmed">
          {gone
            ? processes.seen(clock(seenAt))
            : processes.facts(pid, memoryText(memoryBytes), percentText(cpu))}
        </Text>
        {!gone &&
          Object.entries(failing).map(([part, why]) => (
            <Text key={part} size="sm" c="var(--mantine-color-error)" className="wrap">
              {part}: {why}
            </Text>
          ))}
        {!gone && slowMs > 0 && <Text size="sm">{processes.slowed(slowMs)}</Text>}
        {ask && !gone && (
          <Group gap="xs">
            <Button
              size="xs"
              variant="default"
              aria-label={slowMs > 0 ? processes.hastenNamed(instance) : processes.slowNamed(instance)}
              onClick={() => slow(process.id, slowMs > 0 ? 0 : SLOW_MS)}
            >
              {slowMs > 0 ? processes.hasten : processes.slow}
            </Button>
            <Button
              size="xs"
              variant="outline"
              color="red"
              c="var(--mantine-color-error)"
              aria-label={processes.killNamed(instance)}
              onClick={ask}
            >
              {processes.kill}
            </Button>
          </Group>
        )}
      </Stack>
    </Card>
  );
}

import { Badge, Group, Stack, Text } from '@mantine/core';
import { TraceLink } from '../components/TraceLink';
import { moduleOf } from './figures';
import { Section } from './Section';
import type { Problem } from './snapshot';
import { operations } from './strings';
import { clock } from './texts';

const { problems: texts } = operations;
const COLORS = { warn: 'yellow', error: 'red', fatal: 'red' };

export function Problems({ problems }: { problems: readonly Problem[] }) {
  return (
    <Section title={texts.title}>
      {problems.length === 0 && <Text>{texts.none}</Text>}
      <Stack gap="sm">
        {problems.map(({ at, level, service, text, traceId, instance, times }) => (
          <div key={`${service} ${instance} ${text}`}>
            <Group gap="xs">
              <Badge variant="light" color={COLORS[level]} tt="none">
                {texts.level[level]}
              </Badge>
              <Text size="sm" c="dimmed">
                {clock(at)} · {moduleOf(service)} · {instance}
                {times > 1 && ` · ${texts.times(times)}`}
              </Text>
            </Group>
            <Text className="wrap">{text}</Text>
            <TraceLink traceId={traceId} at={at} of={text} />
          </div>
        ))}
      </Stack>
    </Section>
  );
}

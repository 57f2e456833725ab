import { Button, Group, Table, Text } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import { client } from '../api/client';
import { Problem } from '../api/problem';
import { toast } from '../toast';
import { type Depth, depthsOf, gaugeOf } from './figures';
import { Section, Wide } from './Section';
import type { Snapshot } from './snapshot';
import { operations } from './strings';
import { durationText, numberText } from './texts';

const { depths } = operations;

export function Depths({ now, admin }: { now: Snapshot; admin: boolean }) {
  return (
    <Section title={depths.title}>
      <Wide label={depths.region}>
        <Table miw={520}>
          <Table.Thead>
            <Table.Tr>
              <Table.Th>{depths.module}</Table.Th>
              <Table.Th>{depths.outbox}</Table.Th>
              <Table.Th>{depths.waiting}</Table.Th>
              <Table.Th>{depths.dead}</Table.Th>
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {depthsOf(now).map((depth) => (
              <Row key={depth.module} depth={depth} admin={admin} />
            ))}
          </Table.Tbody>
        </Table>
      </Wide>
      <Text size="sm">
        {depths.messages}: {numberText(gaugeOf(now, 'notification_queue_size', {}))}
      </Text>
    </Section>
  );
}

function Row({ depth, admin }: { depth: Depth; admin: boolean }) {
  const { module, outbox, oldestSeconds, waiting, dead } = depth;
  const { mutate, isPending } = useRetry(module);
  return (
    <Table.Tr>
      <Table.Td>{module}</Table.Td>
      <Table.Td>
        {numberText(outbox)}
        {oldestSeconds !== null && oldestSeconds > 1 && ` (${depths.oldest} ${durationText(oldestSeconds)})`}
      </Table.Td>
      <Table.Td>{numberText(waiting)}</Table.Td>
      <Table.Td>
        <Group gap="sm">
          {numberText(dead)}
          {admin && dead !== null && dead > 0 && (
            <Button
              size="xs"
              variant="default"
              loading={isPending}
              aria-label={depths.retryNamed(module)}
              onClick={() => mutate()}
            >
              {depths.retry}
            </Button>
          )}
        </Group>
      </Table.Td>
    </Table.Tr>
  );
}

function useRetry(module: string) {
  return useMutation({
    mutationFn: async () => {
      const params = { path: { module } };
      const { data } = await client.POST('/api/v1/events/{module}/dead-letters/retry', { params, body: {} });
      return data?.retried ?? 0;
    },
    onSuccess: (count) => toast({ message: depths.retried(count), color: 'teal' }),
    onError: (error) => toast({ title: depths.failed, message: Problem.of(error).text, color: 'red' }),
  });
}

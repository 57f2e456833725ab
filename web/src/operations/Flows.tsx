import { Table, Text } from '@mantine/core';
import { CLIENTS, type Flow, GATEWAY } from './figures';
import { Section, Wide } from './Section';
import { operations } from './strings';
import { durationText, percentText, rateText } from './texts';

const { flows: texts, map } = operations;

export function nameOf(node: string): string {
  if (node === CLIENTS) return map.clients;
  return node === GATEWAY ? map.gateway : node;
}

export function Flows({ flows, seconds }: { flows: readonly Flow[]; seconds: number }) {
  return (
    <Section title={texts.title}>
      {flows.length === 0 ? (
        <Text>{texts.none}</Text>
      ) : (
        <Wide label={texts.region}>
          <Table miw={640}>
            <Table.Thead>
              <Table.Tr>
                {[texts.from, texts.to, texts.what, texts.rate, texts.failed, texts.p95].map((head) => (
                  <Table.Th key={head}>{head}</Table.Th>
                ))}
              </Table.Tr>
            </Table.Thead>
            <Table.Tbody>
              {flows.map(({ from, to, what, count, failed, p95 }) => (
                <Table.Tr key={`${from} ${to} ${what}`}>
                  <Table.Td>{nameOf(from)}</Table.Td>
                  <Table.Td>{nameOf(to)}</Table.Td>
                  <Table.Td>{what}</Table.Td>
                  <Table.Td>{rateText(count, seconds)}</Table.Td>
                  <Table.Td c={failed > 0 ? 'var(--mantine-color-error)' : undefined}>
                    {percentText(failed / count)}
                  </Table.Td>
                  <Table.Td>{durationText(p95)}</Table.Td>
                </Table.Tr>
              ))}
            </Table.Tbody>
          </Table>
        </Wide>
      )}
    </Section>
  );
}

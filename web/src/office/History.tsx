import { Chip, Group, Text, Timeline } from '@mantine/core';
import { useState } from 'react';
import { strings } from '../strings';
import { useNameOf } from './names';
import { type Entry, KINDS, type Kind, momentText } from './timeline';
import { Trace } from './Trace';

const { order: text } = strings.office;

const COLORS: Record<Kind, string> = {
  order: 'harbour',
  payment: 'teal',
  refund: 'red',
  stock: 'orange',
  message: 'grape',
  event: 'gray',
};

interface Props {
  entries: readonly Entry[];
  /** Whoever ordered. */
  customer?: string;
}

/** What happened, as one; of the kinds that whoever reads it wants to see. */
export function History({ entries, customer }: Props) {
  const [hidden, setHidden] = useState<readonly Kind[]>([]);
  const nameOf = useNameOf(customer);
  const kinds = KINDS.filter((kind) => entries.some((entry) => entry.kind === kind));
  const shown = entries.filter(({ kind }) => !hidden.includes(kind));
  return (
    <>
      {kinds.length > 1 && (
        <Group gap="xs" mb="md" role="group" aria-label={text.show}>
          {kinds.map((kind) => (
            <Chip
              key={kind}
              size="sm"
              checked={!hidden.includes(kind)}
              onChange={(on) => setHidden(on ? hidden.filter((each) => each !== kind) : [...hidden, kind])}
            >
              {text.kinds[kind]}
            </Chip>
          ))}
        </Group>
      )}
      <Timeline active={shown.length - 1} bulletSize={14} lineWidth={2} className="history">
        {shown.map(({ key, kind, text: title, at, detail, by, traceId }) => (
          <Timeline.Item key={key} color={COLORS[kind]} title={`${text.kinds[kind]}: ${title}`}>
            {detail && (
              <Text size="sm" className="wrap">
                {detail}
              </Text>
            )}
            <Group gap="xs">
              <Text size="sm" c="dimmed">
                {momentText(at)}
                {by && `, ${text.by(nameOf(by))}`}
              </Text>
              {traceId && <Trace traceId={traceId} at={at} />}
            </Group>
          </Timeline.Item>
        ))}
      </Timeline>
    </>
  );
}

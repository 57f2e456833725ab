import './operations.css';
import { Alert, SimpleGrid, Stack, Text } from '@mantine/core';
import { session } from '../api/client';
import { ForStaff, Heading, Loading } from '../components/states';
import { useStore } from '../store';
import { Breakers } from './Breakers';
import { Depths } from './Depths';
import { Flows } from './Flows';
import { flowsOf, unseenIn } from './figures';
import { Gateway } from './Gateway';
import { Orders } from './Orders';
import { Problems } from './Problems';
import { Processes } from './Processes';
import { useSnapshots } from './snapshot';
import { operations } from './strings';
import { SystemMap } from './SystemMap';

export function OperationsPage() {
  const user = useStore(session);
  return (
    <Stack gap="lg">
      <Heading>{operations.title}</Heading>
      <ForStaff>
        <Watch admin={typeof user === 'object' && user.roles.includes('admin')} />
      </ForStaff>
    </Stack>
  );
}

function Watch({ admin }: { admin: boolean }) {
  const snapshots = useSnapshots();
  const now = snapshots.at(-1);
  if (!now)
    return (
      <>
        <Loading />
        <Text ta="center">{operations.waiting}</Text>
      </>
    );
  const flows = flowsOf(now);
  const unseen = unseenIn(now);
  return (
    <>
      <Text c="dimmed" size="sm">
        {operations.seen(now.processes.filter(({ gone }) => !gone).length, now.seconds)}
      </Text>
      {now.alone && unseen.length > 0 && <Alert color="yellow">{operations.alone(unseen)}</Alert>}
      <SimpleGrid cols={{ base: 1, md: 2 }} spacing="lg">
        <Breakers now={now} />
        {now.lab && <Gateway now={now} admin={admin} />}
      </SimpleGrid>
      <SystemMap now={now} flows={flows} />
      <Orders snapshots={snapshots} now={now} />
      <Processes now={now} admin={admin} />
      <Depths now={now} admin={admin} />
      <Flows flows={flows} seconds={now.seconds} />
      <Problems problems={now.problems} />
    </>
  );
}

import { Checkbox, Group, Stack, Table, Text } from '@mantine/core';
import { useInfiniteQuery, useMutation } from '@tanstack/react-query';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { client, session, type User } from '../api/client';
import { Problem } from '../api/problem';
import { ForStaff, Heading, Refused } from '../components/states';
import { refetch } from '../queries';
import { useStore } from '../store';
import { strings } from '../strings';
import { ListState } from './ListState';
import { usersQuery } from './queries';
import { SearchField } from './SearchField';

const { office } = strings;
const { users: text } = office;
const ROLES = Object.keys(text.role) as (keyof typeof text.role)[];

export function UsersPage() {
  return (
    <ForStaff admin>
      <Users />
    </ForStaff>
  );
}

function Users() {
  const { q } = useSearch({ from: '/office/users' });
  const query = useInfiniteQuery(usersQuery(q));
  const users = query.data?.pages.flatMap((page) => page.data);
  const navigate = useNavigate();
  return (
    <Stack>
      <Heading>{text.title}</Heading>
      <SearchField
        q={q}
        hint={text.searchHint}
        search={(wanted) => void navigate({ to: '/office/users', search: { q: wanted } })}
      />
      {users && users.length > 0 && (
        <Table.ScrollContainer minWidth={560}>
          <Table>
            <Table.Thead>
              <Table.Tr>
                <Table.Th>{office.products.name}</Table.Th>
                <Table.Th>{text.roles}</Table.Th>
                <Table.Th>{text.suspended}</Table.Th>
              </Table.Tr>
            </Table.Thead>
            <Table.Tbody>
              {users.map((user) => (
                <Row key={user.id} user={user} />
              ))}
            </Table.Tbody>
          </Table>
        </Table.ScrollContainer>
      )}
      <ListState count={users?.length} none={text.none} query={query} />
    </Stack>
  );
}

/** What is ticked is changed at once. Nobody takes their own roles away by a slip. */
function Row({ user: { id, name, email, roles, status } }: { user: User }) {
  const me = useStore(session);
  const isMe = typeof me === 'object' && me.id === id;
  const { mutate, error, isPending } = useMutation({
    mutationFn: (body: Partial<Pick<User, 'roles' | 'status'>>) =>
      client.PUT('/api/v1/users/{id}', { params: { path: { id } }, body }),
    onSettled: () => refetch('office'),
  });
  return (
    <Table.Tr>
      <Table.Td className="wrap">
        <Text>{name}</Text>
        <Text size="sm" c="dimmed">
          {email}
        </Text>
        <Refused problem={error && Problem.of(error)} />
      </Table.Td>
      <Table.Td>
        <Group gap="md">
          {ROLES.map((role) => {
            const has = roles.includes(role);
            return (
              <Checkbox
                key={role}
                label={text.role[role]}
                aria-label={text.of(text.role[role], name)}
                checked={has}
                disabled={isMe || isPending || (has && roles.length === 1)}
                onChange={() =>
                  mutate({ roles: has ? roles.filter((each) => each !== role) : [...roles, role] })
                }
              />
            );
          })}
        </Group>
      </Table.Td>
      <Table.Td>
        <Checkbox
          aria-label={text.of(text.suspended, name)}
          checked={status === 'suspended'}
          disabled={isMe || isPending}
          onChange={() => mutate({ status: status === 'suspended' ? 'active' : 'suspended' })}
        />
      </Table.Td>
    </Table.Tr>
  );
}

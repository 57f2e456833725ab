import { Alert, Button, Card, Divider, Group, PasswordInput, Stack, Text, TextInput } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import { useSearch } from '@tanstack/react-router';
import { type FormEvent, useRef } from 'react';
import { client, logIn, whyOut } from '../api/client';
import { Problem } from '../api/problem';
import { LinkTo } from '../components/links';
import { ForGuests, Heading } from '../components/states';
import { useStore } from '../store';
import { strings } from '../strings';

const { account } = strings;
const DEMO_PASSWORD = 'waybill-demo';
const isDemo = document.querySelector<HTMLMetaElement>('meta[name=waybill-demo]')?.content === 'true';

/** Does what a form is for, and says what came in the way. */
function useEntry() {
  const { mutate, error, isPending } = useMutation({ mutationFn: (work: () => Promise<void>) => work() });
  return { problem: error && Problem.of(error), busy: isPending, enter: mutate };
}

function textOf(problem: Problem): string {
  switch (problem.code) {
    case 'AUTH.INVALID_CREDENTIALS':
      return account.wrong;
    case 'USER.EMAIL_TAKEN':
      return account.taken;
    case 'USER.SUSPENDED':
      return account.suspended;
    case 'AUTH.TOO_MANY_ATTEMPTS':
      return account.tooMany;
    default:
      return problem.text;
  }
}

const fieldOf = (form: HTMLFormElement, name: string) => {
  const value = new FormData(form).get(name);
  return typeof value === 'string' ? value : '';
};

export function LoginPage() {
  const { next } = useSearch({ from: '/login' });
  const { problem, busy, enter } = useEntry();
  const why = useStore(whyOut);
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const form = event.currentTarget;
    enter(() => logIn(fieldOf(form, 'email'), fieldOf(form, 'password')));
  };
  return (
    <ForGuests next={next}>
      <Stack maw={420} mx="auto">
        <Heading>{account.logIn}</Heading>
        <form onSubmit={submit}>
          <Stack>
            {why && !problem && (
              <Alert color="yellow" role="status">
                {account.out[why]}
              </Alert>
            )}
            <Refusal problem={problem} />
            <TextInput name="email" type="email" label={account.email} autoComplete="username" required />
            <PasswordInput
              name="password"
              label={account.password}
              autoComplete="current-password"
              required
            />
            <Button type="submit" loading={busy}>
              {account.logIn}
            </Button>
          </Stack>
        </form>
        <Text>
          {account.new}{' '}
          <LinkTo to="/register" search={next ? { next } : {}}>
            {account.register}
          </LinkTo>
        </Text>
        {isDemo && (
          <Card withBorder>
            <Stack gap="xs">
              <Text size="sm">{account.demo}</Text>
              <Group>
                {['Alice', 'Bob', 'Staff', 'Admin'].map((name) => (
                  <Button
                    key={name}
                    variant="default"
                    disabled={busy}
                    onClick={() => enter(() => logIn(`${name.toLowerCase()}@waybill.test`, DEMO_PASSWORD))}
                  >
                    {account.demoUser(name)}
                  </Button>
                ))}
              </Group>
            </Stack>
          </Card>
        )}
      </Stack>
    </ForGuests>
  );
}

export function RegisterPage() {
  const { next } = useSearch({ from: '/register' });
  const { problem, busy, enter } = useEntry();
  /** Whose account is made, though the login that followed was not answered. */
  const made = useRef('');
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const form = event.currentTarget;
    const [name, email, password] = ['name', 'email', 'password'].map((field) => fieldOf(form, field));
    enter(async () => {
      const body = { name: name ?? '', email: email ?? '', password: password ?? '' };
      if (made.current !== body.email) await client.POST('/api/v1/users/register', { body });
      made.current = body.email;
      await logIn(body.email, body.password);
    });
  };
  const fields = problem?.fields ?? {};
  return (
    <ForGuests next={next}>
      <Stack maw={420} mx="auto">
        <Heading>{account.register}</Heading>
        <form onSubmit={submit}>
          <Stack>
            <Refusal problem={problem} />
            <TextInput
              name="name"
              label={account.name}
              autoComplete="name"
              maxLength={100}
              error={fields['name']}
              required
            />
            <TextInput
              name="email"
              type="email"
              label={account.email}
              autoComplete="username"
              error={fields['email']}
              required
            />
            <PasswordInput
              name="password"
              label={account.password}
              description={account.passwordHint}
              autoComplete="new-password"
              minLength={8}
              error={fields['password']}
              required
            />
            <Button type="submit" loading={busy}>
              {account.registerSubmit}
            </Button>
          </Stack>
        </form>
        <Divider />
        <Text>
          {account.known}{' '}
          <LinkTo to="/login" search={next ? { next } : {}}>
            {account.logIn}
          </LinkTo>
        </Text>
      </Stack>
    </ForGuests>
  );
}

function Refusal({ problem }: { problem: Problem | null }) {
  if (!problem) return null;
  return (
    <Alert color="red" role="alert" className="wrap">
      {textOf(problem)}
    </Alert>
  );
}

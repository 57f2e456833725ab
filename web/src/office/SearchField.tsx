import { Button, Group, TextInput } from '@mantine/core';
import type { FormEvent } from 'react';
import { fieldOf } from '../components/delivery';
import { strings } from '../strings';

interface Props {
  q: string | undefined;
  hint: string;
  search: (q: string | undefined) => void;
}

export function SearchField({ q, hint, search }: Props) {
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    search(fieldOf(new FormData(event.currentTarget), 'q') || undefined);
  };
  return (
    <form role="search" onSubmit={submit}>
      <Group gap="sm">
        <TextInput
          key={q ?? ''}
          name="q"
          type="search"
          aria-label={hint}
          placeholder={hint}
          defaultValue={q ?? ''}
          maxLength={100}
          w={260}
        />
        <Button type="submit">{strings.office.search}</Button>
      </Group>
    </form>
  );
}

import { Button, Group } from '@mantine/core';
import { type FormEvent, type PropsWithChildren, useEffect, useRef } from 'react';
import { fieldOf } from '../components/delivery';
import { strings } from '../strings';

type Values<Name extends string> = Partial<Record<Name, string | undefined>>;

interface Props<Name extends string> {
  /** What is looked for, by the names of the fields. It stands in the address. */
  values: Record<Name, string | undefined>;
  search: (values: Values<Name>) => void;
}

/** Fields by which a list is looked through. What is chosen is looked for at once, what is typed when it is sent. */
export function FilterForm<Name extends string>({
  values,
  search,
  children,
}: PropsWithChildren<Props<Name>>) {
  const form = useRef<HTMLFormElement>(null);
  const told = JSON.stringify(values);
  useEffect(() => {
    // When the address changes: by a link, or on the way back. The fields stay, and with them the focus.
    const now = JSON.parse(told) as Values<string>;
    for (const field of form.current?.elements ?? []) {
      const isInput = field instanceof HTMLInputElement;
      if (!isInput && !(field instanceof HTMLSelectElement)) continue;
      const value = now[field.name] ?? '';
      if (isInput && field.type === 'checkbox') field.checked = value === field.value;
      else field.value = value;
    }
  }, [told]);
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const data = new FormData(event.currentTarget);
    const names = Object.keys(values) as Name[];
    search(Object.fromEntries(names.map((name) => [name, fieldOf(data, name) || undefined])) as Values<Name>);
  };
  const change = ({ target, currentTarget }: FormEvent<HTMLFormElement>) => {
    const isChosen =
      target instanceof HTMLSelectElement ||
      (target instanceof HTMLInputElement && target.type === 'checkbox');
    if (isChosen) currentTarget.requestSubmit();
  };
  return (
    <form role="search" ref={form} onSubmit={submit} onChange={change}>
      <Group align="end" gap="sm">
        {children}
        <Button type="submit">{strings.office.search}</Button>
      </Group>
    </form>
  );
}

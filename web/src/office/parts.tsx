import { Box, Button, Group, Text, TextInput } from '@mantine/core';
import { useDebouncedCallback } from '@mantine/hooks';
import type { UseInfiniteQueryResult } from '@tanstack/react-query';
import { type ReactNode, useEffect, useRef, useState } from 'react';
import { session } from '../api/client';
import { Problem } from '../api/problem';
import { Failed, Loading, Refused } from '../components/states';
import { newKey } from '../idempotency';
import { useStore } from '../store';
import { strings } from '../strings';
import { office } from './strings';

/** What a person reads who may be able to do something about it. */
export function textOf(problem: Problem): string {
  const known = office.problems[problem.code];
  if (problem.isPassing) return `${problem.text} ${office.again}`;
  if (known === undefined) return problem.text;
  return problem.code.startsWith('INVENTORY.') ? `${known} ${problem.message}` : known;
}

export function Refusal({ problem }: { problem: Problem | null }) {
  return <Refused problem={problem} text={problem ? textOf(problem) : undefined} />;
}

/** Runs what a button is for, one at a time, and keeps what went wrong until the next time. */
export function useAction() {
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<Problem | null>(null);
  const run = async (work: () => Promise<void>): Promise<boolean> => {
    setBusy(true);
    setProblem(null);
    try {
      await work();
      return true;
    } catch (error) {
      setProblem(Problem.of(error));
      return false;
    } finally {
      setBusy(false);
    }
  };
  return { busy, problem, run };
}

/** What may have been carried out unheard is sent again under its key; what was answered, or differs, under a new one. */
export function useKeyed() {
  const attempt = useRef({ body: '', key: '' });
  return async <T,>(
    body: unknown,
    send: (header: { 'Idempotency-Key': string }) => Promise<T>,
  ): Promise<T> => {
    const text = JSON.stringify(body);
    if (attempt.current.body !== text) attempt.current = { body: text, key: newKey() };
    try {
      const answer = await send({ 'Idempotency-Key': attempt.current.key });
      attempt.current = { body: '', key: '' };
      return answer;
    } catch (error) {
      if (!Problem.of(error).isPassing) attempt.current = { body: '', key: '' };
      throw error;
    }
  };
}

/** Of a list that pages by cursor: that it is loading, failed, or empty, and the way to more of it. */
export function Pages<T>({
  list,
  empty,
  children,
}: {
  list: UseInfiniteQueryResult<{ pages: { data: T[] }[] }>;
  empty: string;
  children: (rows: T[]) => ReactNode;
}) {
  const { data, error, refetch, hasNextPage, fetchNextPage, isFetchingNextPage } = list;
  const rows = data?.pages.flatMap((page) => page.data);
  return (
    <>
      {!rows && error && <Failed error={error} retry={() => void refetch()} />}
      {!rows && !error && <Loading />}
      {rows?.length === 0 && <Text role="status">{empty}</Text>}
      {rows && rows.length > 0 && children(rows)}
      {hasNextPage && (
        <Group>
          <Button variant="default" loading={isFetchingNextPage} onClick={() => void fetchNextPage()}>
            {strings.more}
          </Button>
        </Group>
      )}
    </>
  );
}

/** A search that is carried out while it is typed, and stands in the address. */
export function SearchBox({
  label,
  value,
  placeholder,
  error,
  maxLength = 100,
  onSearch,
}: {
  label: string;
  value: string;
  placeholder?: string;
  error?: string | undefined;
  maxLength?: number;
  onSearch: (text: string) => void;
}) {
  const search = useDebouncedCallback((text: string) => onSearch(text.trim()), 300);
  const input = useRef<HTMLInputElement>(null);
  useEffect(() => {
    // The address changes by other means too.
    if (input.current && document.activeElement !== input.current) input.current.value = value;
  }, [value]);
  return (
    <Box component="form" role="search" flex="1 1 220px" onSubmit={(event) => event.preventDefault()}>
      <TextInput
        ref={input}
        type="search"
        label={label}
        placeholder={placeholder}
        defaultValue={value}
        maxLength={maxLength}
        error={error}
        onChange={({ currentTarget }) => search(currentTarget.value)}
      />
    </Box>
  );
}

/** Who did something, to the one who reads it. */
export function useNameOf(customerId?: string): (by: string) => string {
  const me = useStore(session);
  return (by) => {
    if (by === 'system') return office.by.system;
    if (typeof me !== 'string' && by === me.id) return office.by.you;
    return by === customerId ? office.by.customer : office.by.user(by);
  };
}

/** The first moment of a day of this browser's calendar, or of the day that many days later. */
export function startOf(day: string, later = 0): string {
  const date = new Date(`${day}T00:00:00`);
  date.setDate(date.getDate() + later);
  return date.toISOString();
}
